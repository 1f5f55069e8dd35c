"""The courses, people and lessons of the demo world, as data. Times are days and hours from the moment of seeding."""

from dataclasses import dataclass, field

from classroom.rules import CompletionRule
from classroom.texts import Text

PASSWORD = "classroom-demo"
OPEN_SITES = ("suwon", "seongnam", "yongin")

# fmt: off
RESIDENTS = (
    "김서연", "이도윤", "박지호", "최민서", "정하은", "강준우", "조수아", "윤지훈", "장예은", "임건우",
    "한소율", "오시우", "서다은", "신유찬", "권지안", "황은우", "안채원", "송현우", "류나윤", "전지환",
    "홍라온", "고은서", "문태오", "양가온", "손예린", "배정우", "백서현", "허윤재", "남시은", "노하람",
)
# fmt: on
"""resident01 … resident30."""


@dataclass(frozen=True, slots=True)
class DemoLesson:
    title: Text
    day: int
    """From today, in Seoul."""
    hour: int = 19
    minutes: int = 120


@dataclass(frozen=True, slots=True)
class DemoCourse:
    municipality: str
    slug: str
    instructor: str
    """The part of the e-mail before the @."""
    kind: str
    category: str
    title: Text
    summary: Text
    description: Text
    capacity: int
    applies: tuple[int, int]
    """The first and the last day of applications, from today."""
    lessons: tuple[DemoLesson, ...]
    place: Text = field(default=Text("", ""))
    enrolled: tuple[int, ...] = ()
    """Numbers of residents."""
    auto_record: bool = False
    completion: CompletionRule = field(default=CompletionRule())


INSTRUCTORS = {
    "instructor": ("김하늘", "suwon"),
    "instructor-seongnam": ("오미경", "seongnam"),
    "instructor-yongin": ("이재훈", "yongin"),
}

PHOTO_TOPICS = (
    Text("첫 만남과 카메라 설정", "Getting started and camera settings"),
    Text("빛을 읽는 법", "Reading the light"),
    Text("구도: 세 등분과 여백", "Composition: thirds and empty space"),
    Text("사람을 찍는 마음", "Photographing people"),
    Text("음식과 작은 물건", "Food and small things"),
    Text("우리 동네 골목 기록", "Recording the lanes of our town"),
    Text("밤에 찍는 사진", "Pictures at night"),
    Text("사진 보정의 기초", "Basics of editing"),
)
"""Lessons of the live course: the first was yesterday, the second is live now, the others follow week by week."""

PHOTO = DemoCourse(
    "suwon",
    "smartphone-photo",
    "instructor",
    "live",
    "arts",
    Text("수원 스마트폰 사진 교실", "Suwon smartphone photography"),
    Text("집에서 실시간으로 배우는 스마트폰 사진의 기본", "The basics of phone photography, live at home"),
    Text(
        "가지고 있는 휴대전화 한 대면 충분합니다. 빛과 구도를 익히고, 매주 찍은 사진을 함께 보며 이야기합니다. "
        "카메라를 켜지 않아도 참여할 수 있고, 수업은 녹화되어 다시 볼 수 있습니다.",
        "The phone you have is all you need. We learn about light and composition and look together at what everybody "
        "took during the week. "
        "You may take part without a camera, and every class can be watched again.",
    ),
    30,
    (-30, -2),
    tuple(DemoLesson(topic, day) for topic, day in zip(PHOTO_TOPICS, (-1, 0, 7, 14, 21, 28, 35, 42), strict=True)),
    enrolled=tuple(range(1, 21)),
    completion=CompletionRule(survey=True, makeup_weight=1.0),
)

DIGITAL = DemoCourse(
    "suwon",
    "digital-first-steps",
    "instructor",
    "live",
    "digital",
    Text("디지털 첫걸음: 키오스크와 모바일 민원", "First digital steps: kiosks and services on your phone"),
    Text(
        "무인 주문, 모바일 신분증, 온라인 민원을 차근차근 배웁니다",
        "Kiosks, mobile ID and public services online, one step at a time",
    ),
    Text(
        "화면을 함께 보며 천천히 따라 합니다. 실수해도 괜찮은 연습 화면을 사용하므로 돈이 나가거나 신청이 접수되지 않습니다.",
        "We follow the screen together, slowly. Practice screens are used, so nothing is charged or submitted by mistake.",
    ),
    12,
    (-70, -45),
    (
        DemoLesson(Text("키오스크와 친해지기", "Making friends with the kiosk"), -42, 10),
        DemoLesson(Text("모바일 신분증 만들기", "Setting up a mobile ID"), -35, 10),
        DemoLesson(Text("온라인으로 등본 떼기", "Getting a certificate of residence online"), -28, 10),
        DemoLesson(Text("안전한 앱과 위험한 앱", "Safe apps and dangerous ones"), -21, 10),
        DemoLesson(Text("혼자 해 보는 날", "A day to try it alone"), -14, 10),
    ),
    enrolled=(1, 2, 3, 4),
)

HISTORY_WALK = DemoCourse(
    "suwon",
    "hwaseong-history",
    "instructor",
    "blended",
    "humanities",
    Text("화성 성곽과 함께 걷는 우리 동네 역사", "Walking our history along Hwaseong Fortress"),
    Text("실시간 강의 세 번과 현장 답사 한 번", "Three live classes and one walk on the spot"),
    Text(
        "실시간 강의에서 정조와 화성의 이야기를 듣고, 마지막 날에는 해설사와 함께 성곽을 걷습니다. "
        "걷기가 어려운 분은 답사를 실시간 영상으로 함께할 수 있습니다.",
        "Hear the story of King Jeongjo and the fortress in live classes, then walk it with a guide on the last day. "
        "If walking is hard for you, join the walk by live video.",
    ),
    25,
    (-5, 9),
    (
        DemoLesson(Text("정조가 꿈꾼 도시", "The city King Jeongjo dreamt of"), 12, 14),
        DemoLesson(Text("성을 쌓은 사람들", "Those who built the walls"), 19, 14),
        DemoLesson(Text("의궤로 읽는 공사 현장", "The building site in the royal record"), 26, 14),
        DemoLesson(Text("성곽 답사", "A walk along the walls"), 33, 10, 150),
    ),
    place=Text(
        "수원시 팔달구 행궁로 11, 평생학습관 2층", "Lifelong Learning Centre, 2nd floor, Haenggung-ro 11, Paldal-gu, Suwon"
    ),
    enrolled=(21, 22, 23, 24, 25, 26, 27),
)

ENGLISH = DemoCourse(
    "seongnam",
    "everyday-english",
    "instructor-seongnam",
    "live",
    "language",
    Text("성남 생활 영어 회화", "Everyday English conversation in Seongnam"),
    Text("장보기, 전화, 여행에서 바로 쓰는 말하기", "Speaking for shopping, phone calls and travel"),
    Text(
        "문법 설명은 짧게, 말하기는 길게 합니다. 두 사람씩 짝을 지어 오늘 배운 문장을 바로 써 봅니다. 처음 시작하는 분을 "
        "위한 과정입니다.",
        "Little grammar, much talking. In pairs we use the sentences of the day at once. Made for beginners.",
    ),
    20,
    (-3, 6),
    (
        DemoLesson(Text("처음 만나는 사람과 인사하기", "Meeting somebody for the first time"), 8, 20, 90),
        DemoLesson(Text("시장과 마트에서", "At the market"), 15, 20, 90),
        DemoLesson(Text("전화로 약속 잡기", "Making an appointment by phone"), 22, 20, 90),
        DemoLesson(Text("길 묻고 알려 주기", "Asking the way and showing it"), 29, 20, 90),
    ),
    enrolled=(11, 12, 13, 28, 29),
)

CAREER = DemoCourse(
    "seongnam",
    "second-career",
    "instructor-seongnam",
    "live",
    "work",
    Text("다시 시작하는 중장년 취업 교실", "Back to work in mid-career"),
    Text("이력서부터 모의 면접까지 네 번의 실시간 수업", "From résumé to mock interview in four live classes"),
    Text(
        "경력을 정리하고, 내게 맞는 일을 찾고, 모의 면접으로 연습합니다. 직업상담사가 이력서를 한 사람씩 봐 드립니다.",
        "Put your career in order, find work that fits, and practise in mock interviews. A job counsellor reads every résumé.",
    ),
    15,
    (-2, 4),
    (
        DemoLesson(Text("내 경력 한 장으로 정리하기", "Your career on one page"), 6, 10),
        DemoLesson(Text("일자리 정보 제대로 읽기", "Reading job offers properly"), 13, 10),
        DemoLesson(Text("자기소개 1분 말하기", "One minute about yourself"), 20, 10),
        DemoLesson(Text("모의 면접", "Mock interview"), 27, 10),
    ),
    enrolled=(30,),
)

GARDEN = DemoCourse(
    "yongin",
    "kitchen-garden",
    "instructor-yongin",
    "blended",
    "green",
    Text("용인 텃밭 가꾸기", "A kitchen garden in Yongin"),
    Text("흙 만들기부터 김장 배추 거두기까지", "From making soil to harvesting cabbages"),
    Text(
        "실시간 강의로 배우고 공동 텃밭에서 함께 해 봅니다. 베란다 화분만 있는 분도 같은 방법으로 기를 수 있습니다.",
        "Learn in live classes and try it together in the community garden. A pot on the balcony works the same way.",
    ),
    24,
    (3, 12),
    (
        DemoLesson(Text("흙과 퇴비", "Soil and compost"), 16, 10),
        DemoLesson(Text("씨앗과 모종 고르기", "Choosing seeds and seedlings"), 23, 10),
        DemoLesson(Text("물 주기와 병해충", "Watering and pests"), 30, 10),
    ),
    place=Text("용인시 처인구 시민 공동 텃밭", "Citizens' Community Garden, Cheoin-gu, Yongin"),
)

POTTERY = DemoCourse(
    "yongin",
    "pottery",
    "instructor-yongin",
    "offline",
    "arts",
    Text("손으로 빚는 생활 도예", "Everyday pottery by hand"),
    Text("물레 없이 그릇 세 점을 만듭니다", "Make three pieces without a wheel"),
    Text(
        "흙가래를 쌓아 접시와 컵, 작은 화분을 만듭니다. 재료와 도구는 준비되어 있고, 구운 작품은 3주 뒤에 가져갈 수 있습니다.",
        "Build a plate, a cup and a small flowerpot from coils. Materials and tools are provided; fired pieces can be "
        "taken home after three weeks.",
    ),
    12,
    (-1, 7),
    (
        DemoLesson(Text("흙과 만나기, 접시 만들기", "Meeting clay, making a plate"), 10, 14, 150),
        DemoLesson(Text("컵과 손잡이", "A cup and its handle"), 17, 14, 150),
        DemoLesson(Text("화분과 유약", "A flowerpot and glaze"), 24, 14, 150),
    ),
    place=Text("용인시 수지구 평생학습관 공예실", "Craft room, Lifelong Learning Centre, Suji-gu, Yongin"),
    enrolled=(14, 15, 16),
)

SMART_HEALTH = DemoCourse(
    "seongnam",
    "strong-at-home",
    "instructor-seongnam",
    "live",
    "health",
    Text("집에서 하는 근력 운동", "Getting stronger at home"),
    Text("의자 하나로 따라 하는 아침 운동", "Morning exercise with one chair"),
    Text(
        "무릎과 허리에 무리가 가지 않는 동작만 합니다. 화면을 보며 따라 하고, 끝난 뒤에는 녹화를 보며 복습합니다.",
        "Only movements that are kind to knees and back. Follow the screen, and practise again with the recording.",
    ),
    40,
    (-20, 1),
    (
        DemoLesson(Text("다리 근력", "Legs"), 2, 9, 50),
        DemoLesson(Text("허리와 배", "Back and belly"), 9, 9, 50),
        DemoLesson(Text("균형 잡기", "Balance"), 16, 9, 50),
    ),
    enrolled=(1, 5, 9, 17, 18, 19),
    auto_record=True,
)

SAFETY = DemoCourse(
    "suwon",
    "safe-online",
    "instructor",
    "live",
    "digital",
    Text("속지 않는 디지털 생활", "Not being fooled online"),
    Text("문자 사기와 가짜 누리집을 알아보는 두 번의 수업", "Two classes on spotting text scams and fake sites"),
    Text(
        "실제로 있었던 문자와 전화를 함께 보며 무엇이 수상한지 찾습니다. 마지막에 짧은 퀴즈로 스스로 확인합니다.",
        "We look at real messages and calls and find what is suspicious. A short quiz at the end shows what you have learned.",
    ),
    20,
    (-40, -12),
    (
        DemoLesson(Text("문자와 전화 사기 알아보기", "Spotting scam messages and calls"), -9, 14, 90),
        DemoLesson(Text("내 계정을 지키는 법", "Keeping your accounts safe"), -2, 14, 90),
    ),
    enrolled=(1, 2, 3, 5),
    completion=CompletionRule(survey=True),
)
"""Over, with a quiz passed: only the survey keeps resident01 from the certificate."""

COURSES = (PHOTO, DIGITAL, SAFETY, HISTORY_WALK, ENGLISH, CAREER, GARDEN, POTTERY, SMART_HEALTH)

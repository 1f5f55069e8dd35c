"""Quizzes, assignments and what was handed in, in the demo world; through the same actions as everywhere."""

from datetime import datetime, timedelta

from classroom.actions.learning import begin_quiz, hand_in_assignment, hand_in_excuse, hand_in_quiz
from classroom.actions.teaching import put_assignment, put_quiz
from classroom.assignments import Assignment, AssignmentId
from classroom.courses import Course, Lesson
from classroom.demo_courses import PHOTO, SAFETY, DemoCourse
from classroom.people import Person, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.quizzes import Question, QuestionKind, Quiz, QuizId
from classroom.texts import Text

GRID = ("격자", "격자선", "그리드", "grid")
PHOTO_QUESTIONS = (
    Question(
        QuestionKind.SINGLE,
        "인물을 밝게 찍으려면 창을 어디에 두는 것이 좋습니까?",
        ("사람의 뒤", "사람의 앞이나 옆", "사람의 아래"),
        ("1",),
    ),
    Question(
        QuestionKind.MULTIPLE,
        "흔들린 사진을 줄이는 방법을 모두 고르세요.",
        ("두 손으로 잡는다", "팔꿈치를 몸에 붙인다", "줌을 끝까지 당긴다", "타이머를 쓴다"),
        ("0", "1", "3"),
    ),
    Question(QuestionKind.NUMBER, "화면을 가로세로로 세 등분하면 칸이 모두 몇 개입니까?", (), ("9",)),
    Question(
        QuestionKind.SHORT, "화면에 가로세로 줄을 보여 주는 기능의 이름은 무엇입니까?", (), ("격자", "격자선", "그리드", "grid")
    ),
)
SAFETY_QUESTIONS = (
    Question(
        QuestionKind.SINGLE,
        "택배 주소를 확인하라는 문자에 링크가 있습니다. 무엇을 합니까?",
        ("바로 누른다", "택배 회사 앱에서 직접 확인한다", "친구에게 보낸다"),
        ("1",),
    ),
    Question(
        QuestionKind.MULTIPLE,
        "은행이 전화로 묻지 않는 것을 모두 고르세요.",
        ("비밀번호", "인증 번호", "상담 날짜"),
        ("0", "1"),
    ),
    Question(QuestionKind.NUMBER, "경찰 신고 전화는 몇 번입니까?", (), ("112",)),
)


async def add_tasks(
    uow: UnitOfWork, plan: DemoCourse, course: Course, lessons: list[Lesson], people: dict[str, Person], now: datetime
) -> None:
    """What `plan` asks for beside coming, and what some have done of it."""
    if plan is PHOTO:
        quiz = Quiz(
            QuizId(new_id()), course.id, course.municipality, Text("빛과 구도 확인하기", "Light and composition"), PHOTO_QUESTIONS
        )
        await put_quiz(uow, quiz, by=None)
        work = Assignment(
            AssignmentId(new_id()),
            course.id,
            course.municipality,
            Text("우리 동네 사진 한 장", "One picture of our town"),
            "이번 주에 배운 것을 써서 우리 동네를 한 장 찍어 주세요.\n\n"
            "사진 파일을 올리고, 무엇을 생각하며 찍었는지 두세 문장으로 적습니다.",
            now + timedelta(days=10),
        )
        await put_assignment(uow, work, by=None)
        words = "해 질 무렵 행궁동 골목입니다. 벽에 닿은 빛이 따뜻해 보여서 낮은 자리에서 찍었습니다."
        await hand_in_assignment(uow, work.id, text=words, upload=None, by=_as(people["resident02"]), now=now)
        reason = "어머니를 모시고 병원에 다녀왔습니다."
        await hand_in_excuse(uow, lessons[0].id, reason=reason, upload=None, by=_as(people["resident06"]), now=now)
    elif plan is SAFETY:
        quiz = Quiz(
            QuizId(new_id()),
            course.id,
            course.municipality,
            Text("속지 않기 퀴즈", "The not-being-fooled quiz"),
            SAFETY_QUESTIONS,
        )
        await put_quiz(uow, quiz, by=None)
        at = lessons[-1].ends_at + timedelta(minutes=20)
        for number, answers in ((1, {0: ["1"], 1: ["0", "1"], 2: ["112"]}), (2, {0: ["0"], 1: ["0"], 2: ["112"]})):
            learner = _as(people[f"resident{number:02}"])
            await begin_quiz(uow, quiz.id, by=learner, now=at)
            await hand_in_quiz(uow, quiz.id, answers, by=learner, now=at + timedelta(minutes=4))


def _as(person: Person) -> Viewer:
    return Viewer(person)

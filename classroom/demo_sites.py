"""What the demo world's sites say: a profile of Suwon and three notices."""

from datetime import datetime, timedelta

from classroom.actions.sites import change_site, post_notice
from classroom.people import MunicipalityCode
from classroom.ports import UnitOfWork
from classroom.sites import SiteProfile
from classroom.texts import Text

SUWON = MunicipalityCode("suwon")
PROFILE = SiteProfile(
    SUWON,
    headline=Text("배움이 일상이 되는 수원", "Suwon, where learning is everyday life"),
    about=Text(
        "수원시 평생학습관은 누구나 배우고 가르치는 열린 배움터입니다. 실시간 강의와 온라인 강의를 집에서도 듣습니다.",
        "Suwon's learning centre is open to everybody who wants to learn or teach. Live and online lectures reach you at home.",
    ),
    email="learn@suwon.example",
    address=Text("경기도 수원시 팔달구 월드컵로 381번길 2", "2, World Cup-ro 381beon-gil, Paldal-gu, Suwon"),
    hours=Text("평일 09:00–18:00 (점심 12:00–13:00)", "Weekdays 09:00–18:00 (closed 12:00–13:00)"),
)
NOTICES: tuple[tuple[MunicipalityCode | None, bool, int, Text, Text], ...] = (
    (
        None,
        True,
        6,
        Text("한 아이디로 31개 시·군의 강의를 들으세요", "One ID for the lectures of all 31 cities and counties"),
        Text(
            "이사를 하셔도 아이디와 학습 이력은 그대로입니다. 사는 곳만 ‘내 정보’에서 바꾸시면 됩니다.",
            "Your ID and learning history stay when you move. Just change your home in “My account”.",
        ),
    ),
    (
        SUWON,
        True,
        2,
        Text("실시간 강의 입장이 처음이신 분께", "New to live lectures?"),
        Text(
            "수업 15분 전부터 입장할 수 있습니다.\n설치할 것은 없습니다. ‘수업 입장’을 누르고 소리가 들리는지 확인해 주세요.\n\n"
            "어려우시면 평일 09:00–18:00에 전화 주세요.",
            "You can enter 15 minutes before class.\nNothing to install: press “Join class” and check that you hear sound.\n\n"
            "Need help? Call us on weekdays, 09:00–18:00.",
        ),
    ),
    (
        SUWON,
        False,
        12,
        Text("겨울학기 과정을 준비하고 있습니다", "Winter courses are on their way"),
        Text(
            "12월 중순에 신청을 받습니다. 과정 안내는 이곳에 먼저 알립니다.",
            "Applications open in mid-December. We announce them here first.",
        ),
    ),
)


async def build_sites(uow: UnitOfWork, now: datetime) -> None:
    """Once, by the operator."""
    await change_site(uow, PROFILE, by=None)
    for municipality, pinned, days_ago, title, body in NOTICES:
        await post_notice(
            uow,
            municipality=municipality,
            title=title,
            body=body,
            pinned=pinned,
            shown_from=now - timedelta(days=days_ago),
            shown_until=None,
            by=None,
        )

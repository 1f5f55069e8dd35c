"""The demo world of `--demo`: accounts, sites, courses, a lesson that is live now, one that ended, and what was earned.

Attendance and the certificate come out of facts through the same code as everywhere; nothing of it is written by hand.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from classroom.actions.applications import enrol
from classroom.actions.certificates import issue_earned
from classroom.actions.courses import create_course, open_site, schedule_lesson, share_item
from classroom.actions.lessons import finalise_attendance, record_facts
from classroom.actions.people import add_person, grant_role
from classroom.courses import Course, CourseKind, Lesson, OnlineItem
from classroom.demo_courses import (
    COURSES,
    DIGITAL,
    INSTRUCTORS,
    OPEN_SITES,
    PASSWORD,
    PHOTO,
    PHOTO_TOPICS,
    RESIDENTS,
    SAFETY,
    DemoCourse,
)
from classroom.demo_items import ITEMS
from classroom.demo_sites import build_sites
from classroom.demo_tasks import add_tasks
from classroom.events import Fact
from classroom.history import SEOUL
from classroom.people import ItemId, LessonId, MunicipalityCode, Person, PersonId, Role
from classroom.people_ports import PasswordHasher
from classroom.ports import Transactions, UnitOfWork
from classroom.texts import Text

SUWON = MunicipalityCode("suwon")
LIVE_FOR = timedelta(hours=2)
LIVE_LEFT = timedelta(hours=1)
"""A live lesson with less time left than this is prolonged at the next start."""
EARLY_MIN = 4
"""The instructor is in before the start; the film of the ended lesson (`web/demo.py`) begins as much later, at the start."""
CHAT = (
    (8, 1, Text("안녕하세요, 소리 잘 들립니다.", "Hello, I can hear you well.")),
    (15, 2, Text("저도 잘 보입니다. 반갑습니다!", "I can see you too. Nice to meet you!")),
    (24, 5, Text("오늘은 갤럭시와 아이폰 모두 설명해 주시나요?", "Will you explain both Android and iPhone today?")),
    (31, 0, Text("네, 두 기종 화면을 번갈아 보여 드리겠습니다.", "Yes, I will show both in turn.")),
    (42, 9, Text("격자선 켜는 곳을 찾았습니다.", "I found where to switch on the grid.")),
    (50, 3, Text("화면 공유가 아주 선명하네요.", "The shared screen is very clear.")),
)
"""(seconds after the start, number of the resident or 0 for the instructor, text): beside the film of the ended lesson."""


@dataclass(frozen=True, slots=True)
class DemoWorld:
    live_lesson: LessonId
    ended_lesson: LessonId
    """To which the lead attaches a film (`actions.recordings.add_recording`)."""
    ended_started_at: datetime


async def seed(store: Transactions, passwords: PasswordHasher, now: datetime) -> DemoWorld:
    """Build the demo world once; at every call see to it that a Suwon lesson is live for at least an hour."""
    async with store.reading() as uow:
        is_there = await uow.people.by_email(_email("province")) is not None
    password_hash = "" if is_there else await passwords.hash(PASSWORD)
    async with store.writing() as uow:
        if await uow.people.by_email(_email("province")) is None:
            await _build(uow, password_hash, now)
        return await _refresh(uow, now)


def _email(name: str) -> str:
    return f"{name}@demo.example"


async def _build(uow: UnitOfWork, password_hash: str, now: datetime) -> None:
    people = await _people(uow, password_hash, now)
    for code in OPEN_SITES:
        await open_site(uow, MunicipalityCode(code), by=None, now=now)
    for plan in COURSES:
        course = await _course(uow, plan, people, now)
        lessons = [await _lesson(uow, course, number, plan, now) for number in range(1, len(plan.lessons) + 1)]
        if plan is PHOTO:
            await _hold(uow, lessons[0], _photo_evening(lessons[0], people))
        elif plan is DIGITAL:
            for lesson in lessons:
                await _hold(uow, lesson, _digital_morning(lesson, people))
        elif plan is SAFETY:
            for lesson in lessons:
                await _hold(uow, lesson, _safety_afternoon(lesson, people))
        await add_tasks(uow, plan, course, lessons, people, now)
    for back, item in enumerate(ITEMS):
        shared = OnlineItem(
            ItemId(item.id),
            MunicipalityCode(item.municipality),
            item.title,
            item.summary,
            item.body,
            item.category,
            item.minutes,
            now - timedelta(days=3 * back + 1),
        )
        await share_item(uow, shared, by=None)
    await build_sites(uow, now)


async def _people(uow: UnitOfWork, password_hash: str, now: datetime) -> dict[str, Person]:
    """By the part of their e-mail before the @; registered at different times of the last months."""
    plan: list[tuple[str, str, str | None]] = [
        ("province", "경기도 관리자", None),
        ("suwon", "수원시 관리자", "suwon"),
        ("seongnam", "성남시 관리자", "seongnam"),
    ]
    plan += [(key, name, home) for key, (name, home) in INSTRUCTORS.items()]
    homes = ("suwon", "suwon", "seongnam", "yongin")
    plan += [(f"resident{i:02}", name, "suwon" if i <= 20 else homes[i % 4]) for i, name in enumerate(RESIDENTS, 1)]
    people: dict[str, Person] = {}
    for days, (key, name, home) in enumerate(plan):
        code = MunicipalityCode(home) if home else None
        people[key] = await add_person(uow, _email(key), name, password_hash, "ko", code, now - timedelta(days=200 - days))
    roles: list[tuple[str, Role, MunicipalityCode | None]] = [("province", Role.PROVINCIAL_ADMINISTRATOR, None)]
    roles += [(code, Role.MUNICIPAL_ADMINISTRATOR, MunicipalityCode(code)) for code in ("suwon", "seongnam")]
    roles += [(key, Role.INSTRUCTOR, MunicipalityCode(home)) for key, (_, home) in INSTRUCTORS.items()]
    for key, role, municipality in roles:
        await grant_role(uow, person=people[key].id, role=role, municipality=municipality, by=None, now=now)
    return people


async def _course(uow: UnitOfWork, plan: DemoCourse, people: dict[str, Person], now: datetime) -> Course:
    """Seats are taken one after the other over the days of application."""
    opens, closes = (now + timedelta(days=day) for day in plan.applies)
    course = await create_course(
        uow,
        municipality=MunicipalityCode(plan.municipality),
        slug=plan.slug,
        title=plan.title,
        summary=plan.summary,
        description=plan.description,
        category=plan.category,
        kind=CourseKind(plan.kind),
        instructor=people[plan.instructor].id,
        place=plan.place,
        capacity=plan.capacity,
        applies_from=opens,
        applies_until=closes,
        auto_record=plan.auto_record,
        completion=plan.completion,
        by=None,
    )
    for order, number in enumerate(plan.enrolled):
        at = min(now, closes) - (min(now, closes) - opens) * (order + 1) / (len(plan.enrolled) + 1)
        await enrol(uow, course=course.id, person=people[f"resident{number:02}"].id, by=None, now=at)
    return course


async def _lesson(uow: UnitOfWork, course: Course, number: int, plan: DemoCourse, now: datetime) -> Lesson:
    each = plan.lessons[number - 1]
    midnight = now.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    starts_at = midnight + timedelta(days=each.day, hours=each.hour)
    ends_at = starts_at + timedelta(minutes=each.minutes)
    return await schedule_lesson(
        uow, course=course.id, number=number, title=each.title, starts_at=starts_at, ends_at=ends_at, by=None
    )


async def _hold(uow: UnitOfWork, lesson: Lesson, facts: list[Fact]) -> None:
    """Everything of a lesson in the past, through the log, as if it were then."""
    await record_facts(uow, sorted(facts, key=lambda fact: fact.at), lesson.ends_at)
    await finalise_attendance(uow, lesson.id, lesson.ends_at)
    await issue_earned(uow, lesson.course, lesson.ends_at)


async def _refresh(uow: UnitOfWork, now: datetime) -> DemoWorld:
    """The first lesson that is not over is live now, for an hour at least; another always follows, so the course goes on."""
    course = await uow.courses.by_slug(SUWON, PHOTO.slug)
    assert course is not None, "the demo world has its live course"
    lessons = await uow.courses.lessons(course.id)
    first, ahead = lessons[0], [lesson for lesson in lessons if lesson.state(now) != "ended"]
    while len(ahead) < 2:
        ahead.append(await _another(uow, course, len(lessons) + len(ahead), now + timedelta(days=7)))
    live = ahead[0]
    if live.state(now) != "live":
        starts_at = now.replace(second=0, microsecond=0) - timedelta(minutes=2)
        live = replace(live, starts_at=starts_at, ends_at=starts_at + LIVE_FOR)
        await uow.courses.update_lesson(live)
    elif live.ends_at - now < LIVE_LEFT:
        live = replace(live, ends_at=now + LIVE_FOR)
        await uow.courses.update_lesson(live)
    return DemoWorld(live.id, first.id, first.started_at or first.starts_at)


async def _another(uow: UnitOfWork, course: Course, number: int, starts_at: datetime) -> Lesson:
    topic = PHOTO_TOPICS[number % len(PHOTO_TOPICS)]
    return await schedule_lesson(uow, course=course.id, title=topic, starts_at=starts_at, ends_at=starts_at + LIVE_FOR, by=None)


class _Script:
    """Facts of one lesson as a room would have published them; always the same ids for the same lesson."""

    def __init__(self, lesson: Lesson, instructor: Person) -> None:
        self.lesson = lesson
        self.facts: list[Fact] = []
        self._joins(instructor.id, instructor.name, "instructor", -EARLY_MIN, self._length + 2)
        self._add("lesson-started", -EARLY_MIN * 60)
        self._add("lesson-ended", self._length * 60, by=instructor.id)

    @property
    def _length(self) -> float:
        return (self.lesson.ends_at - self.lesson.starts_at).total_seconds() / 60

    def there(self, person: Person, *spans: tuple[float, float]) -> None:
        """In class in these minutes from the start; each span is another tab or device."""
        for begin, end in spans:
            self._joins(person.id, person.name, "learner", begin, end)

    def says(self, seconds: float, person: Person, role: str, text: str) -> None:
        line = str(uuid5(NAMESPACE_URL, f"{self.lesson.id}/line/{seconds}"))
        peer = f"{person.id}-chat"
        self._add("chat-posted", seconds, line=line, peer=peer, person=person.id, name=person.name, role=role, text=text)

    def _joins(self, person: PersonId, name: str, role: str, begin: float, end: float) -> None:
        peer = f"{person}-{begin}"
        self._add("peer-joined", begin * 60, peer=peer, person=person, name=name, role=role, recorded=True)
        self._add("peer-left", end * 60, peer=peer, person=person, reason="left")

    def _add(self, kind: str, seconds: float, **data: object) -> None:
        at = self.lesson.starts_at + timedelta(seconds=seconds)
        fact = str(uuid5(NAMESPACE_URL, f"{self.lesson.id}/{len(self.facts)}"))
        self.facts.append(Fact(fact, self.lesson.id, at, kind, data))


def _photo_evening(lesson: Lesson, people: dict[str, Person]) -> list[Fact]:
    """Two hours with all that happens: on time, late, gone early, a lost connection, two devices, and three who did not come."""
    script = _Script(lesson, people["instructor"])
    for number in PHOTO.enrolled:
        person = people[f"resident{number:02}"]
        end = 120 + number % 3
        match number:
            case 4 | 12:
                script.there(person, (18 + number, end))  # late
            case 7 | 15:
                script.there(person, (-3, 82 + number))  # gone early
            case 10:
                script.there(person, (-5, 41), (44.5, end))  # the connection was lost for three and a half minutes
            case 13:
                script.there(person, (-2, 70), (30, end))  # from the computer to the phone, both for a while
            case 17:
                script.there(person, (2, 38))  # less than half of it
            case 6 | 19 | 20:
                continue
            case _:
                script.there(person, (-10 + number % 7, end))
    for seconds, number, text in CHAT:
        person = people[f"resident{number:02}" if number else "instructor"]
        script.says(seconds, person, "learner" if number else "instructor", text.ko)
    return script.facts


def _safety_afternoon(lesson: Lesson, people: dict[str, Person]) -> list[Fact]:
    """Everybody comes, one of them only the second time."""
    script = _Script(lesson, people["instructor"])
    for number in (1, 2, 3, 5) if lesson.number == 2 else (1, 2, 3):
        script.there(people[f"resident{number:02}"], (-5 + number, 89 + number % 2))
    return script.facts


def _digital_morning(lesson: Lesson, people: dict[str, Person]) -> list[Fact]:
    """One learner comes to all five, the others to too few for a certificate."""
    script = _Script(lesson, people["instructor"])
    came = {1: (1, 2, 3, 4, 5), 2: (1, 2, 4), 3: (1, 3, 5), 4: (2, 3)}
    for number, numbers in came.items():
        if lesson.number in numbers:
            script.there(people[f"resident{number:02}"], (-8 + number * 2, 119 + number % 2))
    return script.facts

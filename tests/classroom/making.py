"""Small worlds for tests: people, courses, lessons and the facts of a lesson."""

from datetime import UTC, datetime, timedelta
from itertools import count

from classroom.courses import Course, CourseKind, Lesson
from classroom.events import Fact
from classroom.people import CourseId, Grant, LessonId, MunicipalityCode, Person, PersonId, Role, Viewer
from classroom.texts import Text

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
END = START + timedelta(hours=2)
SUWON = MunicipalityCode("suwon")
_numbers = count(1)


def at(minutes: float = 0, seconds: float = 0) -> datetime:
    """From the start of the lesson."""
    return START + timedelta(minutes=minutes, seconds=seconds)


def make_lesson(**changes: object) -> Lesson:
    fields = {"starts_at": START, "ends_at": END} | changes
    return Lesson(LessonId("lesson"), CourseId("course"), SUWON, 1, Text("빛", "Light"), **fields)  # type: ignore[arg-type]


def make_course(**changes: object) -> Course:
    fields: dict[str, object] = {
        "id": CourseId("course"),
        "municipality": SUWON,
        "slug": "photo",
        "title": Text("사진", "Photography"),
        "summary": Text("요약", "Summary"),
        "description": Text("설명", "Description"),
        "category": "arts",
        "kind": CourseKind.LIVE,
        "instructor": PersonId("teacher"),
        "place": Text("", ""),
        "capacity": 30,
        "applies_from": START - timedelta(days=9),
        "applies_until": START - timedelta(days=1),
    }
    return Course(**(fields | changes))  # type: ignore[arg-type]


def make_person(name: str = "resident") -> Person:
    return Person(PersonId(name), f"{name}@example.test", name, "ko", SUWON, START - timedelta(days=100))


def make_viewer(name: str = "resident", *grants: tuple[Role, str | None]) -> Viewer:
    return Viewer(make_person(name), frozenset(Grant(role, MunicipalityCode(code) if code else None) for role, code in grants))


def fact(kind: str, when: datetime, lesson: str = "lesson", **data: object) -> Fact:
    return Fact(f"fact-{next(_numbers)}", LessonId(lesson), when, kind, data)


def joined(when: datetime, peer: str = "p1", person: str = "resident", role: str = "learner", lesson: str = "lesson") -> Fact:
    return fact("peer-joined", when, lesson, peer=peer, person=person, name=person, role=role, recorded=True)


def left(when: datetime, peer: str = "p1", person: str = "resident", lesson: str = "lesson") -> Fact:
    return fact("peer-left", when, lesson, peer=peer, person=person, reason="left")


def seen(when: datetime, *peers: str, lesson: str = "lesson") -> Fact:
    return fact("peers-seen", when, lesson, peers=list(peers or ("p1",)))


def started(when: datetime, lesson: str = "lesson") -> Fact:
    return fact("lesson-started", when, lesson)


def ended(when: datetime, lesson: str = "lesson") -> Fact:
    return fact("lesson-ended", when, lesson, by="teacher")

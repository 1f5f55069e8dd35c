"""The demo course that is watched at any time: a replay of the catalogue, needed to complete, and a resident with a seat."""

from datetime import datetime, timedelta

from classroom.actions.applications import enrol
from classroom.actions.courses import create_course
from classroom.actions.study import add_item
from classroom.courses import CourseKind
from classroom.people import MunicipalityCode, RecordingId
from classroom.ports import UnitOfWork
from classroom.rules import completion_preset
from classroom.texts import Text

SLUG = "photo-at-home"


async def add_online_course(uow: UnitOfWork, recording: RecordingId, now: datetime) -> None:
    """Once; the recording is there already."""
    home = MunicipalityCode("suwon")
    teacher, resident = [await uow.people.by_email(f"{name}@demo.example") for name in ("instructor", "resident01")]
    if teacher is None or resident is None or await uow.courses.by_slug(home, SLUG) is not None:
        return
    course = await create_course(
        uow,
        municipality=home,
        slug=SLUG,
        title=Text("집에서 배우는 스마트폰 사진", "Smartphone photography at home"),
        summary=Text("언제든 보고, 95% 이상 보면 수료합니다", "Watch at any time; 95% watched completes it"),
        category="digital",
        kind=CourseKind.ONLINE,
        instructor=teacher[0].id,
        capacity=500,
        applies_from=now - timedelta(days=7),
        applies_until=now + timedelta(days=60),
        completion=completion_preset("self-paced"),
        by=None,
    )
    viewer = await uow.people.viewer(teacher[0].id)
    assert viewer is not None, "the teacher was found above"
    await add_item(uow, course.id, recording, needed=True, by=viewer)
    await enrol(uow, course=course.id, person=resident[0].id, by=None, now=now)

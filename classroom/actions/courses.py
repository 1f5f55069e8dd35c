"""Sites, courses, lessons and online items."""

from dataclasses import replace
from datetime import datetime

from classroom.actions.people import municipality_of
from classroom.actions.seating import move_up, settled_book
from classroom.admission import AdmissionRule, checked_admission, new_seed
from classroom.courses import (
    NO_PLACE,
    Course,
    CourseKind,
    CourseState,
    Lesson,
    OnlineItem,
    checked_slug,
    checked_times,
)
from classroom.enrolment import ACTIVE
from classroom.errors import Invalid, NotFound, Refused
from classroom.municipalities import Municipality, checked_brand
from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId, Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.rules import AttendanceRule, CompletionRule
from classroom.texts import EMPTY, Text


def must_administer(by: Viewer | None, municipality: MunicipalityCode) -> None:
    """`by` None is the operator at the command line. Raises NotFound, as if there were nothing."""
    if by is not None and not by.administers(municipality):
        raise NotFound


def must_lead(by: Viewer | None, course: Course) -> None:
    """The course's instructor or staff. Raises NotFound."""
    if by is not None and by.id != course.instructor:
        must_administer(by, course.municipality)


async def course_of(uow: UnitOfWork, course: CourseId) -> Course:
    """Raises NotFound."""
    found = await uow.courses.get(course)
    if found is None:
        raise NotFound
    return found


async def lesson_of(uow: UnitOfWork, lesson: LessonId) -> Lesson:
    """Raises NotFound."""
    found = await uow.courses.lesson(lesson)
    if found is None:
        raise NotFound
    return found


async def lesson_to_come(uow: UnitOfWork, lesson: LessonId, by: Viewer | None, now: datetime) -> tuple[Lesson, Course]:
    """A lesson that can still be changed, locked, and its course, for who leads it.

    Raises NotFound, Refused: "lesson-over", "lesson-cancelled".
    """
    found = await lesson_of(uow, lesson)
    course = await course_of(uow, found.course)
    must_lead(by, course)
    if found.state(now) == "ended":
        raise Refused("lesson-over")
    if found.state(now) == "cancelled":
        raise Refused("lesson-cancelled")
    return found, course


async def open_site(
    uow: UnitOfWork,
    code: MunicipalityCode,
    *,
    brand: str | None = None,
    phone: str | None = None,
    by: Viewer | None,
    now: datetime,
) -> Municipality:
    """Open a municipality's site (again is silent), with its colour. Raises NotFound, Invalid("brand-contrast")."""
    found = await municipality_of(uow, code)
    must_administer(by, code)
    opened = replace(with_brand(found, brand, phone), opened_at=found.opened_at or now)
    await uow.municipalities.update(opened)
    return opened


def with_brand(municipality: Municipality, brand: str | None, phone: str | None) -> Municipality:
    """With another colour and telephone number; None keeps one. Raises Invalid("brand-contrast")."""
    return replace(
        municipality,
        brand=checked_brand(brand) if brand else municipality.brand,
        phone=phone if phone is not None else municipality.phone,
    )


async def create_course(
    uow: UnitOfWork,
    *,
    municipality: MunicipalityCode,
    slug: str,
    title: Text,
    summary: Text,
    description: Text = EMPTY,
    category: str,
    kind: CourseKind,
    instructor: PersonId | None,
    place: Text = NO_PLACE,
    capacity: int,
    applies_from: datetime,
    applies_until: datetime,
    attendance: AttendanceRule | None = None,
    completion: CompletionRule | None = None,
    auto_record: bool = False,
    state: CourseState = CourseState.PUBLISHED,
    admission: AdmissionRule | None = None,
    level: str = "all",
    audience: str = "everybody",
    by: Viewer | None,
) -> Course:
    """Raises Invalid: "slug-invalid", "slug-taken", "capacity-wrong", "times-wrong", "seats-kept-wrong", "quota-wrong".

    NotFound when `by` may not.
    """
    must_administer(by, municipality)
    await municipality_of(uow, municipality)
    checked_times(applies_from, applies_until)
    if capacity < 1:
        raise Invalid("capacity-wrong", field="capacity")
    if await uow.courses.by_slug(municipality, checked_slug(slug)) is not None:
        raise Invalid("slug-taken", field="slug")
    rule = await _checked_rule(uow, admission or AdmissionRule(), capacity, municipality)
    course = Course(
        CourseId(new_id()),
        municipality,
        slug,
        title,
        summary,
        description,
        category,
        kind,
        instructor,
        place,
        capacity,
        applies_from,
        applies_until,
        attendance or AttendanceRule(),
        completion or CompletionRule(),
        auto_record,
        state,
        rule,
        level,
        audience,
    )
    await uow.courses.add(course, draw_seed=new_seed())
    return course


async def change_course(uow: UnitOfWork, course: Course, *, by: Viewer | None, now: datetime) -> None:
    """Store a course altered with `dataclasses.replace`; its municipality, id and draw stay. `course.version` is the one that
    was altered. More seats go to the waitlist at once.

    Raises as `create_course`; also Invalid: "capacity-below-seats", "draft-with-people"; Refused("edited-meanwhile").
    """
    known = await uow.courses.lock(course.id)
    if known is None:
        raise NotFound
    must_administer(by, known.municipality)
    if course.version != known.version:
        raise Refused("edited-meanwhile")
    checked_times(course.applies_from, course.applies_until)
    if course.capacity < 1:
        raise Invalid("capacity-wrong", field="capacity")
    hides = course.state is CourseState.DRAFT and known.state is not CourseState.DRAFT
    if hides and await uow.enrolments.in_state(course.id, *ACTIVE):
        raise Invalid("draft-with-people", field="state")
    book = await settled_book(uow, known, now)
    if course.capacity < min(book.total, known.capacity):
        raise Invalid("capacity-below-seats", field="capacity", taken=book.total)
    same = await uow.courses.by_slug(known.municipality, checked_slug(course.slug))
    if same is not None and same.id != course.id:
        raise Invalid("slug-taken", field="slug")
    rule = await _checked_rule(uow, course.admission, course.capacity, known.municipality)
    changed = replace(course, municipality=known.municipality, admission=rule, drawn_at=known.drawn_at, version=known.version + 1)
    await uow.courses.update(changed)
    await move_up(uow, changed, book, now)


async def _checked_rule(uow: UnitOfWork, rule: AdmissionRule, capacity: int, home: MunicipalityCode) -> AdmissionRule:
    for code in rule.quotas:
        await municipality_of(uow, code)
    return checked_admission(rule, capacity, home)


async def schedule_lesson(
    uow: UnitOfWork,
    *,
    course: CourseId,
    number: int | None = None,
    title: Text,
    starts_at: datetime,
    ends_at: datetime,
    by: Viewer | None,
) -> Lesson:
    """Put a lesson on the timetable; without `number` it is the next. Raises Invalid: "times-wrong", "lesson-number-taken"."""
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    must_lead(by, found)
    checked_times(starts_at, ends_at)
    numbers = [lesson.number for lesson in await uow.courses.lessons(course, cancelled=True)]
    if number in numbers:
        raise Invalid("lesson-number-taken", field="number")
    lesson = Lesson(
        LessonId(new_id()), course, found.municipality, number or max(numbers, default=0) + 1, title, starts_at, ends_at
    )
    await uow.courses.add_lesson(lesson)
    return lesson


async def reschedule_lesson(
    uow: UnitOfWork, lesson: LessonId, *, starts_at: datetime, ends_at: datetime, by: Viewer | None, now: datetime
) -> Lesson:
    """Move a lesson that is not over. Raises Invalid("times-wrong"), Refused("lesson-over")."""
    found = await lesson_of(uow, lesson)
    must_lead(by, await course_of(uow, found.course))
    checked_times(starts_at, ends_at)
    if found.state(now) in ("ended", "cancelled"):
        raise Refused("lesson-over")
    moved = replace(found, starts_at=starts_at, ends_at=ends_at)
    await uow.courses.update_lesson(moved)
    return moved


async def share_item(uow: UnitOfWork, item: OnlineItem, *, by: Viewer | None) -> None:
    """Publish an online item, or replace the one with its id."""
    must_administer(by, item.municipality)
    await municipality_of(uow, item.municipality)
    await uow.items.put(item)

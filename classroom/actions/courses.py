"""Sites, courses, lessons, seats and online items."""

from dataclasses import replace
from datetime import datetime

from classroom.actions.people import municipality_of
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
from classroom.enrolment import Enrolment, EnrolmentState, may_apply
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
    by: Viewer | None,
) -> Course:
    """Raises Invalid: "slug-invalid", "slug-taken", "capacity-wrong", "times-wrong"; NotFound when `by` may not."""
    must_administer(by, municipality)
    await municipality_of(uow, municipality)
    checked_times(applies_from, applies_until)
    if capacity < 1:
        raise Invalid("capacity-wrong", field="capacity")
    if await uow.courses.by_slug(municipality, checked_slug(slug)) is not None:
        raise Invalid("slug-taken", field="slug")
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
    )
    await uow.courses.add(course)
    return course


async def change_course(uow: UnitOfWork, course: Course, *, by: Viewer | None) -> None:
    """Store a course altered with `dataclasses.replace`; its municipality and id stay. Raises as `create_course`."""
    known = await course_of(uow, course.id)
    must_administer(by, known.municipality)
    checked_times(course.applies_from, course.applies_until)
    if course.capacity < 1:
        raise Invalid("capacity-wrong", field="capacity")
    same = await uow.courses.by_slug(known.municipality, checked_slug(course.slug))
    if same is not None and same.id != course.id:
        raise Invalid("slug-taken", field="slug")
    await uow.courses.update(replace(course, municipality=known.municipality))


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
    numbers = [lesson.number for lesson in await uow.courses.lessons(course)]
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
    if found.state(now) == "ended":
        raise Refused("lesson-over")
    moved = replace(found, starts_at=starts_at, ends_at=ends_at)
    await uow.courses.update_lesson(moved)
    return moved


async def apply(uow: UnitOfWork, *, course: CourseId, person: PersonId, now: datetime) -> Enrolment:
    """Take a seat, first come first served; exact with any number of others at the same moment.

    Raises Refused: "already-applied", "applications-not-open", "applications-closed", "course-full", "site-not-open"; NotFound.
    """
    found = await uow.courses.lock(course)
    if found is None or found.state is not CourseState.PUBLISHED:
        raise NotFound
    if not (await municipality_of(uow, found.municipality)).is_open:
        raise Refused("site-not-open")
    mine = await uow.enrolments.get(course, person)
    may_apply(found, mine, await uow.enrolments.taken(course), now)
    enrolment = Enrolment(course, person, EnrolmentState.ENROLLED, now, now)
    await uow.enrolments.put(enrolment, found.municipality)
    return enrolment


async def enrol(uow: UnitOfWork, *, course: CourseId, person: PersonId, by: Viewer | None, now: datetime) -> Enrolment:
    """Staff seat somebody, outside the application window too but never beyond the capacity. Again is silent."""
    found = await uow.courses.lock(course)
    if found is None or await uow.people.get(person) is None:
        raise NotFound
    must_administer(by, found.municipality)
    mine = await uow.enrolments.get(course, person)
    if mine is not None and mine.state is EnrolmentState.ENROLLED:
        return mine
    if await uow.enrolments.taken(course) >= found.capacity:
        raise Refused("course-full", capacity=found.capacity)
    enrolment = Enrolment(course, person, EnrolmentState.ENROLLED, mine.applied_at if mine else now, now)
    await uow.enrolments.put(enrolment, found.municipality)
    return enrolment


async def cancel_application(uow: UnitOfWork, *, course: CourseId, person: PersonId, now: datetime) -> Enrolment:
    """Give the seat back. Raises Refused("not-applied"), NotFound."""
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    mine = await uow.enrolments.get(course, person)
    if mine is None or mine.state is EnrolmentState.CANCELLED:
        raise Refused("not-applied")
    cancelled = replace(mine, state=EnrolmentState.CANCELLED, changed_at=now)
    await uow.enrolments.put(cancelled, found.municipality)
    return cancelled


async def share_item(uow: UnitOfWork, item: OnlineItem, *, by: Viewer | None) -> None:
    """Publish an online item, or replace the one with its id."""
    must_administer(by, item.municipality)
    await municipality_of(uow, item.municipality)
    await uow.items.put(item)

"""Who may have a seat, and who may enter as what."""

from datetime import datetime, timedelta

import pytest

from classroom.courses import Course, Lesson
from classroom.enrolment import Enrolment, EnrolmentState, may_apply, may_join
from classroom.errors import Refused
from classroom.people import PersonId, Role, Viewer
from classroom.rules import AttendanceRule
from tests.classroom.making import END, START, at, make_course, make_lesson, make_viewer

ME = make_viewer()
SEAT = Enrolment(make_course().id, PersonId("resident"), EnrolmentState.ENROLLED, START, START)


def door(
    viewer: Viewer,
    now: datetime,
    seat: Enrolment | None = None,
    removed: bool = False,
    lesson: Lesson | None = None,
    course: Course | None = None,
) -> str:
    """The role, or the code of the refusal."""
    try:
        return may_join(viewer, course or make_course(), lesson or make_lesson(), seat, removed, now)
    except Refused as refused:
        return refused.code


def test_a_learner_enters_from_fifteen_minutes_before_until_the_end() -> None:
    assert door(ME, at(-15, -1), SEAT) == "not-yet-open"
    assert door(ME, at(-15), SEAT) == "learner"
    assert door(ME, at(119, 59), SEAT) == "learner"
    assert door(ME, END, SEAT) == "lesson-over"


def test_how_early_the_door_opens_is_the_courses_rule() -> None:
    course = make_course(attendance=AttendanceRule(opens_before_min=30))
    assert door(ME, at(-30), SEAT, course=course) == "learner"


def test_the_refusal_says_when_the_door_opens() -> None:
    with pytest.raises(Refused) as refused:
        may_join(ME, make_course(), make_lesson(), SEAT, False, at(-60))
    assert refused.value.fields == {"opens_at": at(-15)}


def test_the_instructor_enters_an_hour_before() -> None:
    teacher = make_viewer("teacher")
    assert door(teacher, at(-61)) == "not-yet-open"
    assert door(teacher, at(-60)) == "instructor"


def test_an_instructor_of_another_course_is_not_enrolled() -> None:
    assert door(make_viewer("colleague", (Role.INSTRUCTOR, "suwon")), START) == "not-enrolled"


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ((Role.MUNICIPAL_ADMINISTRATOR, "suwon"), "viewer"),
        ((Role.MUNICIPAL_ADMINISTRATOR, "seongnam"), "not-enrolled"),
        ((Role.PROVINCIAL_ADMINISTRATOR, None), "viewer"),
    ],
)
def test_staff_of_the_place_look_on(grant: tuple[Role, str | None], expected: str) -> None:
    assert door(make_viewer("official", grant), START) == expected


def test_staff_who_are_enrolled_learn() -> None:
    assert door(make_viewer("resident", (Role.MUNICIPAL_ADMINISTRATOR, "suwon")), START, SEAT) == "learner"


@pytest.mark.parametrize("state", [EnrolmentState.APPLIED, EnrolmentState.CANCELLED])
def test_an_application_or_a_cancelled_seat_opens_no_door(state: EnrolmentState) -> None:
    assert door(ME, START, Enrolment(SEAT.course, SEAT.person, state, START, START)) == "not-enrolled"


def test_who_was_removed_stays_out() -> None:
    assert door(ME, START, SEAT, removed=True) == "removed"


def test_an_ended_class_cannot_be_entered_and_one_that_runs_over_can() -> None:
    assert door(ME, at(60), SEAT, lesson=make_lesson(started_at=START, ended_at=at(50))) == "lesson-over"
    assert door(ME, END + timedelta(minutes=20), SEAT, lesson=make_lesson(started_at=START)) == "learner"


@pytest.mark.parametrize(
    ("taken", "now", "expected"),
    [
        (0, START - timedelta(days=10), "applications-not-open"),
        (29, START - timedelta(days=5), None),
        (30, START - timedelta(days=5), "course-full"),
        (0, START - timedelta(days=1), "applications-closed"),
    ],
)
def test_applications(taken: int, now: datetime, expected: str | None) -> None:
    outcome = None
    try:
        may_apply(make_course(), None, taken, now)
    except Refused as refused:
        outcome = refused.code
    assert outcome == expected


def test_a_second_seat_is_refused_and_a_cancelled_one_can_be_taken_again() -> None:
    now = START - timedelta(days=5)
    with pytest.raises(Refused, match="already-applied"):
        may_apply(make_course(), SEAT, 0, now)
    may_apply(make_course(), Enrolment(SEAT.course, SEAT.person, EnrolmentState.CANCELLED, now, now), 0, now)

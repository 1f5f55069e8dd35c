"""The one place where SQL is narrowed to what somebody may see."""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, or_, select, true, union

from classroom.enrolment import EnrolmentState
from classroom.people import Scope, Viewer
from classroom.store.shelf_tables import recording_shares
from classroom.store.study_tables import course_items
from classroom.store.tables import courses, enrolments, people, recordings, role_grants


def within(scope: Scope, municipality: ColumnElement[str]) -> ColumnElement[bool]:
    """Rows of the municipalities in `scope`; none for an empty one."""
    return true() if scope.everywhere else municipality.in_(sorted(scope.municipalities))


def people_within(scope: Scope) -> ColumnElement[bool]:
    """People at home in the scope, those who applied for its courses, and those who hold a right in it."""
    if scope.everywhere:
        return true()
    # A union of three short ways by index: with OR the databases look at everybody.
    applied = select(enrolments.c.person).where(within(scope, enrolments.c.municipality))
    works = select(role_grants.c.person).where(within(scope, role_grants.c.municipality))
    return people.c.id.in_(union(select(people.c.id).where(within(scope, people.c.home)), applied, works))


def courses_managed(viewer: Viewer) -> ColumnElement[bool]:
    return or_(courses.c.instructor == viewer.id, within(viewer.scope, courses.c.municipality))


def watchable(viewer: Viewer) -> ColumnElement[bool]:
    """The same rule as `catalogue.may_watch`, in SQL; a test compares the two."""
    enrolled = exists().where(
        enrolments.c.course == recordings.c.course,
        enrolments.c.person == viewer.id,
        enrolments.c.state == EnrolmentState.ENROLLED,
    )
    near = exists().where(recording_shares.c.recording == recordings.c.id, recording_shares.c.municipality == viewer.person.home)
    shown = and_(recordings.c.published, or_(recordings.c.shared, enrolled, near, recordings.c.id.in_(_listed(viewer))))
    mine = or_(recordings.c.instructor == viewer.id, within(viewer.scope, recordings.c.municipality), shown)
    return and_(recordings.c.deleted_at.is_(None), mine)


def usable_in(municipality: ColumnElement[str], table: Any = recordings) -> ColumnElement[bool]:
    """Recordings a municipality's courses may give to watch: its own, those shared with it, those shared with everybody."""
    shared_with = (recording_shares.c.recording == table.c.id) & (recording_shares.c.municipality == municipality)
    return or_(table.c.shared, table.c.municipality == municipality, exists().where(shared_with))


def _listed(viewer: Viewer) -> Select[Any]:
    """Items of courses the viewer is enrolled in or teaches. Not correlated: over 20,000 recordings it is looked up once."""
    mine = (enrolments.c.person == viewer.id) & (enrolments.c.state == EnrolmentState.ENROLLED)
    theirs = union(select(enrolments.c.course).where(mine), select(courses.c.id).where(courses.c.instructor == viewer.id))
    each = recordings.alias("each_item")
    return (
        select(course_items.c.recording)
        .join_from(course_items, each, each.c.id == course_items.c.recording)
        .where(course_items.c.course.in_(theirs), usable_in(course_items.c.municipality, each))
    )

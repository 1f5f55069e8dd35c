"""The one place where SQL is narrowed to what somebody may see."""

from sqlalchemy import ColumnElement, and_, exists, or_, select, true, union

from classroom.enrolment import EnrolmentState
from classroom.people import Scope, Viewer
from classroom.store.shelf_tables import recording_shares
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
    shown = and_(recordings.c.published, or_(recordings.c.shared, enrolled, near))
    mine = or_(recordings.c.instructor == viewer.id, within(viewer.scope, recordings.c.municipality), shown)
    return and_(recordings.c.deleted_at.is_(None), mine)

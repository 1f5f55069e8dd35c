"""The items of courses, and how far people are in them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select, union

from classroom.catalogue import RecordingState
from classroom.courses import Course
from classroom.enrolment import EnrolmentState
from classroom.people import CourseId, PersonId, RecordingId, Viewer
from classroom.store import rows
from classroom.store.queries.cards import found_by
from classroom.store.repository import Repository
from classroom.store.scoping import usable_in, within
from classroom.store.shelf_tables import recording_shares
from classroom.store.study_tables import course_items
from classroom.store.tables import enrolments, recordings
from classroom.store.watching import row_of
from classroom.store.watching_tables import watched
from classroom.study import Study, StudyItem, study_of
from classroom.watching import Watched

_PLAYABLE = recordings.c.state.in_((RecordingState.READY, RecordingState.COMPOSED))
_ALIVE = and_(_PLAYABLE, recordings.c.published, recordings.c.deleted_at.is_(None))


def _item(row: Any) -> StudyItem:
    return StudyItem(row.id, rows.text(row, "title"), row.duration_s or 0.0, row.needed, bool(row.is_shown))


def _items(*courses: ColumnElement[bool]) -> Select[Any]:
    shown = and_(_ALIVE, usable_in(course_items.c.municipality)).label("is_shown")
    columns = (recordings.c.id, recordings.c.title_ko, recordings.c.title_en, recordings.c.duration_s)
    return (
        select(course_items.c.course, course_items.c.needed, *columns, shown)
        .join_from(course_items, recordings, recordings.c.id == course_items.c.recording)
        .where(*courses)
        .order_by(course_items.c.course, course_items.c.position)
    )


def watched_by_course(person: PersonId) -> Select[Any]:
    """Course → unique seconds this person has watched of its items, and when last; of what a learner may watch now."""
    return (
        select(
            course_items.c.course,
            func.sum(watched.c.seconds).label("seconds"),
            func.max(watched.c.changed_at).label("changed_at"),
        )
        .join_from(watched, course_items, course_items.c.recording == watched.c.recording)
        .join(recordings, recordings.c.id == watched.c.recording)
        .where(watched.c.person == person, _ALIVE, usable_in(course_items.c.municipality))
        .group_by(course_items.c.course)
    )


class CourseItems(Repository):
    async def of_course(self, course: CourseId) -> list[StudyItem]:
        return [_item(row) for row in await self.all(_items(course_items.c.course == course))]

    async def replace(self, course: Course, items: Sequence[StudyItem]) -> None:
        await self.run(delete(course_items).where(course_items.c.course == course.id))
        new = [
            {
                "course": course.id,
                "recording": each.recording,
                "municipality": course.municipality,
                "position": position,
                "needed": each.needed,
            }
            for position, each in enumerate(items, 1)
        ]
        if new:
            await self.run(course_items.insert().values(new))

    async def studies(self, courses: Collection[CourseId], person: PersonId | None) -> dict[CourseId, Study]:
        items: dict[CourseId, list[StudyItem]] = defaultdict(list)
        for row in await self.all(_items(course_items.c.course.in_(sorted(courses)))):
            items[row.course].append(_item(row))
        seen: dict[RecordingId, Watched] = {}
        if items and person is not None:
            listed = select(course_items.c.recording).where(course_items.c.course.in_(sorted(items)))
            mine = (watched.c.person == person) & watched.c.recording.in_(listed)
            seen = {row.recording: row_of(row) for row in await self.all(select(watched).where(mine))}
        return {course: study_of(each, seen) for course, each in items.items()}

    async def watched(
        self, recordings: Collection[RecordingId], people: Sequence[PersonId] | None
    ) -> dict[PersonId, dict[RecordingId, Watched]]:
        statement = select(watched).where(watched.c.recording.in_(sorted(recordings)))
        if people is not None:
            statement = statement.where(watched.c.person.in_(sorted(people)))
        found: dict[PersonId, dict[RecordingId, Watched]] = defaultdict(dict)
        for row in await self.all(statement):
            found[row.person][row.recording] = row_of(row)
        return found

    async def courses_of(self, recording: RecordingId, person: PersonId) -> list[CourseId]:
        mine = select(enrolments.c.course).where(enrolments.c.person == person, enrolments.c.state == EnrolmentState.ENROLLED)
        listed = select(course_items.c.course).where(course_items.c.recording == recording, course_items.c.course.in_(mine))
        taught = select(recordings.c.course).where(recordings.c.id == recording, recordings.c.course.in_(mine))
        return sorted(CourseId(row.course) for row in await self.all(union(listed, taught)))

    async def choices(self, course: Course, by: Viewer, search: str = "", limit: int = 20) -> list[StudyItem]:
        statement = select(recordings).where(_choice(course, by), *found_by(search))
        found = await self.all(statement.order_by(recordings.c.started_at.desc(), recordings.c.id).limit(limit))
        return [StudyItem(row.id, rows.text(row, "title"), row.duration_s or 0.0) for row in found]

    async def choice(self, course: Course, by: Viewer, recording: RecordingId) -> StudyItem | None:
        row = await self.first(select(recordings).where(recordings.c.id == recording, _choice(course, by)))
        return StudyItem(row.id, rows.text(row, "title"), row.duration_s or 0.0) if row else None


def _choice(course: Course, by: Viewer) -> ColumnElement[bool]:
    """Shared with everybody or with the municipality, or its own: of these an instructor chooses only what they taught."""
    shares = recording_shares.c
    near = exists().where(shares.recording == recordings.c.id, shares.municipality == course.municipality)
    theirs = or_(recordings.c.instructor == by.id, within(by.scope, recordings.c.municipality))
    own = and_(recordings.c.municipality == course.municipality, theirs)
    listed = select(course_items.c.recording).where(course_items.c.course == course.id)
    return and_(_ALIVE, or_(recordings.c.shared, near, own), recordings.c.id.not_in(listed))

"""Recordings: for those who may watch them, for jobs and for the command line."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select

from classroom.catalogue import Recording, RecordingState
from classroom.people import PersonId, RecordingId, Viewer
from classroom.queries.cards import RecordingCard, WatchedCard
from classroom.queries.catalogue import Unfinished
from classroom.queries.paging import PAGE_SIZE, Page
from classroom.store import rows
from classroom.store.queries.cards import Asks, found_by, recording_card, recording_cards
from classroom.store.recording_tables import recording_edits, recording_films, recording_withdrawals
from classroom.store.scoping import watchable
from classroom.store.tables import courses, lessons, online_items, recordings
from classroom.store.watching import row_of
from classroom.store.watching_tables import watched
from classroom.watching import Watched

_UNFINISHED = (RecordingState.CAPTURING, RecordingState.READY)
_PLAYABLE = (RecordingState.READY, RecordingState.COMPOSED)


class CatalogueQueries(Asks):
    async def recordings(
        self,
        viewer: Viewer,
        now: datetime,
        *,
        search: str = "",
        municipality: str | None = None,
        category: str | None = None,
        kind: str | None = None,
        page: int = 1,
    ) -> Page[RecordingCard]:
        wanted = [
            watchable(viewer),
            # What is still being made is shown to those who made it.
            or_(recordings.c.state.in_(_PLAYABLE), recordings.c.instructor == viewer.id),
            *found_by(search),
        ]
        if municipality:
            wanted.append(recordings.c.municipality == municipality)
        if category:
            taught = select(courses.c.id).where(courses.c.category == category)
            of_item = select(online_items.c.recording).where(online_items.c.category == category)
            wanted.append(or_(recordings.c.course.in_(taught), recordings.c.id.in_(of_item)))
        if kind:
            wanted.append(recordings.c.lesson.is_not(None) if kind == "class" else recordings.c.lesson.is_(None))
        order = (recordings.c.started_at.desc(), recordings.c.id)
        async with self.ask() as db:
            # Counted and cut on one table: with the names joined, 20,000 entries take half a second.
            total = int(await db.scalar(select(func.count()).select_from(recordings).where(*wanted)))
            page = max(1, min(page, -(-total // PAGE_SIZE)))
            ids = select(recordings.c.id).where(*wanted).order_by(*order).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
            statement = recording_cards().where(recordings.c.id.in_(ids.subquery().select())).order_by(*order)
            return Page(tuple(recording_card(row) for row in await db.all(statement)), total, page)

    async def recording(self, recording: str, viewer: Viewer) -> RecordingCard | None:
        async with self.ask() as db:
            row = await db.first(recording_cards().where(recordings.c.id == recording, watchable(viewer)))
            return recording_card(row) if row else None

    async def watched(self, recording: RecordingId, person: PersonId) -> Watched | None:
        mine = (watched.c.recording == recording) & (watched.c.person == person)
        async with self.ask() as db:
            row = await db.first(select(watched).where(mine))
            return row_of(row) if row else None

    async def watched_by(self, viewer: Viewer, *, limit: int = 100) -> list[WatchedCard]:
        latest = select(watched).where(watched.c.person == viewer.id).order_by(watched.c.changed_at.desc()).limit(limit)
        async with self.ask() as db:
            mine = {row.recording: row_of(row) for row in await db.all(latest)}
            statement = recording_cards().where(recordings.c.id.in_(sorted(mine)), watchable(viewer))
            cards = {row.id: recording_card(row) for row in await db.all(statement)} if mine else {}
            return [WatchedCard(cards[key], each) for key, each in mine.items() if key in cards]

    async def find_recording(self, recording: str) -> Recording | None:
        async with self.ask() as db:
            row = await db.first(select(recordings).where(recordings.c.id == recording))
            return rows.recording(row) if row else None

    async def recording_of(self, lesson: str) -> Recording | None:
        async with self.ask() as db:
            row = await db.first(select(recordings).where(recordings.c.lesson == lesson))
            return rows.recording(row) if row else None

    async def unfinished_recordings(self, now: datetime) -> list[Unfinished]:
        unfinished = recordings.c.state.in_(_UNFINISHED) & recordings.c.deleted_at.is_(None)
        async with self.ask() as db:
            found = await db.all(select(recordings).where(unfinished).order_by(recordings.c.started_at, recordings.c.id))
            if not found:
                return []  # asked several times a second, and mostly so
            theirs = select(lessons).where(
                lessons.c.id.in_(select(recordings.c.lesson).where(unfinished, recordings.c.lesson.is_not(None)))
            )
            by_id = {row.id: rows.lesson(row) for row in await db.all(theirs)}
            ids = select(recordings.c.id).where(unfinished)
            counts = (func.count() + func.count(recording_edits.c.undone_at)).label("steps")
            edits = select(recording_edits.c.recording, counts).where(recording_edits.c.recording.in_(ids))
            steps = {row.recording: row.steps for row in await db.all(edits.group_by(recording_edits.c.recording))}
            withdrawn: dict[str, set[PersonId]] = {}
            for row in await db.all(select(recording_withdrawals).where(recording_withdrawals.c.recording.in_(ids))):
                withdrawn.setdefault(row.recording, set()).add(row.person)
            return [
                Unfinished(
                    rows.recording(row),
                    by_id.get(row.lesson),
                    by_id[row.lesson].state(now) if row.lesson else "ended",
                    steps.get(row.id, 0),
                    frozenset(withdrawn.get(row.id, ())),
                )
                for row in found
            ]

    async def cli_recordings(self) -> list[dict[str, Any]]:
        statement = (
            select(recordings, recording_films.c.state.label("film"), recording_films.c.share)
            .outerjoin(recording_films, recording_films.c.recording == recordings.c.id)
            .order_by(recordings.c.started_at, recordings.c.id)
        )
        async with self.ask() as db:
            return [
                {
                    "id": row.id,
                    "lesson": row.lesson,
                    "state": row.state,
                    "duration_s": row.duration_s,
                    "path": row.path,
                    "film": row.film,
                    "film_share": row.share,
                    "gaps": row.gaps,
                }
                for row in await db.all(statement)
            ]

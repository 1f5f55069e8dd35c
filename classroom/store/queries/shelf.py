"""The catalogue for those who keep it: uploads, storage, what goes when."""

from datetime import datetime, timedelta

from sqlalchemy import and_, exists, func, select

from classroom.catalogue import PURGE_AFTER
from classroom.people import Scope
from classroom.queries.cards import LessonCard
from classroom.queries.shelf import GoingCard, ShelfPage, ShelfRow
from classroom.store import rows
from classroom.store.queries.cards import Asks, lesson_card, lesson_cards, recording_card, recording_cards
from classroom.store.scoping import within
from classroom.store.shelf import upload_of
from classroom.store.shelf_tables import recording_retention, video_uploads
from classroom.store.tables import lessons, municipalities, recordings
from classroom.video_uploads import Upload

AHEAD = timedelta(days=30)


class ShelfQueries(Asks):
    async def video_uploads(self, scope: Scope) -> list[Upload]:
        statement = select(video_uploads).where(within(scope, video_uploads.c.municipality))
        async with self.ask() as db:
            found = await db.all(statement.order_by(video_uploads.c.created_at.desc(), video_uploads.c.id).limit(50))
            return [upload_of(row) for row in found]

    async def lessons_without_recording(self, scope: Scope) -> list[LessonCard]:
        has_one = exists().where(recordings.c.lesson == lessons.c.id)
        now = func.coalesce(lessons.c.ended_at, lessons.c.ends_at)
        statement = lesson_cards().where(within(scope, lessons.c.municipality), ~has_one, lessons.c.ended_at.is_not(None))
        async with self.ask() as db:
            found = await db.all(statement.order_by(now.desc(), lessons.c.id).limit(100))
            return [lesson_card(row.ended_at)(row) for row in found]

    async def shelf(self, scope: Scope, now: datetime, most: int = 100) -> ShelfPage:
        mine = within(scope, recordings.c.municipality)
        sums = (
            select(
                recordings.c.municipality,
                func.count().label("recordings"),
                func.sum(recordings.c.duration_s).label("duration_s"),
                func.sum(recordings.c.size_bytes).label("size_bytes"),
            )
            .where(mine, recordings.c.purged_at.is_(None))
            .group_by(recordings.c.municipality)
        )
        places = (
            select(municipalities, recording_retention.c.keep_days)
            .join(recording_retention, recording_retention.c.municipality == municipalities.c.code, isouter=True)
            .where(within(scope, municipalities.c.code), municipalities.c.opened_at.is_not(None))
        )
        async with self.ask() as db:
            counted = {row.municipality: row for row in await db.all(sums)}
            found = [
                ShelfRow(
                    rows.municipality(row),
                    each.recordings if (each := counted.get(row.code)) else 0,
                    float(each.duration_s or 0.0) if each else 0.0,
                    int(each.size_bytes or 0) if each else 0,
                    row.keep_days,
                )
                for row in await db.all(places.order_by(municipalities.c.name_ko))
            ]
            due: list[GoingCard] = []
            for place in found:
                if place.keep_days is None:
                    continue
                keeps = timedelta(days=place.keep_days)
                going = and_(
                    recordings.c.municipality == place.municipality.code,
                    recordings.c.started_at < now + AHEAD - keeps,
                    recordings.c.deleted_at.is_(None),
                    recordings.c.kept.is_(False),
                    recordings.c.shared.is_(False),
                )
                statement = recording_cards().where(going).order_by(recordings.c.started_at).limit(most)
                due += [
                    GoingCard(recording_card(row), row.started_at + keeps, None, row.size_bytes)
                    for row in await db.all(statement)
                ]
            gone = recording_cards().where(mine, recordings.c.deleted_at.is_not(None))
            deleted = [
                GoingCard(
                    recording_card(row),
                    row.purged_at or row.deleted_at + PURGE_AFTER,
                    row.deleted_reason,
                    row.size_bytes,
                    row.purged_at is not None,
                )
                for row in await db.all(gone.order_by(recordings.c.deleted_at.desc()).limit(most))
            ]
            return ShelfPage(tuple(found), tuple(sorted(due, key=lambda each: each.at)), tuple(deleted))

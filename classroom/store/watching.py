"""What people have watched."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId, RecordingId
from classroom.store.repository import Repository
from classroom.store.watching_tables import watch_clocks, watched
from classroom.watching import WatchClock, Watched


def row_of(row: Any) -> Watched:
    return Watched(
        row.recording,
        row.person,
        row.course,
        row.lesson,
        row.duration_s,
        tuple((begin, end) for begin, end in row.coverage),
        row.seconds,
        row.shown_s,
        row.place_s,
        row.full_at,
        row.changed_at,
    )


class Watching(Repository):
    async def clock(self, person: PersonId, now: datetime) -> WatchClock:
        """Nobody else counts for this person until this transaction ends."""
        empty = {"person": person, "clock": WatchClock().to_json(), "changed_at": now}
        # There must be a row to lock: two first players of one person open at the same moment.
        await self.run(self.insert(watch_clocks).values(empty).on_conflict_do_nothing(index_elements=["person"]))
        row = await self.first(self.locked(select(watch_clocks).where(watch_clocks.c.person == person)))
        return WatchClock.from_json(row.clock)

    async def put_clock(self, person: PersonId, clock: WatchClock, now: datetime) -> None:
        values = {"clock": clock.to_json(), "changed_at": now}
        await self.run(update(watch_clocks).where(watch_clocks.c.person == person).values(values))

    async def get(self, recording: RecordingId, person: PersonId) -> Watched | None:
        mine = (watched.c.recording == recording) & (watched.c.person == person)
        row = await self.first(self.locked(select(watched).where(mine)))
        return row_of(row) if row else None

    async def put(self, each: Watched, municipality: MunicipalityCode, now: datetime) -> None:
        changing = {
            "course": each.course,
            "lesson": each.lesson,
            "municipality": municipality,
            "duration_s": each.duration_s,
            "coverage": [[round(begin, 3), round(end, 3)] for begin, end in each.coverage],
            "seconds": each.seconds,
            "shown_s": each.shown_s,
            "place_s": each.place_s,
            "full_at": each.full_at,
            "changed_at": now,
        }
        statement = self.insert(watched).values(recording=each.recording, person=each.person, **changing)
        await self.run(statement.on_conflict_do_update(index_elements=["recording", "person"], set_=changing))

    async def of_course(
        self, course: CourseId, people: Collection[PersonId] | None = None
    ) -> dict[PersonId, dict[LessonId, Watched]]:
        statement = select(watched).where(watched.c.course == course, watched.c.lesson.is_not(None))
        if people is not None:
            statement = statement.where(watched.c.person.in_(sorted(people)))
        found: dict[PersonId, dict[LessonId, Watched]] = {}
        for row in await self.all(statement):
            found.setdefault(row.person, {})[row.lesson] = row_of(row)
        return found

    async def of_person(self, person: PersonId, recordings: Collection[RecordingId]) -> dict[RecordingId, Watched]:
        mine = (watched.c.person == person) & watched.c.recording.in_(sorted(recordings))
        return {row.recording: row_of(row) for row in await self.all(select(watched).where(mine))}

"""The append-only log of facts, and the attendance derived from it."""

import asyncio
import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Text, and_, cast, func, or_, select, update

from classroom.attendance import Attendance, Presence, Verdict, total_s
from classroom.courses import Lesson
from classroom.events import NAMING_TYPES, PRESENCE_TYPES, Fact
from classroom.people import CourseId, LessonId, PersonId
from classroom.store import rows
from classroom.store.accounts import ERASED_NAME, aliases
from classroom.store.repository import Repository
from classroom.store.tables import attendance, attendance_corrections, facts, lessons

_CHUNK = 200
"""Facts per INSERT; 7 parameters each stay far below both databases' limits."""
_READ_CHUNK = 1_000


class Facts(Repository):
    async def append(self, new: Sequence[Fact], now: datetime) -> list[Fact]:
        """The database decides which ids are new, so two writers with the same fact cannot both believe it is theirs."""
        unique = list({fact.id: fact for fact in reversed(new)}.values())[::-1]
        appended: set[str] = set()
        for start in range(0, len(unique), _CHUNK):
            values = [
                {
                    "id": fact.id,
                    "lesson": fact.lesson,
                    "at": fact.at,
                    "type": fact.type,
                    "data": dict(fact.data),
                    "arrived_at": now,
                }
                for fact in unique[start : start + _CHUNK]
            ]
            statement = self.insert(facts).values(values).on_conflict_do_nothing(index_elements=["id"])
            appended.update(row.id for row in await self.all(statement.returning(facts.c.id)))
        return [fact for fact in unique if fact.id in appended]

    async def presence(self, lesson: LessonId) -> Presence:
        return (await self.fold(lesson, Folding())).presence

    async def fold(self, lesson: LessonId, folding: "Folding") -> "Folding":
        """Take the facts that arrived after `folding` into it; all of them anew when one of those happened before its last.

        In pieces and in a thread: two hours of a class of 1,500 are 90 MB of JSON and a second and a half of work.
        """
        if folding.aliases is None:
            folding.aliases = await aliases(self)
        columns = (facts.c.id, facts.c.lesson, facts.c.at, facts.c.type, facts.c.number, cast(facts.c.data, Text).label("data"))
        wanted = (facts.c.lesson == lesson) & facts.c.type.in_(PRESENCE_TYPES) & (facts.c.number > folding.number)
        after: Any = None
        while True:
            statement = select(*columns).where(wanted).order_by(facts.c.at, facts.c.number).limit(_READ_CHUNK)
            if after is not None:
                later = or_(facts.c.at > after.at, and_(facts.c.at == after.at, facts.c.number > after.number))
                statement = statement.where(facts.c.at >= after.at, later)
            found = await self.all(statement)
            if after is None and found and folding.at is not None and found[0].at < folding.at:
                return await self.fold(lesson, Folding())
            await asyncio.to_thread(folding.receive, found)
            if len(found) < _READ_CHUNK:
                return folding
            after = found[-1]

    async def latest(self, lesson: LessonId) -> int:
        wanted = (facts.c.lesson == lesson) & facts.c.type.in_(PRESENCE_TYPES)
        return int(await self.scalar(select(func.max(facts.c.number)).where(wanted)) or 0)

    async def of_lesson(self, lesson: LessonId, types: Sequence[str] | None = None) -> list[Fact]:
        statement = select(facts).where(facts.c.lesson == lesson).order_by(facts.c.number)
        if types is not None:
            statement = statement.where(facts.c.type.in_(types))
        return [rows.fact(row) for row in await self.all(statement)]

    async def naming(self, people: Collection[PersonId]) -> dict[PersonId, list[int]]:
        """A walk over the whole log: for a reading transaction, and for all of them at once."""
        who = facts.c.data["person"].as_string()
        wanted = facts.c.type.in_(NAMING_TYPES) & who.in_(sorted(people))
        found: dict[PersonId, list[int]] = {}
        for row in await self.all(select(facts.c.number, who.label("person")).where(wanted).order_by(facts.c.number)):
            found.setdefault(row.person, []).append(row.number)
        return found

    async def forget_names(self, numbers: Sequence[int]) -> None:
        for start in range(0, len(numbers), _CHUNK):
            some = facts.c.number.in_(numbers[start : start + _CHUNK])
            for row in await self.all(select(facts.c.number, facts.c.data).where(some)):
                said = {"name": ERASED_NAME} | ({"text": ""} if "text" in row.data else {})
                await self.run(update(facts).where(facts.c.number == row.number).values(data=row.data | said))

    async def was_in(self, lesson: LessonId, person: PersonId) -> bool:
        joined = (facts.c.lesson == lesson) & (facts.c.type == "peer-joined")
        mine = select(facts.c.number).where(joined, facts.c.data["person"].as_string() == person)
        return await self.scalar(mine.limit(1)) is not None

    async def is_removed(self, lesson: LessonId, person: PersonId) -> bool:
        statement = select(facts.c.data).where(facts.c.lesson == lesson, facts.c.type == "peer-removed")
        return any(row.data.get("person") == person for row in await self.all(statement))


class Folding:
    """Presence folded from the facts up to arrival number `number`, the last of which happened at `at`."""

    def __init__(self) -> None:
        self.presence = Presence()
        self.aliases: dict[str, PersonId] | None = None
        """Accounts that went over into another: the log names the old one for ever."""
        self.number = 0
        self.at: datetime | None = None

    def receive(self, found: Sequence[Any]) -> None:
        """Rows in the order they happened, their data still JSON text."""
        for row in found:
            data = json.loads(row.data)
            if self.aliases and data.get("person") in self.aliases:
                data["person"] = self.aliases[data["person"]]
            self.presence.receive(Fact(row.id, row.lesson, row.at, row.type, data))
            self.number, self.at = max(self.number, row.number), row.at


class AttendanceSheets(Repository):
    async def replace(self, lesson: Lesson, sheet: Sequence[Attendance], now: datetime) -> None:
        await self.run(attendance.delete().where(attendance.c.lesson == lesson.id))
        values = [
            {
                "lesson": lesson.id,
                "person": row.person,
                "course": lesson.course,
                "municipality": lesson.municipality,
                "name": row.name,
                "intervals": rows.intervals_json(row.intervals),
                "seconds": total_s(row.intervals),
                "verdict": str(row.verdict),
                "derived_at": now,
            }
            for row in sheet
        ]
        for start in range(0, len(values), _CHUNK):
            await self.run(attendance.insert().values(values[start : start + _CHUNK]))
        await self.run(update(lessons).where(lessons.c.id == lesson.id).values(settled_at=now))

    async def of_course(
        self, course: CourseId, people: Sequence[PersonId] | None = None
    ) -> dict[LessonId, dict[PersonId, Verdict]]:
        columns = (attendance.c.lesson, attendance.c.person, attendance.c.verdict)
        corrected = (attendance_corrections.c.lesson, attendance_corrections.c.person, attendance_corrections.c.verdict)
        derived = select(*columns).where(attendance.c.course == course)
        decided = select(*corrected).where(attendance_corrections.c.course == course)
        if people is not None:
            derived = derived.where(attendance.c.person.in_(people))
            decided = decided.where(attendance_corrections.c.person.in_(people))
        found = await self.all(derived) + await self.all(decided.order_by(attendance_corrections.c.number))
        # A lesson that was held is in the answer also when none of `people` has a row in it.
        held = select(attendance.c.lesson).where(attendance.c.course == course).distinct()
        verdicts: dict[LessonId, dict[PersonId, Verdict]] = {row.lesson: {} for row in await self.all(held)}
        for row in found:
            verdicts.setdefault(row.lesson, {})[row.person] = Verdict(row.verdict)
        return verdicts

    async def verdict(self, lesson: LessonId, person: PersonId) -> Verdict | None:
        mine = (attendance.c.lesson == lesson) & (attendance.c.person == person)
        found = await self.scalar(select(attendance.c.verdict).where(mine))
        return Verdict(found) if found else None

    async def corrected(self, lesson: LessonId, person: PersonId) -> tuple[str, str] | None:
        said = attendance_corrections.c
        mine = select(said.verdict, said.reason).where(said.lesson == lesson, said.person == person)
        row = await self.first(mine.order_by(said.number.desc()).limit(1))
        return (row.verdict, row.reason) if row else None

    async def correct(
        self, lesson: Lesson, person: PersonId, original: Verdict, verdict: Verdict, reason: str, by: PersonId, now: datetime
    ) -> None:
        values = {
            "lesson": lesson.id,
            "person": person,
            "course": lesson.course,
            "municipality": lesson.municipality,
            "original": str(original),
            "verdict": str(verdict),
            "reason": reason,
            "by": by,
            "at": now,
        }
        await self.run(attendance_corrections.insert().values(values))

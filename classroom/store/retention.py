"""Carrying out retention periods. What is due of each kind is said once, in `_due`; how it goes, in `Retention.take`."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, cast, delete, exists, func, literal_column, select, text, tuple_, update

from classroom.enrolment import EnrolmentState
from classroom.people import PersonId
from classroom.retention import RULES, Kind, Run
from classroom.retention_ports import Taken
from classroom.store.access_log import AccessLog
from classroom.store.applying import charges, course_index, mails, messages
from classroom.store.assessment_tables import excuses, quiz_attempts, submissions, uploads
from classroom.store.assignments import UPLOAD_COLUMNS, upload_of
from classroom.store.repository import Repository
from classroom.store.retention_tables import retention_files, retention_periods, retention_runs
from classroom.store.tables import CHAT_WORDS, CHAT_WORDS_POSTGRESQL, access_log, attendance, enrolments, facts, sessions

_NO_SEAT = (EnrolmentState.CANCELLED, EnrolmentState.LAPSED, EnrolmentState.NOT_DRAWN, EnrolmentState.DECLINED)
_BLANK: dict[Kind, dict[str, Any]] = {
    Kind.EXCUSES: {"reason": "", "answer": "", "upload": None},
    Kind.WORK: {"text": "", "upload": None},
    Kind.QUIZZES: {"answers": {}},
}
"""Of these kinds the row stays: what was decided, who by and when."""

_SETTLED = datetime(2000, 1, 1, tzinfo=UTC)
"""Stands for a mail that waits for nothing any more."""


class Retention(Repository):
    async def period(self, kind: Kind) -> int:
        mine = retention_periods.c.kind == kind
        if self.writes:  # what has no row cannot be locked
            first = self.insert(retention_periods).values(kind=str(kind), days=RULES[kind].default_days)
            await self.run(first.on_conflict_do_nothing(index_elements=["kind"]))
        found = await self.first(self.locked(select(retention_periods).where(mine)))
        return int(found.days) if found else RULES[kind].default_days

    async def periods(self) -> dict[Kind, int]:
        """Of every kind, in days."""
        stored = {row.kind: int(row.days) for row in await self.all(select(retention_periods))}
        return {kind: stored.get(kind, rule.default_days) for kind, rule in RULES.items()}

    async def set_period(self, kind: Kind, days: int, by: PersonId, now: datetime) -> None:
        values = {"days": days, "by": by, "changed_at": now}
        statement = self.insert(retention_periods).values(values | {"kind": str(kind)})
        await self.run(statement.on_conflict_do_update(index_elements=["kind"], set_=values))

    async def due(self, kind: Kind, before: datetime) -> int:
        """How many rows are older."""
        table, condition = self._due(kind, before)
        found = int(await self.scalar(select(func.count()).select_from(table).where(condition)))
        if kind is Kind.WORK:
            found += int(await self.scalar(select(func.count()).select_from(uploads).where(_belongs_to_nothing(before))))
        return found

    async def take(self, kind: Kind, before: datetime, most: int) -> Taken:
        if kind is Kind.ACCESS_LOG:
            return Taken(await AccessLog(self.connection, writes=self.writes).cut(before, most), 0)
        table, condition = self._due(kind, before)
        if kind is Kind.CHAT:
            return Taken(await self._empty_chat(condition, most), 0)
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(condition).limit(most)  # unordered: it ends at the last one wanted
        if kind not in _BLANK:
            gone = await self.run(delete(table).where(key.in_(some), condition))
            return Taken(int(gone.rowcount), 0)
        has_file = "upload" in _BLANK[kind]
        found = await self.all(self.locked(some.add_columns(table.c.upload) if has_file else some))
        if found:
            keys = [tuple(row)[: len(table.primary_key.columns)] for row in found]
            await self.run(update(table).where(key.in_(keys)).values(_BLANK[kind]))
        if not has_file:
            return Taken(len(found), 0)
        files = [row.upload for row in found if row.upload is not None]
        gone_with = _belongs_to_nothing(before) if kind is Kind.WORK else uploads.c.id.in_(files)
        return Taken(len(found), await self._drop_uploads(gone_with, most))

    async def _empty_chat(self, condition: ColumnElement[bool], most: int) -> int:
        """The fact stays, also for whoever checks attendance; its words go, here and with them in the replay."""
        if self.is_postgresql:
            emptied = func.jsonb_set(facts.c.data, literal_column("'{text}'"), literal_column("'\"\"'::jsonb"))
        else:
            emptied = func.json_set(facts.c.data, "$.text", "")
        some = select(facts.c.number).where(condition).limit(most)
        gone = await self.run(update(facts).where(facts.c.number.in_(some)).values(data=emptied))
        return int(gone.rowcount)

    def _due(self, kind: Kind, before: datetime) -> tuple[Table, ColumnElement[bool]]:
        if kind is Kind.CHAT:
            words: Any = text(CHAT_WORDS_POSTGRESQL if self.is_postgresql else CHAT_WORDS)
            return facts, and_(words, facts.c.at < before)
        return _due(kind, before)

    async def _drop_uploads(self, which: ColumnElement[bool], most: int) -> int:
        """Their rows go now; their files when this transaction has come to its end, whoever dies in between."""
        found = [upload_of(row) for row in await self.all(select(*UPLOAD_COLUMNS).where(which).limit(most))]
        gone = [each for each in found if each is not None]
        if gone:
            noted = self.insert(retention_files).values([{"key": each.key} for each in gone])
            await self.run(noted.on_conflict_do_nothing(index_elements=["key"]))
            await self.run(delete(uploads).where(uploads.c.id.in_([each.id for each in gone])))
        return len(gone)

    async def is_done(self, kind: Kind, day: date) -> bool:
        mine = (retention_runs.c.kind == kind) & (retention_runs.c.day == day)
        return bool(await self.scalar(select(retention_runs.c.done).where(mine)))

    async def note(self, kind: Kind, day: date, days: int, taken: Taken, *, done: bool, now: datetime) -> None:
        changing = {"days": days, "done": done, "at": now}
        first = {"kind": str(kind), "day": day, "rows": taken.rows, "files": taken.files}
        more = {"rows": retention_runs.c.rows + taken.rows, "files": retention_runs.c.files + taken.files}
        statement = self.insert(retention_runs).values(changing | first)
        await self.run(statement.on_conflict_do_update(index_elements=["day", "kind"], set_=changing | more))

    async def runs(self, most: int) -> list[Run]:
        """The latest first."""
        found = await self.all(select(retention_runs).order_by(retention_runs.c.day.desc(), retention_runs.c.kind).limit(most))
        return [Run(Kind(row.kind), row.day, row.days, row.rows, row.files, row.done, row.at) for row in found]

    async def files(self, most: int) -> Sequence[str]:
        return [row.key for row in await self.all(select(retention_files.c.key).limit(most))]

    async def forget_files(self, keys: Sequence[str]) -> None:
        await self.run(delete(retention_files).where(retention_files.c.key.in_(keys)))


def _due(kind: Kind, before: datetime) -> tuple[Table, ColumnElement[bool]]:
    """The table and which of its rows are due."""
    match kind:
        case Kind.MAILS:
            # Not IS NULL: SQLite would go through all that was ever sent, by the queue's index.
            settled = func.coalesce(mails.c.due_at, _SETTLED) == _SETTLED
            return mails, settled & (mails.c.queued_at < before)
        case Kind.MESSAGES:
            return messages, messages.c.at < before
        case Kind.SESSIONS:
            return sessions, sessions.c.expires_at < before
        case Kind.CHAT:
            raise AssertionError("asked in the words of each database, above")
        case Kind.EXCUSES:
            said = (excuses.c.reason != "") | (excuses.c.answer != "") | excuses.c.upload.is_not(None)
            undecided = excuses.c.decided_at.is_(None) & (excuses.c.at < before) & excuses.c.course.in_(_over(before))
            return excuses, said & ((excuses.c.decided_at < before) | undecided)
        case Kind.WORK:
            said = (submissions.c.text != "") | submissions.c.upload.is_not(None)
            return submissions, said & (submissions.c.submitted_at < before) & submissions.c.course.in_(_over(before))
        case Kind.QUIZZES:
            given = cast(quiz_attempts.c.answers, Text) != "{}"  # of one that was never handed in there are none
            return quiz_attempts, given & (quiz_attempts.c.submitted_at < before) & quiz_attempts.c.course.in_(_over(before))
        case Kind.APPLICATIONS:
            same = {
                each: exists().where(each.c.course == enrolments.c.course, each.c.person == enrolments.c.person)
                for each in (charges, attendance)
            }
            over = enrolments.c.course.in_(_over(before)) & (enrolments.c.changed_at < before)
            return enrolments, enrolments.c.state.in_(_NO_SEAT) & over & ~same[charges] & ~same[attendance]
        case Kind.ACCESS_LOG:
            return access_log, access_log.c.at < before


def _over(before: datetime) -> Any:
    """Courses that ended before; of one without lessons, applications did."""
    return select(course_index.c.course).where(func.coalesce(course_index.c.ends_at, course_index.c.applies_until) < before)


def _belongs_to_nothing(before: datetime) -> ColumnElement[bool]:
    """Files of courses long over that no work (any more) and no excuse names, such as one that was handed in anew."""
    named = [uploads.c.id.not_in(select(each.c.upload).where(each.c.upload.is_not(None))) for each in (submissions, excuses)]
    return uploads.c.course.in_(_over(before)) & (uploads.c.at < before) & named[0] & named[1]

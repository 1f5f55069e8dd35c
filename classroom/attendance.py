"""Facts → presence intervals → minutes → a verdict. Nothing is counted while it happens: all of it can be derived again.

Presence of one *peer* (browser) is a run of proofs of life. It begins with `peer-joined` and ends with `peer-left`; where no
`peer-left` came (the process died), it ends with the last proof. Presence of a *person* is the union over their peers: two
tabs or a laptop and a phone are one person in class.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from classroom.courses import Lesson
from classroom.events import Fact
from classroom.people import PersonId
from classroom.rules import AttendanceRule

CRASH_GAP = timedelta(seconds=30)
"""The same peer seen again within this time without having left was there all along: it was the server that was away."""
END_GAP = timedelta(seconds=10)
"""Alive this shortly before the class was ended and never seen leaving: there until the end."""
LIVE_GAP = timedelta(seconds=15)
"""While class runs: silence longer than this is not "in class now" (signalling gives up on a peer after 15 s)."""


class Verdict(StrEnum):
    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left-early"
    ABSENT = "absent"
    EXCUSED = "excused"
    EXPECTED = "expected"
    """Only while class runs: not in yet, and still on time when entering now."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Half-open: `begin` belongs to it, `end` does not."""

    begin: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()


@dataclass(slots=True)
class _Peer:
    """What is known of one browser: closed intervals, and the open one from `since` to the last proof of life."""

    person: PersonId
    closed: list[Interval] = field(default_factory=list)
    since: datetime | None = None
    seen_at: datetime | None = None

    def prove(self, at: datetime, *, joins: bool) -> None:
        """It is alive at `at`. Only a join opens a closed peer again: a late `peers-seen` does not undo a leave."""
        if self.since is None or self.seen_at is None:
            if joins:
                self.since = self.seen_at = at
        elif at - self.seen_at > CRASH_GAP:
            self.close(self.seen_at)
            self.since = self.seen_at = at
        else:
            self.seen_at = max(self.seen_at, at)

    def close(self, at: datetime) -> None:
        if self.since is not None and at > self.since:
            self.closed.append(Interval(self.since, at))
        self.since = self.seen_at = None


class Presence:
    """Folds the facts of one lesson, in the order they happened, into who was there when."""

    def __init__(self) -> None:
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.names: dict[PersonId, str] = {}
        """Of everybody who was in, as they were called in class."""
        self.roles: dict[PersonId, str] = {}
        self._peers: dict[str, _Peer] = {}
        self._marks: dict[PersonId, Interval] = {}
        """Ticked off in a hall."""

    @classmethod
    def of(cls, facts: Iterable[Fact]) -> "Presence":
        """From facts in any order; of equal times the one that arrived first goes first."""
        presence = cls()
        for fact in sorted(facts, key=lambda fact: fact.at):
            presence.receive(fact)
        return presence

    def receive(self, fact: Fact) -> None:
        """Take the next fact; types that say nothing about presence change nothing."""
        if fact.type == "peer-joined":
            person = PersonId(fact.data["person"])
            self.names[person] = fact.data["name"]
            self.roles[person] = fact.data["role"]
            self._peers.setdefault(fact.data["peer"], _Peer(person)).prove(fact.at, joins=True)
        elif fact.type == "peers-seen":
            for peer in fact.data["peers"]:
                if known := self._peers.get(peer):
                    known.prove(fact.at, joins=False)
        elif fact.type == "peer-left":
            if known := self._peers.get(fact.data["peer"]):
                known.close(fact.at)
        elif fact.type == "marked-present":
            person = PersonId(fact.data["person"])
            self.names.setdefault(person, fact.data["name"])
            self.roles.setdefault(person, "learner")
            since, until = (datetime.fromisoformat(fact.data[name]) for name in ("since", "until"))
            self._marks[person] = Interval(since, max(since, until))
        elif fact.type == "mark-withdrawn":
            self._marks.pop(PersonId(fact.data["person"]), None)
        elif fact.type == "lesson-started":
            self.started_at = self.started_at or fact.at
        elif fact.type == "lesson-ended":
            self.ended_at = self.ended_at or fact.at

    def intervals(self, now: datetime | None = None) -> dict[PersonId, list[Interval]]:
        """Disjoint, ordered presence of each person. `now`: class still runs, and who was alive just before is in until now."""
        raw: dict[PersonId, list[Interval]] = {person: [] for person in self.names}
        for peer in self._peers.values():
            raw[peer.person] += peer.closed
            if peer.since is not None and peer.seen_at is not None:
                raw[peer.person].append(Interval(peer.since, self._open_end(peer.seen_at, now)))
        for person, mark in self._marks.items():
            raw[person].append(mark if now is None else Interval(mark.begin, max(mark.begin, min(mark.end, now))))
        return {person: united(intervals) for person, intervals in raw.items()}

    def here(self, now: datetime) -> set[PersonId]:
        """Who is in class at this moment."""
        if self.ended_at is not None:
            return set()
        alive = {peer.person for peer in self._peers.values() if peer.seen_at is not None and now - peer.seen_at <= LIVE_GAP}
        return alive | {person for person, mark in self._marks.items() if mark.begin <= now < mark.end}

    def _open_end(self, seen_at: datetime, now: datetime | None) -> datetime:
        if self.ended_at is not None:
            return self.ended_at if seen_at <= self.ended_at <= seen_at + END_GAP else seen_at
        return now if now is not None and seen_at < now <= seen_at + LIVE_GAP else seen_at


def united(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time without overlaps, in order; touching intervals become one, empty ones vanish."""
    result: list[Interval] = []
    for interval in sorted(intervals, key=lambda interval: interval.begin):
        if interval.end <= interval.begin:
            continue
        if result and interval.begin <= result[-1].end:
            if interval.end > result[-1].end:
                result[-1] = Interval(result[-1].begin, interval.end)
        else:
            result.append(interval)
    return result


def cut(intervals: Sequence[Interval], window: Interval) -> list[Interval]:
    """What of disjoint, ordered `intervals` lies inside `window`."""
    pieces = (Interval(max(each.begin, window.begin), min(each.end, window.end)) for each in intervals)
    return [piece for piece in pieces if piece.end > piece.begin]


def total_s(intervals: Iterable[Interval]) -> float:
    return sum(interval.seconds for interval in intervals)


@dataclass(frozen=True, slots=True)
class Window:
    """The time of a lesson that counts."""

    counted: Interval
    """Minutes are counted in here: the timetable, until the class was ended."""
    taught: Interval
    """Judged by this: from when the instructor was there. Equal to `counted` when the instructor was on time."""


def window(lesson: Lesson, now: datetime | None = None) -> Window:
    """The window of `lesson`; `now` while it runs, None for the final one.

    It is the timetable, shortened by a late start and an early end, never lengthened by overtime. A class held entirely
    outside its timetable (started and ended early, or begun after its end) counts as it was held.
    """
    begin, end = lesson.starts_at, lesson.ends_at
    held_from = lesson.started_at or begin
    held_until = lesson.ended_at or (now if now is not None else end)
    if lesson.started_at is not None and (held_until <= begin or held_from >= end):
        held = Interval(held_from, max(held_until, held_from))
        return Window(held, held)
    until = max(begin, min(held_until, end))
    return Window(Interval(begin, until), Interval(min(max(begin, held_from), until), until))


@dataclass(frozen=True, slots=True)
class Attendance:
    """What became of one person in one lesson."""

    person: PersonId
    name: str
    intervals: tuple[Interval, ...]
    """Presence inside the counted window."""
    verdict: Verdict
    here: bool = False
    """In class now; always False once it is over."""

    @property
    def minutes(self) -> float:
        """Two decimals: 0.6 s."""
        return round(total_s(self.intervals) / 60, 2)


def judge(presence: Sequence[Interval], window: Window, rule: AttendanceRule) -> Verdict:
    """The final verdict on one person's whole presence (not yet cut to the window)."""
    taught = cut(presence, window.taught)
    length_s = window.taught.seconds
    attended_s = total_s(taught)
    if attended_s <= 0 or attended_s < rule.minimum_share * length_s:
        return Verdict.ABSENT
    if is_late(presence, window, rule):
        return Verdict.LATE
    if taught[-1].end < window.taught.end - timedelta(minutes=rule.leave_grace_min):
        return Verdict.LEFT_EARLY
    return Verdict.PRESENT


def judge_live(presence: Sequence[Interval], here: bool, window: Window, rule: AttendanceRule, now: datetime) -> Verdict:
    """How it stands while class runs: nobody is absent who can still be in time, nobody who is in class is absent."""
    if not presence:
        return Verdict.EXPECTED if now <= on_time_until(window, rule) else Verdict.ABSENT
    if is_late(presence, window, rule):
        return Verdict.LATE
    return Verdict.PRESENT if here else Verdict.LEFT_EARLY


def on_time_until(window: Window, rule: AttendanceRule) -> datetime:
    """Counted from the real start: nobody is late for an instructor who was later."""
    return window.taught.begin + timedelta(minutes=rule.on_time_min)


def is_late(presence: Sequence[Interval], window: Window, rule: AttendanceRule) -> bool:
    """Entered too late, where leaving again before the class began is not having entered."""
    entries = [each.begin for each in presence if each.end > window.taught.begin]
    return bool(entries) and entries[0] > on_time_until(window, rule)


def sheet(
    lesson: Lesson, rule: AttendanceRule, presence: Presence, enrolled: dict[PersonId, str], now: datetime | None
) -> list[Attendance]:
    """The attendance sheet: everybody enrolled (id → name) and every learner who was in, by name.

    `now`: as it stands while class runs; None: the final one.
    """
    names = dict(enrolled)
    for person, name in presence.names.items():
        if presence.roles[person] == "learner":
            names.setdefault(person, name)
    spans = presence.intervals(now)
    here = presence.here(now) if now is not None else set()
    frame = window(lesson, now)
    rows = []
    for person, name in names.items():
        mine = spans.get(person, [])
        verdict = judge(mine, frame, rule) if now is None else judge_live(mine, person in here, frame, rule, now)
        rows.append(Attendance(person, name, tuple(cut(mine, frame.counted)), verdict, person in here))
    return sorted(rows, key=lambda row: (row.name, row.person))

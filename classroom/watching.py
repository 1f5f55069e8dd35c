"""What somebody has really watched of a recording: unique seconds, and where they left off (pure).

A player tells now and then which stretches of the recording it played, and when by its own monotonic clock. Two things make that
a count one can build completion on:

- *Unique*: stretches are united per person and recording. Repeats and overlapping tabs add nothing.
- *Wall time is spent once*: what was played must fit into time that has really passed here since the player opened, at no
  more than FASTEST media seconds a second, and no second of a person's time is spent twice: of two tabs side by side one counts.

The player's clock is laid on ours by its quickest message: delays of the network neither lose nor add time.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from classroom.people import CourseId, LessonId, PersonId, RecordingId

Span = tuple[float, float]
"""From, to; half-open, in seconds."""

FULL_SHARE = 0.95
"""Of the unique seconds: this much is all of it."""
FASTEST = 2.0
LATE_S = 300.0
"""What was watched without a connection is told within this time, or is lost."""
CLOCK_STOPPED_S = 30.0
"""The player's clock stood still this long (the computer slept), or the message was that slow: its clock is laid anew."""
CLOCK_BACK_S = 5.0
"""Ours was set back."""
SLACK_S = 0.3
JOIN_S = 0.05
PLAYERS = 8


def united(spans: Iterable[Span], join_s: float = 0.0) -> tuple[Span, ...]:
    """Sorted and disjoint; gaps up to `join_s` are closed."""
    result: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if result and begin <= result[-1][1] + join_s:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return tuple(result)


def without(span: Span, taken: Sequence[Span]) -> list[Span]:
    """What is left of `span` outside `taken` (sorted, disjoint)."""
    begin, end = span
    left: list[Span] = []
    for start, stop in taken:
        if stop <= begin or start >= end:
            continue
        if start > begin:
            left.append((begin, start))
        begin = max(begin, stop)
    if begin < end:
        left.append((begin, end))
    return left


def total_s(spans: Iterable[Span]) -> float:
    return sum(end - begin for begin, end in spans)


def shown_s(coverage: Iterable[Span], cuts: Sequence[Span] = ()) -> float:
    """Unique seconds of what the replay shows: parts that were cut out count neither for nor against."""
    return sum(total_s(without(span, united(cuts))) for span in united(coverage))


@dataclass(frozen=True, slots=True)
class Stretch:
    """Played without a jump, at one speed. `began_s` and `ended_s` by the player's clock."""

    from_s: float
    to_s: float
    began_s: float
    ended_s: float


@dataclass(frozen=True, slots=True)
class Beacon:
    """What one player tells at `sent_s` by its clock."""

    player: str
    """Chosen by the page when it opened."""
    sent_s: float
    at_s: float
    """Where it is in the recording."""
    stretches: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Player:
    sent_s: float
    """Its latest message, by its clock: two may overtake each other when a page is left."""
    offset_s: float
    """Add to its clock to get ours."""
    since_s: float
    """Nothing before this was watched with it."""


@dataclass(frozen=True, slots=True)
class WatchClock:
    """One person's time in front of all their players, in seconds since 1970."""

    spent: tuple[Span, ...] = ()
    players: Mapping[str, Player] = field(default_factory=dict)
    """Latest last."""

    def to_json(self) -> dict[str, Any]:
        players = [[name, each.sent_s, each.offset_s, each.since_s] for name, each in self.players.items()]
        return {"spent": [list(span) for span in self.spent], "players": players}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "WatchClock":
        players = {name: Player(sent, offset, since) for name, sent, offset, since in stored["players"]}
        return cls(tuple((begin, end) for begin, end in stored["spent"]), players)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a beacon came to."""

    clock: WatchClock
    media: tuple[Span, ...] = ()
    elsewhere: bool = False
    """Some of it was not counted: another player of this person was playing at the time."""
    is_latest: bool = True
    """No later message of the same player came before it."""


def count(clock: WatchClock, beacon: Beacon, now_s: float, duration_s: float) -> Counted:
    """Which stretches of the recording this beacon adds. The first one of a player only opens it.

    A repeated one adds nothing: its wall time is spent.
    """
    known = clock.players.get(beacon.player)
    offset_s = now_s - beacon.sent_s
    if known is None:
        player = Player(beacon.sent_s, offset_s, now_s)
    elif offset_s < known.offset_s - CLOCK_BACK_S or offset_s > known.offset_s + CLOCK_STOPPED_S:
        player = Player(beacon.sent_s, offset_s, min(known.since_s, now_s - CLOCK_STOPPED_S))
    else:
        player = replace(known, sent_s=max(known.sent_s, beacon.sent_s), offset_s=min(known.offset_s, offset_s))
    spent = united([span for span in clock.spent if span[1] > now_s - LATE_S and span[0] <= now_s + SLACK_S], JOIN_S)
    earliest_s = max(player.since_s - SLACK_S, now_s - LATE_S)
    media: list[Span] = []
    lost_s = 0.0
    for stretch in sorted(beacon.stretches, key=lambda each: each.began_s):
        found = _fit(stretch, player.offset_s, earliest_s, now_s + SLACK_S, duration_s)
        if found is None:
            continue
        (begin, end), (from_s, to_s) = found
        speed = (to_s - from_s) / (end - begin)
        free = without((begin, end), spent)
        lost_s += end - begin - total_s(free)
        media += [(from_s + (start - begin) * speed, from_s + (stop - begin) * speed) for start, stop in free]
        spent = united([*spent, *free], JOIN_S)
    others = {name: each for name, each in clock.players.items() if name != beacon.player}
    kept = dict([*others.items(), (beacon.player, player)][-PLAYERS:])
    return Counted(WatchClock(spent, kept), united(media), lost_s > 1.0, known is None or beacon.sent_s >= known.sent_s)


def _fit(stretch: Stretch, offset_s: float, earliest_s: float, latest_s: float, duration_s: float) -> tuple[Span, Span] | None:
    """(our wall time, media time) of what can be true of a stretch."""
    from_s, to_s = max(0.0, stretch.from_s), min(duration_s, stretch.to_s)
    began, ended = stretch.began_s + offset_s, stretch.ended_s + offset_s
    if to_s <= from_s or ended <= began:
        return None
    to_s = min(to_s, from_s + (ended - began + SLACK_S) * FASTEST)
    begin, end = max(began, earliest_s), min(ended, latest_s)
    if end <= begin:
        return None
    speed = (to_s - from_s) / (ended - began)
    return (begin, end), (from_s + (begin - began) * speed, from_s + (end - began) * speed)


@dataclass(frozen=True, slots=True)
class Watched:
    """One person and one recording."""

    recording: RecordingId
    person: PersonId
    course: CourseId | None
    lesson: LessonId | None
    duration_s: float
    coverage: tuple[Span, ...] = ()
    seconds: float = 0.0
    """Unique; of what the replay shows."""
    shown_s: float = 0.0
    """How long that is altogether."""
    place_s: float = 0.0
    """Where they left off."""
    full_at: datetime | None = None
    """When FULL_SHARE was reached for the first time."""
    changed_at: datetime | None = None

    @property
    def share(self) -> float:
        return min(1.0, self.seconds / self.shown_s) if self.shown_s > 0 else 0.0

    @property
    def is_full(self) -> bool:
        return self.full_at is not None

    @property
    def resumes_at_s(self) -> float | None:
        """Not for a glimpse at the beginning, not in the last seconds."""
        return self.place_s if 15.0 <= self.place_s <= self.duration_s - 15.0 else None


def watch_on(
    watched: Watched, media: Iterable[Span], place_s: float, duration_s: float, cuts: Sequence[Span], now: datetime
) -> Watched:
    """With newly counted stretches."""
    coverage = united([*watched.coverage, *media], JOIN_S)
    seconds = shown_s(coverage, cuts)
    shown = shown_s([(0.0, duration_s)], cuts)
    full = shown > 0 and seconds >= FULL_SHARE * shown
    return replace(
        watched,
        duration_s=duration_s,
        coverage=coverage,
        seconds=seconds,
        shown_s=shown,
        place_s=min(max(0.0, place_s), duration_s),
        full_at=watched.full_at or (now if full else None),
        changed_at=now,
    )


@dataclass(frozen=True, slots=True)
class MakeUpRule:
    """Whether watching the replay makes up for a missed lesson. Data of a course's rule."""

    allowed: bool = False
    within_days: int | None = 14
    """After the lesson; None: at any time."""
    weight: float = 1.0
    """How much of a lesson attended it counts as."""


def make_up(watched: Watched | None, rule: MakeUpRule, lesson_ended_at: datetime) -> float:
    """0 … 1: what the replay counts for, instead of a lesson that was missed."""
    if not rule.allowed or watched is None or watched.full_at is None:
        return 0.0
    in_time = rule.within_days is None or watched.full_at <= lesson_ended_at + timedelta(days=rule.within_days)
    return rule.weight if in_time else 0.0

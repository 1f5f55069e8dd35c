"""How seats of a course are given away: the rule as data, the arithmetic of seats, and the draw anybody can repeat (pure)."""

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from classroom.errors import Invalid
from classroom.people import MunicipalityCode, PersonId

Offer = Literal["seat", "application", "waitlist", "full", "elsewhere"]
"""What somebody who applies now gets: a seat, a place in the draw or on the pile, a waitlist place, nothing; "elsewhere": the
course is not for people of their municipality."""


class Mode(StrEnum):
    FIRST_COME = "first-come"
    LOTTERY = "lottery"
    APPROVAL = "approval"


class Reach(StrEnum):
    """Who may apply."""

    EVERYBODY = "everybody"
    SHARED = "shared"
    """People of the course's own municipality and of those it is shared with."""


@dataclass(frozen=True, slots=True)
class AdmissionRule:
    mode: str = Mode.FIRST_COME
    reach: str = Reach.EVERYBODY
    home_seats: int = 0
    """Kept for people who live in the course's municipality."""
    quotas: Mapping[str, int] = field(default_factory=dict)
    """Municipality it is shared with → how many of its people may have a seat at most."""
    waitlist: int = 0
    """Places on the waitlist; 0: there is none."""
    accept_hours: int = 24
    """Who moves up must accept within so many hours; 0: moves up without being asked."""
    late: bool = False
    """Seats left after the window are given first come first served until the first lesson begins."""
    fee_won: int = 0

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"mode": str(self.mode), "reach": str(self.reach), "quotas": dict(self.quotas)}


def checked_admission(rule: AdmissionRule, capacity: int, home: str) -> AdmissionRule:
    """Raises Invalid: "seats-kept-wrong" (more kept than there are), "quota-wrong"."""
    if not 0 <= rule.home_seats <= capacity:
        raise Invalid("seats-kept-wrong", field="home_seats", capacity=capacity)
    if any(not 1 <= seats <= capacity for seats in rule.quotas.values()) or home in rule.quotas:
        raise Invalid("quota-wrong", field="quotas", capacity=capacity)
    return rule


@dataclass(slots=True)
class Seats:
    """The seats of one course while they are being given away. `taken` counts seats held or on offer, by where people live."""

    capacity: int
    home: str
    """The course's own municipality."""
    rule: AdmissionRule
    taken: dict[str | None, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.taken.values())

    def admits(self, home: str | None) -> bool:
        """Whether the course is for people of that municipality at all."""
        return self.rule.reach == Reach.EVERYBODY or home == self.home or home in self.rule.quotas

    def has_seat(self, home: str | None) -> bool:
        """Whether a seat can be had by somebody who lives there."""
        if self.total >= self.capacity or not self.admits(home):
            return False
        if home == self.home:
            return True
        others = self.total - self.taken.get(self.home, 0)
        if others >= self.capacity - self.rule.home_seats:
            return False
        quota = self.rule.quotas.get(home) if home else None
        return quota is None or self.taken.get(home, 0) < quota

    def left_for(self, home: str | None) -> int:
        """How many people who live there could still have a seat."""
        if not self.has_seat(home):
            return 0
        left = self.capacity - self.total
        if home != self.home:
            others = self.total - self.taken.get(self.home, 0)
            left = min(left, self.capacity - self.rule.home_seats - others)
            quota = self.rule.quotas.get(home) if home else None
            left = left if quota is None else min(left, quota - self.taken.get(home, 0))
        return left

    def take(self, home: str | None) -> None:
        assert self.has_seat(home), "a seat is taken only where there is one"
        self.taken[home] = self.taken.get(home, 0) + 1

    def give_back(self, home: str | None) -> None:
        assert self.taken.get(home, 0) > 0, "a seat is given back by who holds one"
        self.taken[home] -= 1

    def offer(self, home: str | None, waiting: int) -> Offer:
        """What somebody gets who applies inside the window."""
        if not self.admits(home):
            return "elsewhere"
        if self.rule.mode != Mode.FIRST_COME:
            return "application"
        if self.has_seat(home):
            return "seat"
        return "waitlist" if waiting < self.rule.waitlist else "full"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who wants a seat, in the order `rank`."""

    person: PersonId
    home: MunicipalityCode | None
    rank: int


def moving_up(seats: Seats, waiting: Iterable[Waiting]) -> list[Waiting]:
    """Who gets a seat now, in order; the seats are taken in `seats`. Who cannot (kept seats, quotas) keeps their place."""
    up = []
    for each in sorted(waiting, key=lambda someone: someone.rank):
        if seats.total >= seats.capacity:
            break
        if seats.has_seat(each.home):
            seats.take(each.home)
            up.append(each)
    return up


def accept_until(rule: AdmissionRule, first_lesson: datetime | None, now: datetime) -> datetime:
    """When an offer made now lapses: never later than the course begins."""
    until = now + timedelta(hours=rule.accept_hours)
    return min(until, first_lesson) if first_lesson is not None else until


def new_seed() -> str:
    """Kept secret until the draw; its `commitment` is shown from the beginning."""
    return secrets.token_hex(16)


def commitment(seed: str) -> str:
    """SHA-256 of the seed: proves after the draw that nobody chose another one when the applicants were known."""
    return hashlib.sha256(seed.encode()).hexdigest()


def drawn_order(seed: str, numbers: Sequence[int]) -> list[int]:
    """Application numbers in the order of the draw: by SHA-256 of "seed:number". Anybody can repeat it."""
    return sorted(numbers, key=lambda number: hashlib.sha256(f"{seed}:{number}".encode()).hexdigest())

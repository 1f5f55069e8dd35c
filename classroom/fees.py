"""Fees and what comes back of them: a table as data, and who settles (pure)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction

from classroom.people import CourseId, PersonId


class ChargeState(StrEnum):
    DUE = "due"
    PAID = "paid"
    REFUND_DUE = "refund-due"
    REFUNDED = "refunded"
    DROPPED = "dropped"
    """Never paid, and nothing to pay any more."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What one person owes for one course."""

    course: CourseId
    person: PersonId
    won: int
    state: ChargeState
    changed_at: datetime
    refund_won: int = 0
    note: str = ""
    """What staff wrote down: how it was paid, by whom."""

    @property
    def asked_won(self) -> int:
        """What its state is about: the fee, or what of it comes back."""
        return self.refund_won if self.state in (ChargeState.REFUND_DUE, ChargeState.REFUNDED) else self.won


REFUNDS: tuple[tuple[Fraction, Fraction], ...] = (
    (Fraction(0), Fraction(1)),
    (Fraction(1, 3), Fraction(2, 3)),
    (Fraction(1, 2), Fraction(1, 2)),
)
"""Elapsed so far at most → share that comes back; before the start everything, after the last line nothing."""


def elapsed(lessons: Sequence[tuple[datetime, datetime]], now: datetime) -> Fraction:
    """How much of the class time in the timetable is over; 0 before the first lesson begins."""
    whole = sum(int((end - start).total_seconds()) for start, end in lessons)
    over = sum(int((min(end, now) - start).total_seconds()) for start, end in lessons if start < now)
    return Fraction(over, whole) if whole else Fraction(0)


def refund_won(won: int, lessons: Sequence[tuple[datetime, datetime]], now: datetime) -> int:
    """What comes back of a paid fee when somebody leaves now, in whole won, rounded in the learner's favour."""
    part = elapsed(lessons, now)
    began = any(start <= now for start, _ in lessons)
    for limit, share in REFUNDS:
        if (part < limit) if began else limit == 0:
            return -((-won * share.numerator) // share.denominator)
    return 0

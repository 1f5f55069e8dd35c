""" "Are you there?" (pure): one question at a time to everybody in class, asked by the instructor or at a random moment.

An answer is a fact and nothing more: who did not answer is shown to the instructor and on the sheet, nobody is put out for it.
"""

import random
from dataclasses import dataclass, field
from typing import Final

ANSWER_S: Final = 60.0
"""Long enough for a screen reader, a slow hand and a look up from one's notes."""
SPREAD: Final = (0.5, 1.5)
"""Of the mean distance between two: nobody can set a clock by it."""
NOT_BEFORE_END_S: Final = 120.0


@dataclass(slots=True)
class OpenCheck:
    id: str
    until: float
    asked: dict[str, str]
    """Person → name of everybody who was in class, or answered all the same."""
    answered: set[str] = field(default_factory=set)

    def missing(self) -> list[str]:
        """Names, in order."""
        return sorted(name for person, name in self.asked.items() if person not in self.answered)


@dataclass(slots=True)
class SpotChecks:
    """Of one room."""

    open: OpenCheck | None = None
    next_at: float | None = None
    """When the next one is asked by itself; None: not drawn yet."""

    def is_due(self, per_hour: int, ends_at: float, now: float, seed: str) -> bool:
        """Whether to ask now; draws the moment of the next one when there is none. `seed` is fresh randomness."""
        if per_hour <= 0 or self.open is not None:
            return False
        if self.next_at is None:
            self.next_at = now + 3_600 / per_hour * random.Random(seed).uniform(*SPREAD)
        return self.next_at <= now < ends_at - NOT_BEFORE_END_S

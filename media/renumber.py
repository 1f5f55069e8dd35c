"""Sequence and timestamp continuity per subscriber after a switch (pure).

A viewer's stream has one SSRC for ever while its source changes: another simulcast layer, another person. Each stretch of one
source is shifted so that numbers go on by one and time goes on by what really passed.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Continuation:
    """Where a stream stopped: hashable, so that viewers who stopped at the same place can go on together."""

    next_number: int
    """Unwrapped sequence number of the next packet."""
    timestamp_rtp: int
    """Unwrapped timestamp of the last frame sent."""
    at_s: float
    """When that frame was sent."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What to add to a source's unwrapped number and timestamp."""

    number: int
    timestamp_rtp: int


def begin(number: int, timestamp_rtp: int, first_number: int) -> Shift:
    """The shift of a stream's very first stretch: numbers start at `first_number`, timestamps stay the source's."""
    return Shift(first_number - number, 0)


def splice(before: Continuation, number: int, timestamp_rtp: int, now: float, clock_rate: int) -> Shift:
    """The shift with which the source's packet (`number`, `timestamp_rtp`) follows `before` seamlessly.

    At least one tick passes: two frames of one timestamp would be taken for one.
    """
    passed_s = max(0.0, now - before.at_s)
    passed = max(1, round(passed_s * clock_rate))
    return Shift(before.next_number - number, before.timestamp_rtp + passed - timestamp_rtp)

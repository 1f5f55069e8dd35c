"""Which layer? For every picture of a viewer, within what it shows and what its line takes (pure)."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Choosable(Protocol):
    """What the choice looks at."""

    height: int
    bitrate_bps: float


L = TypeVar("L", bound=Choosable)

AUDIO_RESERVE_BPS = 100_000.0
GUARANTEED = 2
"""The screen and the instructor's camera."""
LEAST_BPS = {180: 150_000.0, 360: 500_000.0, 720: 1_500_000.0}
"""What a layer whose rate is not measured yet is taken for."""


def fitting(layers: Sequence[L], max_height: int) -> list[L]:
    """Layers worth sending to a picture of `max_height` pixels, smallest first; the smallest is always worth it, 0 means none."""
    if max_height <= 0 or not layers:
        return []
    return [layer for layer in layers if layer.height <= max_height] or [layers[0]]


def rate_of(layer: Choosable) -> float:
    """Measured bit rate, or a guess for a layer that has only begun."""
    return layer.bitrate_bps or LEAST_BPS.get(layer.height, 1_000_000.0)


def choose(wishes: Sequence[tuple[Sequence[L], int]], budget_bps: float) -> list[L | None]:
    """One layer (or none) per picture. wishes: (layers smallest first, max_height), most important first.

    Every picture first gets its smallest layer as long as the budget lasts, then the important ones grow first. The first two
    get at least their smallest layer whatever the budget says: an empty class is worse than a slow one.
    """
    options = [fitting(layers, max_height) for layers, max_height in wishes]
    chosen: list[L | None] = [None] * len(options)
    left = budget_bps - AUDIO_RESERVE_BPS
    guaranteed = GUARANTEED
    for place, candidates in enumerate(options):
        if candidates and (guaranteed > 0 or rate_of(candidates[0]) <= left):
            chosen[place] = candidates[0]
            left -= rate_of(candidates[0])
            guaranteed -= 1
    for place, candidates in enumerate(options):
        current = chosen[place]
        if current is None:
            continue
        for better in candidates[1:]:
            extra = rate_of(better) - rate_of(current)
            if extra > left:
                break
            left -= extra
            current = better
        chosen[place] = current
    return chosen

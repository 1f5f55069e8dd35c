"""Which layer? For every picture of a viewer, within what it shows and what its line takes (pure)."""

from collections.abc import Sequence
from typing import Protocol, TypeVar


class Choosable(Protocol):
    """What the choice looks at."""

    @property
    def height(self) -> int: ...

    @property
    def bitrate_bps(self) -> float: ...


L = TypeVar("L", bound=Choosable)

GUARANTEED = 2
"""The screen and the instructor's camera, the first two wishes."""
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


def choose(options: Sequence[Sequence[L]], budget_bps: float, sacrifice: int = 0, audio_bps: float = 60_000.0) -> list[L | None]:
    """One step (or none) per picture. options: each picture's steps, least first; the most important picture first.

    Every picture first gets its least step as long as the budget lasts, then the important ones grow first. The first two
    get at least that whatever the budget says: an empty class is worse than a slow one. Of these, sacrifice 1 keeps the
    cheaper one, sacrifice 2 none: then sound is all that fits.
    """
    chosen: list[L | None] = [None] * len(options)
    left = budget_bps - audio_bps
    guaranteed = {place for place, steps in enumerate(options) if steps and place < GUARANTEED}
    if sacrifice == 1 and guaranteed:
        guaranteed = {min(guaranteed, key=lambda place: rate_of(options[place][0]))}
    elif sacrifice > 1:
        return chosen
    for place, steps in sorted(enumerate(options), key=lambda entry: entry[0] not in guaranteed):
        if steps and (place in guaranteed or rate_of(steps[0]) <= left):
            chosen[place] = steps[0]
            left -= rate_of(steps[0])
    for place, steps in enumerate(options):
        current = chosen[place]
        if current is None:
            continue
        for better in steps[1:]:
            extra = rate_of(better) - rate_of(current)
            if extra > left:
                break
            left -= extra
            current = better
        chosen[place] = current
    return chosen


def least_bps(options: Sequence[Sequence[L]], sacrifice: int, audio_bps: float) -> float:
    """What `choose` spends however small the budget is."""
    chosen = choose(options, 0.0, sacrifice, audio_bps)
    return audio_bps + sum(rate_of(step) for step in chosen if step is not None)

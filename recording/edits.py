"""What the instructor did to a recording after class: cuts, chapters, captions (pure). Nothing here changes a file.

Edits are a document of their own beside the files: taking one back is going on with the document before it. Times are media
times; only the composed film has another clock, in which the cuts are gone (`film_time`).
"""

import hashlib
from itertools import pairwise
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from recording.errors import EditsWrong
from recording.manifest import Captions, Chapter, Cut, Manifest

MOST_CUTS: Final = 200
MOST_CHAPTERS: Final = 200
SHORTEST_S: Final = 0.1
"""A shorter cut is a slip of the hand, a shorter rest between two cuts a flicker."""
LEAST_LEFT_S: Final = 1.0
"""So much must remain of a recording."""


class Edits(BaseModel):
    """All edits of one recording at one time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cuts: list[Cut] = Field(default_factory=list, max_length=MOST_CUTS)
    chapters: list[Chapter] = Field(default_factory=list, max_length=MOST_CHAPTERS)
    captions: list[Captions] = Field(default_factory=list, max_length=4)


def tidy(edits: Edits, duration_s: float) -> Edits:
    """The same edits in order and inside the recording; cuts that touch become one.

    Raises EditsWrong: "cut-reversed", "cut-outside", "nothing-left", "chapter-outside", "chapters-together".
    """
    cuts: list[Cut] = []
    for number, cut in enumerate(edits.cuts):
        if cut.to_s - cut.from_s < SHORTEST_S:
            raise EditsWrong("cut-reversed", f"cuts.{number}")
        if cut.from_s >= duration_s:
            raise EditsWrong("cut-outside", f"cuts.{number}")
    for cut in sorted(edits.cuts, key=lambda each: each.from_s):
        cut = Cut(from_s=round(cut.from_s, 3), to_s=round(min(cut.to_s, duration_s), 3))
        if cuts and cut.from_s - cuts[-1].to_s < SHORTEST_S:
            cuts[-1] = Cut(from_s=cuts[-1].from_s, to_s=max(cuts[-1].to_s, cut.to_s))
        else:
            cuts.append(cut)
    if cuts and sum(end - start for start, end in kept(duration_s, cuts)) < LEAST_LEFT_S:
        raise EditsWrong("nothing-left", "cuts")
    for number, chapter in enumerate(edits.chapters):
        if chapter.at_s >= duration_s:
            raise EditsWrong("chapter-outside", f"chapters.{number}")
    chapters = sorted(
        (Chapter(at_s=round(each.at_s, 3), title=" ".join(each.title.split())) for each in edits.chapters), key=lambda c: c.at_s
    )
    for before, after in pairwise(chapters):
        if after.at_s - before.at_s < 1.0:
            raise EditsWrong("chapters-together", "chapters")
    return Edits(cuts=cuts, chapters=chapters, captions=sorted(edits.captions, key=lambda each: each.language))


def kept(duration_s: float, cuts: list[Cut]) -> list[tuple[float, float]]:
    """What is left, as stretches of media time. `cuts` are in order and apart."""
    edges = [0.0, *(edge for cut in cuts for edge in (cut.from_s, cut.to_s)), duration_s]
    return [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if end - start >= SHORTEST_S]


def film_time(media_s: float, stretches: list[tuple[float, float]]) -> float:
    """Where in the film a moment of the recording is; a moment that was cut: where the film goes on."""
    passed_s = 0.0
    for start, end in stretches:
        if media_s < end:
            return passed_s + max(0.0, media_s - start)
        passed_s += end - start
    return passed_s


def fingerprint(edits: Edits) -> str:
    """The same for the same edits; empty for none, so that a film made before there were any is still good."""
    if edits == Edits():
        return ""
    return hashlib.sha256(edits.model_dump_json().encode()).hexdigest()[:16]


def apply_edits(manifest: Manifest, edits: Edits) -> Manifest:
    """What viewers get: the edits in it, and no film that was made with other ones."""
    film = manifest.film if manifest.film is not None and manifest.film.made_of == fingerprint(edits) else None
    return manifest.model_copy(
        update={"cuts": edits.cuts, "chapters": edits.chapters, "captions": edits.captions, "film": film, "without": []}
    )

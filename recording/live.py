"""Watching a class from its beginning while it goes on: which bytes of the growing files may be played by now.

The job process writes `work/live.json` (what there is) and beside each file its growing index `<file>.index`, one line per
fragment: `second start end`. The pages hand out both, and the bytes they name; a browser feeds them to MediaSource. When class
ends, the folder disappears and the manifest takes over; when the job process is replaced, or somebody takes back consent, the
files are made anew and `making` changes: what a player holds then is worth nothing.
"""

import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from recording import layout
from recording.fragments import FragmentIndex
from recording.manifest import Scene, Timed, Track

if TYPE_CHECKING:
    from recording.prepare import Preparation

NAME: Final = "live.json"
INDEX: Final = ".index"


class LiveTrack(Track):
    """A file that still grows."""

    head_bytes: int
    """What a decoder must be given first."""
    index: str
    """Name of its list of fragments."""
    ready_s: float
    """Seconds of the file that are whole."""


class Live(Timed):
    """`duration_s`: media time up to which everything is there; the clock ends there too."""

    making: str
    """Changes when all files are made anew."""
    main: str = "main"
    tracks: list[LiveTrack]
    scenes: list[Scene]

    def files(self) -> frozenset[str]:
        return frozenset(name for track in self.tracks for name in (track.file, track.index))


@dataclass
class LiveFiles:
    """The writing side: one per preparation."""

    work: Path
    making: str = field(default_factory=lambda: secrets.token_hex(4))
    _indexes: dict[str, FragmentIndex] = field(default_factory=dict)
    _ready_s: dict[str, float] = field(default_factory=dict)
    _said: str = ""

    def write(self, preparation: "Preparation") -> None:
        """Tell what there is by now. An error of the disk is the caller's."""
        tracks: list[LiveTrack] = []
        for track in preparation.growing():
            index = self._indexes.setdefault(track.file, FragmentIndex(self.work / track.file))
            fragments = index.update()
            if fragments:
                with open(self.work / (track.file + INDEX), "a") as file:
                    file.write("".join(f"{each.at_s:.3f} {each.start} {each.end}\n" for each in fragments))
                self._ready_s[track.file] = fragments[-1].at_s
            if index.head and track.file in self._ready_s:
                extra = {"head_bytes": index.head, "index": track.file + INDEX, "ready_s": self._ready_s[track.file]}
                tracks.append(LiveTrack(**track.model_dump(), **extra))
        main = [track for track in tracks if track.kind == "main"]
        if not main:
            return
        duration_s = round(main[0].ready_s, 3)
        live = Live(
            making=self.making,
            duration_s=duration_s,
            clock=preparation.clock(duration_s),
            tracks=tracks,
            scenes=layout.arrange(tracks, duration_s),
        )
        said = live.model_dump_json()
        if said != self._said:
            partial = self.work / (NAME + ".partial")
            partial.write_text(said)
            os.replace(partial, self.work / NAME)
            self._said = said


def read_live(data_dir: Path, recording: str) -> Live | None:
    """What may be played of a class that goes on; None when nothing can (yet, or any more)."""
    try:
        return Live.model_validate_json((data_dir / "recordings" / recording / "work" / NAME).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None

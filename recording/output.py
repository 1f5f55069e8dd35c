"""The files of a recording while they grow: one for the main picture with all sound, one for every other picture.

An output knows when its picture is dark (camera switched off) and writes small black key frames then, so that the file never
shows a person who has gone and can be sought everywhere.
"""

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from recording.feed import Feed, Picture
from recording.manifest import Track
from recording.mixer import Sound
from recording.movie import CONTAINERS, SUFFIXES, Movie, Shape, black_picture

RECONNECT_S: Final = 2.0
"""A source that is back this soon only changed its connection: the last picture stays."""
BLACK_EVERY_S: Final = 5.0
PATIENCE_S: Final = 60.0
"""So long the main file waits for a camera, to be made in the camera's format."""
DEFAULT: Final = Shape("vp8", 1280, 720)


@dataclass
class Output:
    """One picture file; the main one also takes the sound. Times in are media times."""

    directory: Path
    name: str
    kind: Literal["main", "screen", "camera"]
    offset_s: float = 0.0
    source: Literal["camera", "screen", "none"] = "none"
    owner: str | None = None
    edition: int = 1
    movie: Movie | None = None
    visible: list[tuple[float, float]] = field(default_factory=list)
    _sounds: deque[Sound] = field(default_factory=deque)
    _shown_since: float | None = None
    _last_s: float = -1.0
    _largest: tuple[int, int] = (0, 0)

    @property
    def sounding(self) -> bool:
        return self.kind == "main"

    def accepts(self, picture: Picture) -> bool:
        """Whether the picture's format can go into this file."""
        return self.movie is None or self.movie.shape.codec == picture.codec

    def show(self, picture: Picture, largest: tuple[int, int]) -> None:
        """Write one picture; the first after darkness must be a key frame. largest: what a new file is declared as."""
        if self.movie is None:
            self._open(Shape(picture.codec, *max(largest, (picture.width, picture.height))), picture.data)
        assert self.movie is not None, "opened above"
        if self._shown_since is None:
            if not picture.key:
                return
            if self.sounding:
                self._fill_black(picture.time_s)
            self._shown_since = picture.time_s
            self.source = "screen" if picture.source == "screen" else "camera"
            self.owner = picture.owner
        if picture.key:
            self._largest = max(self._largest, (picture.width, picture.height))
        self._write(picture.time_s, picture.key, picture.data)

    def darken(self, time_s: float) -> None:
        """The picture ended."""
        if self._shown_since is None or self.movie is None:
            return
        self.visible.append((self._shown_since, max(time_s, self._last_s)))
        self._shown_since = None
        self._write_black(time_s)

    def sound(self, sounds: list[Sound]) -> None:
        self._sounds.extend(sounds)

    def advance(self, until_s: float) -> None:
        """All pictures and sounds before `until_s` are here."""
        if self.movie is None and self.sounding and until_s > PATIENCE_S:
            self._open(DEFAULT, black_picture(DEFAULT))
        if self.movie is None:
            return
        if self.sounding:
            if self._shown_since is None:
                self._fill_black(until_s)
            while self._sounds:
                self.movie.write_sound(self._sounds.popleft())

    def close(self, end_s: float, vanished_s: float | None = None) -> Track:
        """Finish the file. vanished_s: when its source ended, if it did."""
        if self.movie is None:
            self._open(DEFAULT, black_picture(DEFAULT))
        self.advance(end_s)
        assert self.movie is not None, "opened above"
        if self._shown_since is not None:
            self.visible.append((self._shown_since, max(self._last_s, end_s if vanished_s is None else vanished_s)))
        until_s = end_s if self.sounding else max(self.visible[-1][1], self._last_s)
        self.movie.close(until_s - self.offset_s)
        return self._describe(self.visible, until_s)

    def growing(self, written_s: float) -> Track | None:
        """What can be watched of it by now; None before the first picture. written_s: media time all is written up to."""
        if self.movie is None or not self.movie.path.exists():
            return None
        visible = list(self.visible)
        if self._shown_since is not None:
            visible.append((self._shown_since, max(written_s, self._shown_since)))
        return self._describe(visible, max(written_s, self.offset_s))

    def _describe(self, visible: list[tuple[float, float]], until_s: float) -> Track:
        assert self.movie is not None, "only a file that was opened is described"
        width, height = self._largest if any(self._largest) else (self.movie.shape.width, self.movie.shape.height)
        return Track(
            id=self.name,
            kind=self.kind,
            source=self.source,
            owner=self.owner,
            file=self.movie.path.name,
            mime=self.movie.mime,
            offset_s=round(self.offset_s, 3),
            duration_s=round(until_s - self.offset_s, 3),
            width=width,
            height=height,
            has_audio=self.sounding,
            visible=[(round(start, 3), round(end, 3)) for start, end in visible],
            size_bytes=self.movie.path.stat().st_size,
        )

    def _open(self, shape: Shape, first_key: bytes) -> None:
        stem = self.name if self.edition == 1 else f"{self.name}-edition-{self.edition}"
        path = self.directory / (stem + SUFFIXES[CONTAINERS[shape.codec]])
        self.movie = Movie(path, shape, first_key, sound=self.sounding)

    def _fill_black(self, until_s: float) -> None:
        next_s = self.offset_s if self._last_s < 0 else self._last_s + BLACK_EVERY_S
        while next_s < until_s - 0.05:
            self._write_black(next_s)
            next_s += BLACK_EVERY_S

    def _write_black(self, time_s: float) -> None:
        assert self.movie is not None, "black goes into an open file"
        shape = self.movie.shape
        self._write(time_s, True, black_picture(shape))

    def _write(self, time_s: float, key: bool, data: bytes) -> None:
        assert self.movie is not None, "pictures go into an open file"
        self._last_s = max(time_s, self._last_s)
        self.movie.write_picture(time_s - self.offset_s, key, data)


@dataclass
class Pictures:
    """Sends one feed's pictures to its files: a new file when the format changes, black when the source ends."""

    directory: Path
    kind: Literal["main", "screen", "camera"]
    names: "Names"
    outputs: list[Output] = field(default_factory=list)

    def write(self, feed: Feed, until_s: float) -> None:
        """Take the feed's pictures and endings up to a media time."""
        pictures, closed_s = feed.advance(until_s), feed.closed_s
        for picture in pictures:
            while closed_s and closed_s[0] <= picture.time_s:
                self._end(closed_s.pop(0), picture.time_s)
            output = self._output(picture)
            output.show(picture, feed.largest(picture.codec) if output.movie is None else (0, 0))
        while closed_s and closed_s[0] + RECONNECT_S <= until_s:
            self._end(closed_s.pop(0), until_s)
        for output in self.outputs:
            output.advance(until_s)

    def close(self, feed: Feed, end_s: float) -> list[Track]:
        """Finish the files; what ended within the last moments is not dark but over."""
        return [output.close(end_s, feed.closed_s[0] if feed.closed_s else None) for output in self.outputs]

    def _end(self, ended_s: float, next_s: float) -> None:
        if next_s - ended_s >= RECONNECT_S:
            for output in self.outputs:
                output.darken(ended_s)

    def _output(self, picture: Picture) -> Output:
        for output in self.outputs:
            if output.accepts(picture):
                chosen = output
                break
        else:
            kind: Literal["screen", "camera"] = "screen" if self.kind == "screen" else "camera"
            name, offset_s = self.names.next(kind), max(0.0, picture.time_s)
            chosen = Output(self.directory, name, kind, offset_s, edition=self.names.edition)
            self.outputs.append(chosen)
        for other in self.outputs:
            if other is not chosen:
                other.darken(picture.time_s)
        return chosen


@dataclass
class Names:
    """camera-1, camera-2, screen-1 …"""

    edition: int = 1
    _counts: dict[str, int] = field(default_factory=dict)

    def next(self, kind: str) -> str:
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return f"{kind}-{self._counts[kind]}"

"""manifest.json: everything a replay page must know about one recording.

Media times are seconds from the start of the replay; wall-clock times are UTC ISO 8601.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

NAME: Final = "manifest.json"


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Track(_Model):
    """One playable file."""

    id: str
    kind: Literal["main", "screen", "camera"]
    """main: what the page's first player plays, always with picture and sound. The others are silent and follow it."""
    source: Literal["camera", "screen", "none"]
    owner: str | None
    file: str
    mime: str
    offset_s: float
    """Media time of the file's own time 0."""
    duration_s: float
    width: int
    height: int
    has_audio: bool
    visible: list[tuple[float, float]]
    """Media times between which it shows something; black otherwise."""
    size_bytes: int


class Scene(_Model):
    """What is on screen for a while: `tracks[0]` large, the others small on it."""

    from_s: float
    to_s: float
    layout: Literal["camera", "screen", "blank"]
    tracks: list[str]


class GapMark(_Model):
    """Nothing was recorded here although the class went on."""

    from_s: float
    to_s: float
    reason: Literal["interrupted", "disk"]


class PauseMark(_Model):
    """The recording was stopped here and started again."""

    at_s: float
    from_utc: datetime
    to_utc: datetime


class ClockStretch(_Model):
    """Here media time and UTC advance together."""

    media_s: float
    length_s: float
    utc: datetime


class Unsupported(_Model):
    """Sent, but in a format this product does not record."""

    owner: str
    source: str
    codec: str


class LossMark(_Model):
    """What the network took away from one source for good."""

    owner: str
    source: str
    packets: int
    frames: int
    longest_freeze_s: float


class Cut(_Model):
    """The instructor took this out: nobody is shown it. The files still hold it, so it can be put back."""

    from_s: float = Field(ge=0)
    to_s: float = Field(ge=0)


class Chapter(_Model):
    """From here on the class is about `title`."""

    at_s: float = Field(ge=0)
    title: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120, pattern=r"^[^\x00]*$")]


class Captions(_Model):
    """What is said, as WebVTT with media times."""

    language: Literal["ko", "en"]
    label: Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)] = ""
    file: str


class Preview(_Model):
    """Small pictures for the seek bar: `vtt` says which part of a picture shows which seconds (`strip-1.jpg#xywh=0,0,160,90`)."""

    vtt: str
    files: list[str]


class Film(_Model):
    """The one file with everything in it."""

    file: str
    mime: str
    duration_s: float
    width: int
    height: int
    size_bytes: int
    made_of: str = ""
    """Fingerprint of the edits it was made with (`edits.fingerprint`): with other edits it is out of date."""


class Timed(_Model):
    """Knows where an instant is in the replay."""

    duration_s: float
    clock: list[ClockStretch]

    def media_time(self, at: datetime) -> float:
        """Where in the replay this instant is; in a pause or before the start: where the replay goes on."""
        for stretch in self.clock:
            passed_s = (at - stretch.utc).total_seconds()
            if passed_s < 0:
                return stretch.media_s
            if passed_s < stretch.length_s:
                return stretch.media_s + passed_s
        return self.duration_s

    def wall_time(self, media_s: float) -> datetime:
        """When this moment of the replay really was."""
        stretch = [s for s in self.clock if s.media_s <= media_s][-1:] or self.clock[:1]
        return stretch[0].utc + timedelta(seconds=media_s - stretch[0].media_s)


class Manifest(Timed):
    version: Literal[1] = 1
    recording: str
    started_at: datetime
    main: str
    tracks: list[Track]
    scenes: list[Scene]
    gaps: list[GapMark]
    pauses: list[PauseMark]
    unsupported: list[Unsupported]
    losses: list[LossMark]
    damaged_bytes: int = 0
    """Bytes of the capture log that could not be read."""
    poster: str | None = None
    preview: Preview | None = None
    film: Film | None = None
    cuts: list[Cut] = Field(default_factory=list)
    """Media times, in order, apart from each other. The replay's clock stays media time: a player jumps over them."""
    chapters: list[Chapter] = Field(default_factory=list)
    captions: list[Captions] = Field(default_factory=list)
    sha256: dict[str, str] = Field(default_factory=dict)
    """Checksum of every file named here but this one."""
    edition: int = 1
    """Counts how often the tracks were made anew; from the second on their names say it: no old file is taken for a new one."""
    without: list[str] = Field(default_factory=list)
    """Owners whose media was left out because they took back their consent. Not for viewers."""

    def track(self, track: str) -> Track:
        """The track with this id; KeyError when there is none."""
        for candidate in self.tracks:
            if candidate.id == track:
                return candidate
        raise KeyError(track)

    def files(self) -> frozenset[str]:
        """Names of all files of this recording that people may fetch."""
        names = {track.file for track in self.tracks} | {NAME}
        if self.poster:
            names.add(self.poster)
        if self.film:
            names.add(self.film.file)
        if self.preview:
            names |= {self.preview.vtt, *self.preview.files}
        names |= {captions.file for captions in self.captions}
        return frozenset(names)


def utc(wall_s: float) -> datetime:
    """Seconds since 1970 → UTC, to the millisecond."""
    return datetime.fromtimestamp(round(wall_s, 3), UTC)

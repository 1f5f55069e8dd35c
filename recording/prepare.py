"""The capture log → playable files, while the class is still running.

A `Preparation` follows a growing log and keeps `LAG_S` behind it: sender reports, retransmissions and a better simulcast layer
that arrive a little later still count. Therefore, when the class ends, only the last seconds are left to do, whatever its length.
Killed half-way it simply starts over: everything is derived from the log.
"""

import shutil
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from recording import layout, log
from recording.depacketize import Depacketizer, Frame
from recording.errors import CaptureDamaged, NothingRecorded
from recording.feed import Feed, Picture
from recording.formats import make_depacketizer
from recording.log import LogReader, Record, RunInfo
from recording.manifest import ClockStretch, GapMark, LossMark, Manifest, PauseMark, Track, Unsupported, utc
from recording.mixer import Mixer
from recording.output import Names, Output, Pictures
from recording.sender_clock import PeerClock, SenderClock
from recording.timeline import Timeline

LAG_S: Final = 8.0
"""Browsers send a sound track's sender report every five seconds at most."""
TIMED_S: Final = 6.0
"""A frame gets its media time when it is this old: two seconds before it is written."""
STEP_S: Final = 0.5
RANKS: Final = {"q": 0, "h": 1, "f": 2}
MAIN: Final = ("camera", "")

logger = structlog.get_logger("recording.prepare")
FeedKey = tuple[str, str]


@dataclass
class _Track:
    owner: str
    source: str
    codec: str
    depacketizer: Depacketizer
    clock: SenderClock
    feed: FeedKey | None
    held: deque[Frame] = field(default_factory=deque)
    sizes: tuple[int, int] = (0, 0)


class Preparation:
    """Makes one recording's files in `work` from the log in `capture`.

    without: owners whose media is left out, as if it had never been sent.
    """

    def __init__(
        self, recording: str, capture: Path, work: Path, *, without: frozenset[str] = frozenset(), edition: int = 1
    ) -> None:
        self.recording, self.work, self.without, self.edition = recording, work, without, edition
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        self.timeline = Timeline()
        self.closed = False
        """The newest record says that the capture was stopped."""
        self._reader = LogReader(capture)
        self._tracks: dict[tuple[int, int], _Track] = {}
        self._retired: list[_Track] = []
        self._peers: dict[tuple[int, str], tuple[int, PeerClock]] = {}
        self._feeds: dict[FeedKey, Feed] = {}
        self._names = Names(edition)
        self._main = Output(work, "main", "main", edition=edition)
        self._pictures: dict[FeedKey, Pictures] = {MAIN: Pictures(work, "main", self._names, [self._main])}
        self._feeds[MAIN] = Feed()
        self._mixer = Mixer()
        self._lead_known = False
        self._main_owner: str | None = None
        self._unsupported: set[tuple[str, str, str]] = set()
        self._now_s = self._stepped_s = 0.0
        self.written_s = 0.0
        """Media time up to which the files are written."""

    def advance(self, limit_bytes: int = 1 << 20, *, last: bool = False) -> bool:
        """Take in what was appended to the log, up to about `limit_bytes`. False: nothing new."""
        records = self._reader.read(limit_bytes, last=last)
        for record in records:
            self._receive(record)
            if self._now_s - self._stepped_s >= STEP_S:
                self._step()
        return bool(records)

    def finish(self) -> Manifest:
        """The capture is over: read the rest, close the files, tell what they are.

        Raises NothingRecorded when there is nothing to play, CaptureDamaged when nothing could be read.
        """
        while self.advance(last=True):
            pass
        if self.timeline.started:
            self._flush_tracks()
        if not self.timeline.started or (not self._unsupported and not self._anything()):
            if self._reader.damaged_bytes and not self.timeline.started:
                raise CaptureDamaged(f"none of {self._reader.damaged_bytes} bytes of the capture can be read")
            raise NothingRecorded("no picture and no sound came while the recording was on")
        end_s = self.timeline.duration_s
        self._emit(end_s)
        tracks: list[Track] = []
        for key, pictures in self._pictures.items():
            tracks += pictures.close(self._feeds[key], end_s)
        return self._describe(tracks, end_s)

    def growing(self) -> list[Track]:
        """The files as they stand, for those who watch from the beginning while class goes on; the main one first."""
        outputs = [output for pictures in self._pictures.values() for output in pictures.outputs]
        tracks = [output.growing(self.written_s) for output in outputs]
        return [track for track in tracks if track is not None]

    def clock(self, until_s: float) -> list[ClockStretch]:
        """How media time and UTC go together, up to a media time."""
        return [
            ClockStretch(
                media_s=round(stretch.media_s, 3),
                length_s=round(min(stretch.length_s, until_s - stretch.media_s), 3),
                utc=utc(stretch.wall_s),
            )
            for stretch in self.timeline.stretches
            if stretch.media_s <= until_s
        ]

    def _anything(self) -> bool:
        return bool(self._mixer.heard or any(line.shown or line.waiting for line in self._feeds.values()))

    # -- records ------------------------------------------------------------------------------------------------------

    def _receive(self, record: Record) -> None:
        self._now_s = max(self._now_s, record.at_s)
        match record.kind:
            case log.RTP:
                self.timeline.receive_packet(record.at_s)
                track = self._tracks.get((record.run, record.track))
                if track is not None:
                    self._hold(track, track.depacketizer.receive(record.payload, record.at_s))
            case log.ERASED:
                self.timeline.receive_packet(record.at_s)
            case log.SENDER_REPORT:
                track = self._tracks.get((record.run, record.track))
                if track is not None:
                    ntp_64, timestamp_rtp = log.REPORT.unpack(record.payload)
                    track.clock.receive_report(ntp_64, timestamp_rtp, record.at_s)
            case log.TRACK_OPENED:
                self._open_track(record)
            case log.TRACK_CLOSED:
                self._close_track((record.run, record.track), record.at_s)
            case log.RUN:
                self._start_run(record)
            case log.DROPPED:
                dropped = record.document()
                self.timeline.drop(dropped["from_s"], dropped["to_s"])
            case log.ALIVE:
                self.timeline.stay_alive(record.at_s)
            case log.CLOSED:
                self.timeline.close_run(record.at_s)
        self.closed = record.kind == log.CLOSED

    def _start_run(self, record: Record) -> None:
        document = record.document()
        info = RunInfo(record.run, document["wall_s"], document["monotonic_s"], document["boot"])
        if self.timeline.is_current(record.run):
            return
        if self.timeline.started:
            self._flush_tracks()
        self._retired += self._tracks.values()
        self._tracks.clear()
        for feed in self._feeds.values():
            feed.end_run()
        self.timeline.start_run(info)
        self._now_s = self._stepped_s = info.monotonic_s

    def _open_track(self, record: Record) -> None:
        info, key = record.document(), (record.run, record.track)
        if key in self._tracks or info["owner"] in self.without:
            return
        depacketizer = make_depacketizer(info["codec"], info["payload_type"])
        if depacketizer is None:
            self._unsupported.add((info["owner"], info["source"], info["codec"]))
            logger.warning("! track cannot be recorded", recording=self.recording, codec=info["codec"])
            return
        newness, peer = self._peers.setdefault((record.run, info["peer"]), (len(self._peers), PeerClock()))
        if info.get("lead") and not self._lead_known:
            self._lead_known, self._main_owner = True, None
        feed = self._choose_feed(info["owner"], info["source"], bool(info.get("lead")))
        if feed is not None:
            self._feeds.setdefault(feed, Feed()).open_track(key, (newness, RANKS.get(info["rid"], 3)))
            if feed not in self._pictures:
                self._pictures[feed] = Pictures(self.work, "screen" if feed[0] == "screen" else "camera", self._names)
        clock = SenderClock(info["clock_rate"], peer)
        self._tracks[key] = _Track(info["owner"], info["source"], info["codec"], depacketizer, clock, feed)

    def _choose_feed(self, owner: str, source: str, lead: bool) -> FeedKey | None:
        if source == "screen":
            return ("screen", "")
        if source != "camera":
            return None
        if lead or (not self._lead_known and self._main_owner in (None, owner)):
            self._main_owner = owner
            return MAIN
        return ("camera", owner)

    def _close_track(self, key: tuple[int, int], at_s: float) -> None:
        track = self._tracks.pop(key, None)
        if track is None:
            return
        self._retired.append(track)
        self._hold(track, track.depacketizer.flush())
        self._time(key, track, float("inf"))
        if track.feed is not None:
            self._feeds[track.feed].close_track(key, self.timeline.media_time(at_s))
        else:
            self._mixer.end_voice(key)

    def _hold(self, track: _Track, frames: list[Frame]) -> None:
        for frame in frames:
            track.clock.receive_packet(frame.timestamp_rtp, frame.at_s)
            track.held.append(frame)

    # -- out ----------------------------------------------------------------------------------------------------------

    def _step(self) -> None:
        """Every half second of the log: give up on lost packets, time what is old enough, write what is older."""
        self._stepped_s = self._now_s
        if not self.timeline.started:
            return
        for key, track in self._tracks.items():
            self._hold(track, track.depacketizer.on_deadline(self._now_s))
            self._time(key, track, self._now_s - TIMED_S)
        if self.timeline.placed:
            self._emit(self.timeline.media_time(self._now_s - LAG_S))

    def _time(self, key: tuple[int, int], track: _Track, until_s: float) -> None:
        """Give media times to the frames that arrived up to `until_s`."""
        while track.held and track.held[0].at_s <= until_s:
            frame = track.held.popleft()
            time_s = max(0.0, self.timeline.media_time(track.clock.time_of(frame.timestamp_rtp)))
            if track.feed is None:
                self._mixer.receive(key, time_s, frame.data)
                continue
            if frame.key:
                track.sizes = (frame.width, frame.height)
            picture = Picture(time_s, frame.key, frame.data, track.codec, *track.sizes, track.owner, track.source)
            self._feeds[track.feed].receive(key, picture)

    def _flush_tracks(self) -> None:
        for key, track in self._tracks.items():
            self._hold(track, track.depacketizer.flush())
            self._time(key, track, float("inf"))

    def _emit(self, until_s: float) -> None:
        """Write pictures and sound up to a media time, in small steps so that the files are well interleaved."""
        at_s = self._mixer.cursor / 48_000
        while at_s < until_s:
            at_s = min(at_s + 1.0, until_s)
            for key, feed in self._feeds.items():
                self._pictures[key].write(feed, at_s)
            self._main.sound(self._mixer.advance(at_s))
            self._main.advance(at_s)
            self.written_s = at_s

    def _describe(self, tracks: list[Track], end_s: float) -> Manifest:
        timeline = self.timeline
        losses: dict[tuple[str, str], LossMark] = {}
        for track in [*self._retired, *self._tracks.values()]:
            lost, key = track.depacketizer.losses, (track.owner, track.source)
            before = losses.get(key) or LossMark(owner=key[0], source=key[1], packets=0, frames=0, longest_freeze_s=0.0)
            freeze_s = self._feeds[track.feed].longest_freeze_s if track.feed is not None else 0.0
            losses[key] = before.model_copy(
                update={
                    "packets": before.packets + lost.packets,
                    "frames": before.frames + lost.frames,
                    "longest_freeze_s": round(freeze_s, 3),
                }
            )
        return Manifest(
            recording=self.recording,
            duration_s=round(end_s, 3),
            started_at=utc(timeline.started_wall_s),
            main="main",
            tracks=tracks,
            scenes=layout.arrange(tracks, round(end_s, 3)),
            gaps=[
                GapMark(
                    from_s=round(gap.from_s, 3), to_s=round(gap.to_s, 3), reason="disk" if gap.reason == "disk" else "interrupted"
                )
                for gap in timeline.gaps
            ],
            pauses=[
                PauseMark(at_s=round(pause.at_s, 3), from_utc=utc(pause.from_wall_s), to_utc=utc(pause.to_wall_s))
                for pause in timeline.pauses
            ],
            clock=self.clock(end_s),
            unsupported=[Unsupported(owner=o, source=s, codec=c) for o, s, c in sorted(self._unsupported)],
            losses=[mark for mark in losses.values() if mark.packets or mark.frames],
            damaged_bytes=self._reader.damaged_bytes,
            edition=self.edition,
            without=sorted(self.without),
        )

"""A media Sink that writes every packet of a room, with its arrival time, into the capture log.

Three promises. The packet loop is never held up: Sink methods append to a queue in memory and return. A crash costs no more
than `FLUSH_S` of media: a thread hands the queue to the operating system four times a second, and what the system has survives
the death of the process (kill -9). `fdatasync` runs every `SYNC_S`, which bounds what a power cut costs; oftener would make
rooms that share a slow disk wait for each other. When the disk is (nearly) full, broken or too slow, media is dropped and the
hole written down as soon as writing works again; the class goes on. Before the disk is full it is said that it will be.
"""

import errno
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Final, Literal

import structlog

from media.control import CaptureId, CaptureTrouble, RoomId
from media.subscription import Keyframes, Report, Sink, TrackInfo
from recording import log
from recording.disk import DiskWatch, read_space
from recording.watch import PictureWatch

FLUSH_S: Final = 0.25
SYNC_S: Final = 2.0
ALIVE_S: Final = 1.0
"""A sign of life in the log, so that the start of a gap is known even when nobody sends."""
SEGMENT_BYTES: Final = 64 << 20
QUEUE_BYTES: Final = 16 << 20
"""Half a minute of a lecture with screen: how long a disk may stand still before media is dropped."""
RETRY_S: Final = 1.0
RANKS: Final = {"q": 0, "h": 1, "f": 2, None: 3}
VIDEO: Final = frozenset({"camera", "screen"})

logger = structlog.get_logger("recording.capture")
_Item = tuple[int, int, float, bytes]
Code = Literal["disk-low", "disk-enough", "disk-full", "disk-error", "slow-disk", "recovered"]
ROOM_AGAIN: Final = 1.5
"""So many times the disk's reserve must be free before a capture that stood still goes on."""


def boot_id() -> str:
    """What tells two boots of this machine apart; empty where the system has no such thing."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def open_capture(room: RoomId, capture: CaptureId, directory: str, request_keyframe: Keyframes, report: Report) -> "CaptureSink":
    """Open a Sink (a `media.subscription.SinkFactory`): a new run in `directory`/capture.

    request_keyframe and report are called from the writer thread. Raises OSError when the folder cannot be written.
    """
    return CaptureSink(room, capture, Path(directory) / "capture", request_keyframe, report)


def open_shared_capture(
    room: RoomId, capture: CaptureId, directory: str, request_keyframe: Keyframes, report: Report
) -> "CaptureSink":
    """As `open_capture`, where signalling has made `directory`: one that is absent is on another machine's disk.

    Raises OSError then too, or the recording would lie where nobody looks for it.
    """
    if not Path(directory).is_dir():
        raise FileNotFoundError(errno.ENOENT, "The folder of recordings is not shared with this machine", directory)
    return open_capture(room, capture, directory, request_keyframe, report)


class CaptureSink(Sink):
    """One run of one capture."""

    def __init__(
        self,
        room: RoomId,
        capture: CaptureId,
        directory: Path,
        request_keyframe: Keyframes,
        report: Report,
        *,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._room, self._capture = room, capture
        self._queue: deque[_Item] = deque()
        self._in_bytes = 0
        self._closed = False
        self._writer = _Writer(directory, self, request_keyframe, report, wall)
        self._thread = threading.Thread(target=self._writer.run, name=f"capture-{capture}", daemon=True)
        self._thread.start()

    # -- called by the packet loop: append and return -----------------------------------------------------------------

    def open_track(self, info: TrackInfo, now: float) -> None:
        self._queue.append((log.TRACK_OPENED, info.track, now, json.dumps(asdict(info)).encode()))

    def receive_rtp(self, track: int, packet: bytes, now: float) -> None:
        if self._in_bytes - self._writer.out_bytes > QUEUE_BYTES:
            self._writer.overflow(now)
            return
        self._in_bytes += len(packet)
        self._queue.append((log.RTP, track, now, packet))

    def receive_sender_report(self, track: int, ntp_64: int, timestamp_rtp: int, now: float) -> None:
        self._queue.append((log.SENDER_REPORT, track, now, log.REPORT.pack(ntp_64 & (2**64 - 1), timestamp_rtp & 0xFFFFFFFF)))

    def close_track(self, track: int, now: float) -> None:
        self._queue.append((log.TRACK_CLOSED, track, now, b""))

    def close(self, now: float, *, interrupted: bool = False) -> None:
        """Write what is queued and a clean end; waits at most a second for a disk that does not answer.

        interrupted: no clean end, only a last sign of life, so that what is missing until the next run is a gap and no pause.
        """
        if self._closed:
            return
        self._closed = True
        self._queue.append((log.ALIVE if interrupted else log.CLOSED, 0, now, b""))
        self._writer.stop.set()
        self._thread.join(timeout=1.0)

    # -- for the writer -----------------------------------------------------------------------------------------------

    def take(self) -> list[_Item]:
        """Everything queued so far."""
        queue = self._queue
        return [queue.popleft() for _ in range(len(queue))]

    def trouble(self, code: Code) -> CaptureTrouble:
        return CaptureTrouble(room=self._room, capture=self._capture, code=code)


class _Writer:
    """The thread's side: packs, writes, syncs, rotates segments, notices trouble and recovery."""

    def __init__(
        self, directory: Path, sink: CaptureSink, request_keyframe: Keyframes, report: Report, wall: Callable[[], float]
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory, self._sink, self._request_keyframe, self._report = directory, sink, request_keyframe, report
        self._run = log.last_run(directory) + 1
        started_s = time.monotonic()
        self._info = {
            "run": self._run,
            "wall_s": wall(),
            "monotonic_s": started_s,
            "boot": boot_id(),
            "capture": sink._capture,
            "room": sink._room,
        }
        self._segment = 0
        self._tracks: dict[int, bytes] = {}
        self._closed_unwritten: list[int] = []
        self._watch = PictureWatch()
        self._disk = DiskWatch()
        self._file = -1
        self._size = 0
        self._alive_s = self._sync_s = started_s
        self._trouble_since: float | None = None
        self._retry_s = 0.0
        self._lost = 0
        self._overflow: tuple[float, float, int] | None = None
        self.out_bytes = 0
        self.stop = threading.Event()
        self._open_segment()

    def overflow(self, now: float) -> None:
        """Called by the packet loop: one packet did not fit."""
        if self._overflow is None:
            self._tell("slow-disk")
        first, _, count = self._overflow or (now, now, 0)
        self._overflow = (first, now, count + 1)

    def run(self) -> None:
        """Until `stop`: write, watch the pictures. Never ends early, whatever the disk does."""
        while not self.stop.wait(FLUSH_S):
            self._turn()
        self._retry_s = 0.0
        self._turn()
        self._finish()

    def _turn(self) -> None:
        try:
            now = time.monotonic()
            items = self._sink.take()
            self._observe(items)
            self._write(items, now)
            for track in self._watch.on_deadline(now):
                self._request_keyframe(track)
        except Exception:
            logger.exception("! capture turn failed", capture=self._sink._capture)

    def _observe(self, items: list[_Item]) -> None:
        for kind, track, at_s, payload in items:
            if kind == log.RTP:
                if len(payload) >= 4:
                    self._watch.receive(track, payload[2] << 8 | payload[3], at_s)
            elif kind == log.TRACK_OPENED:
                self._tracks[track] = payload
                info = json.loads(payload)
                if info["source"] in VIDEO:
                    self._watch.open_track(track, (info["peer"], info["source"]), RANKS.get(info["rid"], 1), at_s)
            elif kind == log.TRACK_CLOSED:
                self._tracks.pop(track, None)
                if self._trouble_since is not None:
                    self._closed_unwritten.append(track)
                self._watch.close_track(track)

    def _write(self, items: list[_Item], now: float) -> None:
        taken = sum(len(item[3]) for item in items if item[0] == log.RTP)
        try:
            if self._trouble_since is not None:
                if now < self._retry_s:
                    self._lost += len(items)
                    return
                self._recover(now)
            parts = [log.pack_record(*item) for item in items]
            if self._overflow is not None:
                first, last, count = self._overflow
                self._overflow = None
                parts.append(self._dropped(first, last, count, "slow-disk"))
                self._watch.refresh_all(now)
                self._tell("recovered")
            if now - self._alive_s >= ALIVE_S:
                self._alive_s = now
                parts.append(log.pack_record(log.ALIVE, 0, now, b""))
                self._look_at_disk(now)
            if parts:
                self._append(b"".join(parts))
            if now - self._sync_s >= SYNC_S:
                self._sync_s = now
                os.fdatasync(self._file)
            if self._size > SEGMENT_BYTES:
                self._open_segment()
        except OSError as error:
            self._fail(error, items, now)
        finally:
            self.out_bytes += taken

    def _look_at_disk(self, now: float, times: float = 1.0) -> None:
        """Warn in time; raises OSError when only the reserve is left."""
        space = read_space(self._directory)
        if space is None:
            return
        if (code := self._disk.look(space, now)) is not None:
            self._tell(code)
        if space.is_short(times):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _append(self, data: bytes) -> None:
        """Write all of `data` or raise OSError with the file as it was."""
        done = 0
        try:
            while done < len(data):
                done += os.write(self._file, data[done:])
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _open_segment(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        path = self._directory / log.segment_name(self._run, self._segment + 1)
        self._segment += 1
        self._size = 0
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
        try:
            self._append(log.MAGIC + log.pack_document(log.RUN, 0, time.monotonic(), dict(self._info)))
        except OSError:
            path.unlink(missing_ok=True)
            raise

    # -- trouble ------------------------------------------------------------------------------------------------------

    def _fail(self, error: OSError, items: list[_Item], now: float) -> None:
        self._lost += len(items)
        self._retry_s = now + RETRY_S
        if self._trouble_since is None:
            self._trouble_since = min((item[2] for item in items), default=now)
            full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
            logger.warning("! capture cannot write", capture=self._sink._capture, error=errno.errorcode.get(error.errno or 0))
            self._tell("disk-full" if full else "disk-error")

    def _recover(self, now: float) -> None:
        """Start a new segment with the open tracks and the hole; raises OSError when the disk still refuses."""
        assert self._trouble_since is not None, "recovering from a trouble"
        self._look_at_disk(now, ROOM_AGAIN)
        self._open_segment()
        tracks = [log.pack_record(log.TRACK_OPENED, track, now, info) for track, info in self._tracks.items()]
        tracks += [log.pack_record(log.TRACK_CLOSED, track, now, b"") for track in self._closed_unwritten]
        self._append(b"".join(tracks) + self._dropped(self._trouble_since, now, self._lost, "disk"))
        self._trouble_since, self._lost, self._closed_unwritten = None, 0, []
        self._watch.refresh_all(now)
        self._tell("recovered")

    @staticmethod
    def _dropped(first: float, last: float, count: int, reason: str) -> bytes:
        return log.pack_document(log.DROPPED, 0, last, {"from_s": first, "to_s": last, "packets": count, "reason": reason})

    def _tell(self, code: Code) -> None:
        logger.info("= capture", capture=self._sink._capture, code=code)
        self._report(self._sink.trouble(code))

    def _finish(self) -> None:
        try:
            os.fdatasync(self._file)
        except OSError:
            logger.warning("! capture could not sync its end", capture=self._sink._capture)
        finally:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

"""Ready-made videos: what a file really is, whether it can be decoded, and the files a replay plays.

Nothing that comes from outside is believed. The first bytes say which demuxer may look at it, and no other ever does: an "mp4"
that holds a playlist would make ffmpeg read other files, or the network. Looking at it happens in a process of its own with
limits on time and memory.
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import ffmpeg

from recording.compose import ARENAS, MEMORY_BYTES, run_ffmpeg
from recording.errors import ComposeFailed, ComposeInterrupted, RecordingError
from recording.manifest import ClockStretch, Film, Manifest, Scene, Track

PROBE_S: Final = 45.0
HIGHEST: Final = 1080
LONGEST_S: Final = 12 * 3600.0
LARGEST_PIXELS: Final = 4096 * 2304
"""A coder's memory grows with the picture."""
VIDEO: Final = "video.mp4"
POSTER: Final = "poster.jpg"


class VideoRefused(RecordingError):
    """`code` says why, e.g. "video-archive"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def demuxer_of(head: bytes) -> str:
    """Which demuxer may open a file that begins with `head` (some KB). Raises VideoRefused. Pure."""
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    if head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
        return "asf"
    if head.startswith(b"FLV\x01"):
        return "flv"
    if head.startswith(b"\x00\x00\x01\xba"):
        return "mpeg"
    if len(head) > 564 and all(head[at] == 0x47 for at in (0, 188, 376, 564)):
        return "mpegts"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:512].lower()
    if (
        text.startswith((b"#extm3u", b"[playlist]", b"ffconcat", b"<asx", b"<smil", b"<mpd"))
        or b"<mpd" in text
        or b"#ext-x" in text
    ):
        raise VideoRefused("video-playlist")
    if (
        head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ"))
        or head[257:262] == b"ustar"
    ):
        raise VideoRefused("video-archive")
    if head.startswith((b"MZ", b"\x7fELF", b"#!", b"\xca\xfe\xba\xbe", b"\xcf\xfa\xed\xfe")):
        raise VideoRefused("video-program")
    if head.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\xd0\xcf\x11\xe0", b"{\\rtf")) or text.startswith(
        (b"<", b"%!ps")
    ):
        raise VideoRefused("video-document")
    raise VideoRefused("video-unknown")


@dataclass(frozen=True, slots=True)
class Probe:
    """What a decoder found."""

    demuxer: str
    duration_s: float
    width: int
    height: int
    video: str
    profile: str
    """avc1.… for H.264, else empty."""
    pixels: str
    audio: str | None

    @property
    def plays_as_it_is(self) -> bool:
        """Every browser plays it once it is in an MP4."""
        fits = self.height <= HIGHEST and self.pixels in ("yuv420p", "yuvj420p")
        return self.demuxer == "mov" and self.video == "h264" and bool(self.profile) and fits and self.audio in (None, "aac")


# Runs inside the limited process: opens the file with the one demuxer and decodes a picture of it.
_LOOK: Final = """
import json, resource, sys
path, demuxer, memory, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
import av
found = {"code": None}
try:
    with av.open("file:" + path, format=demuxer, options={"protocol_whitelist": "file,pipe"}, metadata_errors="ignore") as file:
        if not file.streams.video:
            found["code"] = "video-no-picture"
        else:
            video = file.streams.video[0]
            video.thread_count = 1
            picture = next(file.decode(video))
            context = video.codec_context
            extra = bytes(context.extradata or b"")
            longest = float(file.duration or 0) / 1e6
            if video.duration and video.time_base:
                longest = max(longest, float(video.duration * video.time_base))
            if not longest:
                file.seek(0)
                times = (float(p.pts * p.time_base) for p in file.demux(video) if p.pts is not None)
                longest = max(times, default=0.0)
            audio = file.streams.audio[0].codec_context.name if file.streams.audio else None
            known = context.name == "h264" and extra[:1] == b"\\x01"
            found.update(duration_s=longest, width=picture.width, height=picture.height, video=context.name, audio=audio)
            found.update(pixels=picture.format.name, profile="avc1." + extra[1:4].hex() if known else "")
except MemoryError:
    found["code"] = "video-slow"
except StopIteration:
    found["code"] = "video-broken"
except Exception as error:
    found["code"] = "video-broken"
print(json.dumps(found))
"""


async def look(path: Path) -> Probe:
    """What is in the file. Never takes longer than PROBE_S nor more than MEMORY_BYTES.

    Raises VideoRefused, and ComposeInterrupted when somebody killed the process that looks.
    """
    began_s = time.monotonic()
    demuxer = demuxer_of(await asyncio.to_thread(_head, path))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", _LOOK, str(path), demuxer, str(MEMORY_BYTES), str(int(PROBE_S))),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", **ARENAS},
    )
    try:
        said, _ = await asyncio.wait_for(process.communicate(), PROBE_S)
    except TimeoutError:
        raise VideoRefused("video-slow") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    try:
        found: dict[str, Any] = json.loads(said)
    except ValueError:
        # The limit on its time ends it with the same signal, but late.
        if process.returncode == -signal.SIGKILL and time.monotonic() - began_s < PROBE_S / 2:
            raise ComposeInterrupted("looking at the video was ended from outside") from None
        raise VideoRefused("video-slow") from None  # killed by a limit
    code = found.pop("code")
    if code is not None:
        raise VideoRefused(str(code))
    probe = Probe(demuxer=demuxer, **found)
    if (
        not 0 < probe.duration_s <= LONGEST_S
        or min(probe.width, probe.height) < 16
        or probe.width * probe.height > LARGEST_PIXELS
    ):
        raise VideoRefused("video-broken")
    return probe


def _head(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(4096)


def build_video(path: Path, probe: Probe, target: Path) -> list[str]:
    """Arguments that make the MP4 a browser plays: its own coding where that will do, else H.264 and AAC. Pure."""
    source = ffmpeg.input(f"file:{path}", f=probe.demuxer, protocol_whitelist="file,pipe", threads=2)
    common: dict[str, Any] = {
        "f": "mp4",
        "movflags": "+faststart",
        "map_metadata": -1,
        "sn": None,
        "dn": None,
        "map_chapters": -1,
    }
    sound = [source["a:0"]] if probe.audio else []
    if probe.plays_as_it_is:
        output = ffmpeg.output(source["v:0"], *sound, f"file:{target}", c="copy", **common)
    else:
        picture = source["v:0"].filter("scale", -2, f"trunc(min(ih,{HIGHEST})/2)*2").filter("fps", 30).filter("format", "yuv420p")
        coding: dict[str, Any] = {
            "vcodec": "libx264",
            "preset": "veryfast",
            "crf": 24,
            "g": 90,
            "threads": 2,
            "x264-params": "rc-lookahead=20",
        }
        if probe.audio:
            coding |= {"acodec": "aac", "audio_bitrate": "128k", "ac": 2, "ar": 48_000}
        output = ffmpeg.output(picture, *sound, f"file:{target}", **common, **coding)
    return _arguments(output)


def build_poster(path: Path, at_s: float, target: Path) -> list[str]:
    picture = ffmpeg.input(f"file:{path}", f="mov", protocol_whitelist="file,pipe", ss=round(at_s, 3)).video.filter(
        "scale", 640, -2
    )
    return _arguments(ffmpeg.output(picture, f"file:{target}", f="image2", vcodec="mjpeg", vframes=1, **{"q:v": 4, "update": 1}))


def _arguments(output: Any) -> list[str]:
    flags = (
        "-hide_banner",
        "-nostdin",
        "-xerror",
        "-v",
        "error",
        "-progress",
        "pipe:1",
        "-nostats",
        "-filter_complex_threads",
        "2",
    )
    return [str(each) for each in ffmpeg.get_args(output.overwrite_output().global_args(*flags))]


async def make_video(path: Path, work: Path, recording: str, now: datetime, report: Callable[[float], None]) -> Manifest:
    """The files of a recording in `work`: the video, its poster if there is one, and the manifest (returned, not written).

    Raises VideoRefused, and ComposeInterrupted when it is not the video's fault. Everything the file says about itself (places,
    names) is thrown away.
    """
    probe = await look(path)
    target = work / VIDEO
    try:
        await run_ffmpeg(build_video(path, probe, target), probe.duration_s, report)
        made = await look(target)
    except ComposeInterrupted:
        raise
    except ComposeFailed:
        raise VideoRefused("video-broken") from None
    # a file that was cut off is decoded up to where it ends
    if made.duration_s < 0.9 * probe.duration_s - 1.0:
        raise VideoRefused("video-broken")
    poster = work / POSTER
    with suppress(ComposeFailed):
        await run_ffmpeg(build_poster(target, made.duration_s * 0.1, poster), 1.0, stall_s=20.0)
    return describe(recording, made, target.stat().st_size, POSTER if poster.exists() else None, now)


def describe(recording: str, probe: Probe, size_bytes: int, poster: str | None, now: datetime) -> Manifest:
    mime = f'video/mp4; codecs="{probe.profile}{", mp4a.40.2" if probe.audio else ""}"'
    whole = (0.0, probe.duration_s)
    track = Track(
        id="main",
        kind="main",
        source="camera",
        owner=None,
        file=VIDEO,
        mime=mime,
        offset_s=0.0,
        duration_s=probe.duration_s,
        width=probe.width,
        height=probe.height,
        has_audio=probe.audio is not None,
        visible=[whole],
        size_bytes=size_bytes,
    )
    film = Film(
        file=VIDEO,
        mime=mime,
        duration_s=probe.duration_s,
        width=probe.width,
        height=probe.height,
        size_bytes=size_bytes,
    )
    return Manifest(
        recording=recording,
        duration_s=probe.duration_s,
        started_at=now,
        main="main",
        tracks=[track],
        scenes=[Scene(from_s=0.0, to_s=probe.duration_s, layout="camera", tracks=["main"])],
        gaps=[],
        pauses=[],
        clock=[ClockStretch(media_s=0.0, length_s=probe.duration_s, utc=now)],
        unsupported=[],
        losses=[],
        poster=poster,
        film=film,
    )

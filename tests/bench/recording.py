"""What recording costs and how soon it plays: `python -m tests.bench.recording` (about two minutes).

Prints one line per figure: `row value target pass`. Rooms are paced in real time: a 720p VP8 camera at 1.4 Mbps, a microphone at
50 packets/s and a 1080p screen at 0.6 Mbps. CPU is that of the whole process minus the same loop without a capture.
"""

import asyncio
import itertools
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import psutil
from aiortc.codecs.vpx import Vp8Encoder

from media.control import CaptureId, RoomId
from media.subscription import TrackInfo
from recording import log
from recording.capture import CaptureSink, open_capture
from recording.compose import compose_film, make_poster
from recording.manifest import Manifest
from recording.prepare import Preparation
from recording.publish import open_storage
from tests.recording.lecture import Lecture
from tests.recording.material import FPS, Encoded, encode_sound

LOOP_S = 10


def encode(source: str, width: int, height: int, bitrate_bps: int) -> tuple[Encoded, ...]:
    """Ten seconds of a moving picture, beginning with a key frame."""
    encoder: Any = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = width, height, "yuv420p", Fraction(1, FPS)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = bitrate_bps, 100_000, 1
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "10",
        "lag-in-frames": "0",
        "minrate": str(bitrate_bps),
        "maxrate": str(bitrate_bps),
    }
    packer, pictures = Vp8Encoder(), []
    with av.open(f"{source}=size={width}x{height}:rate={FPS}", format="lavfi") as graph:
        for number, frame in enumerate(itertools.islice(graph.decode(video=0), LOOP_S * FPS)):
            picture = frame.reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            for packet in encoder.encode(picture):
                payloads, _ = packer.pack(packet)
                pictures.append(Encoded(bool(packet.is_keyframe), tuple(payloads)))
    return tuple(pictures)


def lecture(seconds: int, camera: tuple[Encoded, ...], screen: tuple[Encoded, ...]) -> Lecture:
    made = Lecture()
    loops = -(-seconds // LOOP_S)
    made.pictures(0.0, (camera * loops)[: seconds * FPS], sequence_start=0)
    made.sound(0.0, (encode_sound(LOOP_S) * loops)[: seconds * 50])
    made.pictures(0.0, (screen * loops)[: seconds * FPS], source="screen", sequence_start=0)
    made.events.sort()
    return made


def pace(made: Lecture, sinks: list[CaptureSink]) -> float:
    """Deliver the lecture to every sink in real time; CPU seconds of this process."""
    start_s, cpu_s = time.monotonic(), time.process_time()
    for event in made.events:
        at_s = start_s + event.at_s
        wait_s = at_s - time.monotonic()
        if wait_s > 0.005:
            time.sleep(wait_s)
        for sink in sinks:
            if event.kind == log.RTP:
                sink.receive_rtp(event.track, event.payload, at_s)
            elif event.kind == log.TRACK_OPENED:
                sink.open_track(TrackInfo(**json.loads(event.payload)), at_s)
            elif event.kind == log.SENDER_REPORT:
                sink.receive_sender_report(event.track, *log.REPORT.unpack(event.payload), at_s)
    return time.process_time() - cpu_s


def children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def row(name: str, value: float, unit: str, target: float, passed: Callable[[float, float], bool] = lambda v, t: v <= t) -> bool:
    good = passed(value, target)
    print(f"{name:<58} {value:9.3f} {unit:<8} target {target:<7g} {'pass' if good else 'FAIL'}", flush=True)
    return good


def follow(folder: Path) -> tuple[Preparation, float]:
    """Read the whole log as the jobs do during class; CPU seconds."""
    cpu_s = time.process_time()
    preparation = Preparation("rec", folder / "capture", folder / "work")
    while preparation.advance():
        pass
    return preparation, time.process_time() - cpu_s


async def publish(manifest: Manifest, folder: Path) -> Manifest:
    """What stands between the last byte and a replay that plays."""
    storage = open_storage(folder.parent.parent)
    poster = await make_poster(manifest, folder / "work")
    manifest = manifest.model_copy(update={"poster": poster.name if poster else None})
    for name in manifest.files() - {"manifest.json"}:
        await storage.publish(f"rec/{name}", folder / "work" / name)
    await storage.write_manifest(manifest)
    return manifest


def main() -> int:
    camera, screen = encode("mandelbrot", 1280, 720, 1_400_000), encode("testsrc2", 1920, 1080, 600_000)
    good = True
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        rooms, seconds = 10, 15
        made = lecture(seconds, camera, screen)
        packets = sum(1 for event in made.events if event.kind == log.RTP) / seconds
        print(f"one room: {packets:.0f} packets/s, load average {os.getloadavg()[0]:.1f}")
        alone_s = pace(made, [])
        before = psutil.Process().memory_info().rss
        sinks = [
            open_capture(RoomId("r"), CaptureId(str(n)), str(root / f"room-{n}"), lambda track: None, lambda trouble: None)
            for n in range(rooms)
        ]
        with_rooms_s = pace(made, sinks)
        memory = (psutil.Process().memory_info().rss - before) / rooms / 1e6
        for sink in sinks:
            sink.close(time.monotonic())
        capture = (with_rooms_s - alone_s) / seconds / rooms
        preparation, follow_s = follow(root / "room-0")
        preparation.finish()
        good &= row("P5 capture, cores per room (10 rooms at once)", capture, "core", 0.03)
        good &= row("P5 capture + making it playable, cores per room", capture + follow_s / seconds, "core", 0.03)
        good &= row("P5 memory of the media worker per room", memory, "MB", 30)

        for minutes in (1, 20):
            took = []
            folder = root / f"d{minutes}" / "recordings" / "rec"
            lecture(minutes * 60, camera, screen).write(folder / "capture")
            for _ in range(5 if minutes == 1 else 1):
                preparation, cpu_s = follow(folder)
                start_s = time.monotonic()
                manifest = preparation.finish()
                manifest = asyncio.run(publish(manifest, folder))
                took.append(time.monotonic() - start_s)
            good &= row(f"P6 class of {minutes} min: end → replay plays (max of {len(took)})", max(took), "s", 5.0)
            print(f"   median {statistics.median(took):.3f} s; all over again from the log (after a kill): {cpu_s:.1f} s CPU")
            if minutes == 1:
                start_s, used_s = time.monotonic(), children_cpu_s()
                asyncio.run(compose_film(manifest, open_storage(folder.parent.parent), folder / "film"))
                good &= row(
                    "P6 film time ÷ length (720p + screen), this machine now", (time.monotonic() - start_s) / 60, "×", 0.3
                )
                good &= row("P6 film CPU ÷ length ÷ 2 cores (whatever else runs)", (children_cpu_s() - used_s) / 120, "×", 0.3)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""Half a minute of real VP8 (720p, 30 pictures a second, 1.4 Mbit/s) and Opus, made by ffmpeg once per run, as RTP payloads.

As from a browser, a key frame comes when somebody asks for one (the clip then begins anew), not by the clock.
"""

import subprocess
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import av
import imageio_ffmpeg

FPS, SOUNDS_PER_S = 30, 50
MAX_PAYLOAD_BYTES = 1160
PICTURE = "testsrc2=size=1280x720:rate=30"
VIDEO = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-threads", "1", "-g", "9999", "-pix_fmt", "yuv420p")
RATE = ("-b:v", "1400k", "-minrate", "1400k", "-maxrate", "1400k", "-bufsize", "350k")
AUDIO = ("-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-ac", "2", "-ar", "48000")


@dataclass(slots=True)
class Picture:
    """One frame, cut as a browser cuts it: packets of nearly equal size, each behind its VP8 payload descriptor."""

    payloads: list[bytes]
    is_key: bool


@dataclass(slots=True)
class Clip:
    """Played round and round; begins with a key frame."""

    pictures: list[Picture] = field(default_factory=list)
    sounds: list[bytes] = field(default_factory=list)
    numbers: dict[bytes, int] = field(default_factory=dict)
    """Payload → its number: how a viewer knows what arrived, and that it arrived whole. Without those that come twice."""

    @property
    def packets_per_s(self) -> float:
        return sum(len(p.payloads) for p in self.pictures) / (len(self.pictures) / FPS) + SOUNDS_PER_S

    @property
    def bits_per_s(self) -> float:
        return sum(len(b) for p in self.pictures for b in p.payloads) * 8 / (len(self.pictures) / FPS)


def make_clip(folder: Path, seconds: int = 30) -> Clip:
    """Encode and cut; raises CalledProcessError when ffmpeg cannot."""
    path = folder / "lecture.webm"
    sources = ("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", "anoisesrc=color=pink:amplitude=0.3:sample_rate=48000")
    subprocess.run(
        [
            *(imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", *sources, "-t", str(seconds)),
            *(*VIDEO, *RATE, *AUDIO, str(path)),
        ],
        check=True,
        timeout=60,
    )
    clip = Clip()
    with av.open(str(path)) as film:
        for packet in film.demux():
            data = bytes(packet)
            if not data:
                continue
            if packet.stream.type == "video":
                payloads = cut(data)
                clip.pictures.append(Picture(payloads, packet.is_keyframe))
            else:
                clip.sounds.append(data)
                payloads = [data]
    times = Counter([*clip.sounds, *(payload for picture in clip.pictures for payload in picture.payloads)])
    clip.numbers = {payload: number for number, payload in enumerate(payload for payload, count in times.items() if count == 1)}
    assert clip.pictures[0].is_key, "a clip begins with a key frame"
    return clip


def cut(frame: bytes) -> list[bytes]:
    """RFC 7741 payloads with the one-byte descriptor."""
    count = -(-len(frame) // MAX_PAYLOAD_BYTES)
    bounds = [len(frame) * k // count for k in range(count + 1)]
    return [(b"\x10" if k == 0 else b"\x00") + frame[bounds[k] : bounds[k + 1]] for k in range(count)]

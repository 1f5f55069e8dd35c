"""All voices → one continuous Opus track.

While one person speaks (nearly always), their Opus packets are passed through untouched: no generation loss, next to no CPU.
While several tracks carry sound, they are decoded, added and encoded again. Where nothing sounds, three-byte Opus packets of
silence keep the track continuous, so that players keep time. A voice's packets are placed where its clock says, and packets
that follow each other are joined; when the two differ by more than `TOLERANCE` (a sound card that runs fast, a loss) the voice
is placed anew.
"""

from collections import deque
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final, NamedTuple

import av
import numpy as np
from numpy.typing import NDArray

RATE: Final = 48_000
FRAME: Final = 960
"""20 ms."""
TOLERANCE: Final = 1_440
"""30 ms: below what ears and the A/V figure (80 ms) notice."""
LINGER: Final = RATE
"""After the second voice ended, mixing goes on for a second."""
SILENCE: Final = {960: b"\xf8\xff\xfe", 480: b"\xf0\xff\xfe", 240: b"\xe8\xff\xfe", 120: b"\xe0\xff\xfe"}
"""CELT packets of silence by length (RFC 6716 §3.1)."""
BITRATE_BPS: Final = 64_000
Samples = NDArray[np.int32]


class Sound(NamedTuple):
    """One Opus packet of the mixed track."""

    start: int
    """In samples of 48 kHz on the media clock."""
    length: int
    data: bytes


def opus_length(packet: bytes) -> int:
    """Samples at 48 kHz in an Opus packet (RFC 6716 §3.1), 0 when it is no valid packet."""
    if not packet:
        return 0
    config, code = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    if code == 3 and len(packet) < 2:
        return 0
    count = (1, 2, 2, packet[1] & 63 if code == 3 else 0)[code]
    return frame * count if 0 < frame * count <= 5760 else 0


@dataclass
class _Voice:
    packets: deque[Sound] = field(default_factory=deque)
    end: int | None = None
    """Where the next packet follows on, when it does."""
    decoder: Any = None
    pcm: deque[tuple[int, Samples]] = field(default_factory=deque)


@dataclass
class Mixer:
    """Voices in with their times, one track out without holes."""

    cursor: int = 0
    """Everything before is out."""
    mixed_samples: int = 0
    """How much had to be encoded again."""
    heard: bool = False
    """Some voice brought sound."""
    _voices: dict[object, _Voice] = field(default_factory=dict)
    _encoder: Any = None
    _alone_since: int | None = None

    def receive(self, voice: object, time_s: float, packet: bytes) -> None:
        """A packet of `voice`, in order."""
        length = opus_length(packet)
        if not length:
            return
        self.heard = True
        state = self._voices.setdefault(voice, _Voice())
        target = round(time_s * RATE)
        if state.end is None or abs(target - state.end) > TOLERANCE:
            if state.end is not None and target < state.end:
                return  # early by more than the tolerance: leave this packet out, the next ones fit
            state.end = target
        state.packets.append(Sound(state.end, length, packet))
        state.end += length

    def end_voice(self, voice: object) -> None:
        """Its track ended; what is queued still sounds."""
        state = self._voices.get(voice)
        if state is not None:
            state.end = None

    def advance(self, until_s: float) -> list[Sound]:
        """Everything up to a media time."""
        until = round(until_s * RATE)
        sounds: list[Sound] = []
        while self.cursor + FRAME <= until:
            self._drop_past()
            sounds.append(self._mix() if self._must_mix() else self._pass())
            self.cursor += sounds[-1].length
        for voice in [v for v, state in self._voices.items() if state.end is None and not state.packets and not state.pcm]:
            del self._voices[voice]
        return sounds

    def _drop_past(self) -> None:
        for state in self._voices.values():
            while state.packets and state.packets[0].start + state.packets[0].length // 2 < self.cursor:
                state.packets.popleft()

    def _sounding(self) -> list[_Voice]:
        return [v for v in self._voices.values() if v.packets and v.packets[0].start < self.cursor + FRAME]

    def _must_mix(self) -> bool:
        busy = sum(1 for v in self._voices.values() if v.pcm or (v.packets and v.packets[0].start < self.cursor + FRAME))
        if busy > 1:
            self._alone_since = None
            if self._encoder is None:
                self._encoder = _make_encoder()
        elif self._encoder is not None:
            if self._alone_since is None:
                self._alone_since = self.cursor
            if self.cursor - self._alone_since >= LINGER:
                self._stop_mixing()
        return self._encoder is not None

    def _pass(self) -> Sound:
        sounding = self._sounding()
        if not sounding:
            return self._silence(FRAME)
        first = sounding[0].packets[0]
        wait = first.start - self.cursor
        if wait >= 120:
            return self._silence(wait)
        sounding[0].packets.popleft()
        return Sound(self.cursor, first.length, first.data)

    def _silence(self, wanted: int) -> Sound:
        length = next(length for length in SILENCE if length <= wanted)
        return Sound(self.cursor, length, SILENCE[length])

    def _mix(self) -> Sound:
        total: Samples = np.zeros(FRAME * 2, dtype=np.int32)
        end = self.cursor + FRAME
        for state in self._voices.values():
            while state.packets and state.packets[0].start < end:
                packet = state.packets.popleft()
                state.pcm.append((packet.start, _decode(state, packet)))
            while state.pcm and state.pcm[0][0] < end:
                start, pcm = state.pcm.popleft()
                skip = max(0, self.cursor - start)
                take = min(len(pcm) // 2 - skip, end - max(start, self.cursor))
                if take > 0:
                    to = max(start, self.cursor) - self.cursor
                    total[2 * to : 2 * (to + take)] += pcm[2 * skip : 2 * (skip + take)]
                if take > 0 and skip + take < len(pcm) // 2:
                    state.pcm.appendleft((start + skip + take, pcm[2 * (skip + take) :]))
                    break
        self.mixed_samples += FRAME
        return Sound(self.cursor, FRAME, _encode(self._encoder, np.clip(total, -32768, 32767).astype(np.int16)))

    def _stop_mixing(self) -> None:
        self._encoder, self._alone_since = None, None
        for state in self._voices.values():
            state.decoder = None
            state.pcm.clear()


def _make_encoder() -> Any:
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.bit_rate, encoder.format, encoder.layout, encoder.sample_rate = BITRATE_BPS, "s16", "stereo", RATE
    encoder.time_base = Fraction(1, RATE)
    encoder.options = {"application": "audio", "frame_duration": "20"}
    encoder.open()
    return encoder


def _encode(encoder: Any, pcm: NDArray[np.int16]) -> bytes:
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="stereo")
    frame.sample_rate = RATE
    packets = encoder.encode(frame)
    return bytes(packets[0]) if packets else SILENCE[FRAME]


def _decode(state: _Voice, sound: Sound) -> Samples:
    if state.decoder is None:
        state.decoder = av.CodecContext.create("libopus", "r")
        state.decoder.format, state.decoder.layout, state.decoder.sample_rate = "s16", "stereo", RATE
    try:
        frames = state.decoder.decode(av.Packet(sound.data))
    except av.FFmpegError:
        frames = []
    if not frames:
        return np.zeros(sound.length * 2, dtype=np.int32)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames]).astype(np.int32)

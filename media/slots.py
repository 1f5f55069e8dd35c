"""The m-lines every viewer is offered: identical names, SSRCs and payload types for all, so that a packet is prepared once."""

from dataclasses import dataclass
from typing import Literal

CAMERAS = 6
VOICES = 6

NATIVE_PAYLOAD_TYPES = {"vp8": 96, "h264": 102, "vp9": 98, "av1": 100, "opus": 111}
NATIVE_SEND_TIME_ID = 2


@dataclass(frozen=True, slots=True)
class SlotKind:
    """One m-line's unchanging facts."""

    name: str
    media: Literal["audio", "video"]
    ssrc: int
    default_height: int
    """What a viewer who states no preference is sent at most; audio has none."""


SCREEN = SlotKind("screen", "video", 0x11000000, 4320)
STAGE = SlotKind("stage", "video", 0x11000100, 4320)
"""For players with one picture (WHEP): the screen while one is shared, else the instructor's camera."""
CAMERA_SLOTS = tuple(SlotKind(f"camera-{i}", "video", 0x11000010 + i, 720 if i == 0 else 360) for i in range(CAMERAS))
AUDIO_SLOTS = tuple(SlotKind(f"audio-{i}", "audio", 0x12000000 + i, 0) for i in range(VOICES))
OFFERED = (SCREEN, *CAMERA_SLOTS, *AUDIO_SLOTS)
"""In the order of the offer's m-lines; the mid is the place."""
ALL = (*OFFERED, STAGE)
BY_NAME = {kind.name: kind for kind in ALL}
BY_SSRC = {kind.ssrc: kind for kind in ALL}

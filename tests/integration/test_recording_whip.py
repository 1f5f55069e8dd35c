"""An encoder (ffmpeg by WHIP: H.264 and stereo Opus) through the real relay into a real capture."""

import asyncio
from pathlib import Path

import numpy as np
import pytest

from media.control import SlotChanged
from recording.capture import open_capture
from tests.integration.media_clients import worker_and_signalling
from tests.integration.test_media_whip import ffmpeg_publisher, whip_endpoint
from tests.integration.test_recording_chromium import record
from tests.recording.files import decode_pictures, decode_sound, prepare

pytestmark = pytest.mark.integration


async def test_what_an_encoder_sends_is_recorded_with_picture_and_sound(tmp_path: Path) -> None:
    async with (
        worker_and_signalling(sink_factory=open_capture) as (_, signalling),
        whip_endpoint(signalling) as url,
        ffmpeg_publisher(url),
    ):
        await signalling.wait_for(lambda e: isinstance(e, SlotChanged) and e.slot == "camera-0")
        await asyncio.sleep(1.0)  # what it made while it connected comes at once
        await record(signalling, tmp_path, True)
        await asyncio.sleep(4.0)
        await record(signalling, tmp_path, False)
    manifest = await asyncio.to_thread(prepare, tmp_path)  # decodes to its end
    [track] = manifest.tracks
    assert (track.source, track.width, track.height, track.has_audio) == ("camera", 640, 360, True)
    assert track.file.endswith(".mp4")
    assert manifest.duration_s > 2.5
    path = tmp_path / "work" / track.file
    assert len(list(decode_pictures(path))) > 60
    samples, _ = decode_sound(path)
    assert float(np.abs(samples).max()) > 0.05

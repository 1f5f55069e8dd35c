"""A real browser publishes through the real relay into a real capture: the recording is judged by what it shows and sounds."""

import asyncio
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from media.control import CaptureId, StartCapture, StopCapture
from recording.capture import open_capture
from tests.integration.media_clients import ROOM, worker_and_signalling
from tests.integration.media_page import chromium, open_tab
from tests.recording.files import clicks, decode_pictures, decode_sound, prepare

pytestmark = [pytest.mark.integration, pytest.mark.browser]

FLASH_AND_BEEP = """async (id) => {
  const canvas = document.createElement('canvas'), pen = canvas.getContext('2d');
  canvas.width = 640; canvas.height = 360;
  const audio = new AudioContext({latencyHint: 'interactive'}), out = audio.createMediaStreamDestination();
  await audio.resume();
  const gain = audio.createGain(), tone = audio.createOscillator();
  gain.gain.value = 0; tone.frequency.value = 1500; tone.connect(gain).connect(out); tone.start();
  let n = 0;
  setInterval(() => {
    const on = n % 25 == 0; n += 1;
    pen.fillStyle = on ? '#fff' : `rgb(${40 + n % 20}, 60, 60)`; pen.fillRect(0, 0, 640, 360);
    if (on) { gain.gain.setValueAtTime(0.8, audio.currentTime); gain.gain.setValueAtTime(0, audio.currentTime + 0.06); }
  }, 40);
  const pc = pcs[id] = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.addTransceiver(out.stream.getAudioTracks()[0], {direction: 'sendonly'});
  pc.addTransceiver(canvas.captureStream(25).getVideoTracks()[0], {direction: 'sendonly'});
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
}"""


async def record(signalling: object, folder: Path, on: bool) -> None:
    from tests.integration.media_clients import Signalling

    assert isinstance(signalling, Signalling)
    if on:
        await signalling.ask(StartCapture(request=0, room=ROOM, capture=CaptureId("c"), directory=str(folder)))
    else:
        await signalling.ask(StopCapture(request=0, room=ROOM, capture=CaptureId("c")))


async def test_a_simulcast_camera_and_a_screen_are_recorded_whole(tmp_path: Path) -> None:
    async with worker_and_signalling(open_capture) as (_, signalling), chromium() as context:
        teacher = await open_tab(context, signalling)
        await teacher.publish("p1", "teacher", {"simulcast": True}, lead=True)
        await asyncio.sleep(2)
        await record(signalling, tmp_path, True)
        await asyncio.sleep(4)
        await teacher.publish("p2", "teacher", {"simulcast": True, "screen": True}, lead=True, sources={"2": "screen"})
        await asyncio.sleep(0.5)
        await teacher.page.evaluate("pcs.p1.close()")
        await asyncio.sleep(5)
        await record(signalling, tmp_path, False)
    manifest = prepare(tmp_path)
    main = manifest.track("main")
    assert manifest.duration_s == pytest.approx(9.6, abs=1.5)
    assert (main.width, main.height) == (1280, 720)
    assert (manifest.gaps, manifest.pauses, len(main.visible)) == ([], [], 1)
    pictures = [(time_s, luma.shape[1], float(luma.mean())) for time_s, luma in decode_pictures(tmp_path / "work" / main.file)]
    assert len(pictures) / manifest.duration_s > 20
    assert max(after[0] - before[0] for before, after in pairwise(pictures)) < 1.5
    assert sum(1 for _, width, _ in pictures if width == 1280) > 0.5 * len(pictures)
    samples, rate = decode_sound(tmp_path / "work" / main.file)
    assert len(samples) / rate == pytest.approx(manifest.duration_s, abs=0.2)
    assert np.abs(samples).max() > 0.05
    [screen] = [track for track in manifest.tracks if track.kind == "screen"]
    assert 3 < screen.offset_s < 7
    assert [scene.layout for scene in manifest.scenes if scene.to_s - scene.from_s > 1.0] == ["camera", "screen"]


async def test_what_flashes_and_beeps_together_is_recorded_together(tmp_path: Path) -> None:
    async with worker_and_signalling(open_capture) as (_, signalling), chromium() as context:
        teacher = await open_tab(context, signalling)
        sdp = await teacher.page.evaluate(FLASH_AND_BEEP, "p")
        opened = await signalling.open("p", owner="teacher", direction="publish", sdp=sdp, lead=True)
        await teacher.page.evaluate("([id, sdp]) => accept(id, sdp)", ["p", opened.sdp])
        await asyncio.sleep(1)
        await record(signalling, tmp_path, True)
        await asyncio.sleep(12)
        await record(signalling, tmp_path, False)
    manifest = prepare(tmp_path)
    path = tmp_path / "work" / manifest.track("main").file
    bright = [time_s for time_s, luma in decode_pictures(path) if luma.mean() > 160]
    flashed = np.array([time_s for place, time_s in enumerate(bright) if place == 0 or time_s - bright[place - 1] > 0.3])
    heard = clicks(*decode_sound(path))
    assert len(heard) >= 8
    skews = [float(np.abs(flashed - click).min()) for click in heard[1:-1]]
    print(f"row=A/V skew value={max(skews) * 1000:.0f}ms median={np.median(skews) * 1000:.0f}ms target=80ms")
    assert np.median(skews) <= 0.080

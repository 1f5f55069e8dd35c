"""Programs of others: ffmpeg publishes by WHIP (H.264 + stereo Opus) beside a VP8 camera; Chromium and a WHEP player watch."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import imageio_ffmpeg
import pytest
from aiortc import RTCSessionDescription

from media.control import SlotChanged
from tests.integration.media_clients import Signalling, new_connection, worker_and_signalling
from tests.integration.media_page import chromium, open_tab

pytestmark = [pytest.mark.integration, pytest.mark.browser]


@contextlib.asynccontextmanager
async def whip_endpoint(signalling: Signalling) -> AsyncIterator[str]:
    """The least a WHIP client needs: POST an offer, get an answer."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next((int(line.split(":")[1]) for line in head.split("\r\n") if line.lower().startswith("content-length")), 0)
        body = (await reader.readexactly(length)).decode()
        if head.startswith("POST"):
            opened = await signalling.open(
                "whip", owner="teacher", direction="publish", sdp=body, lead=True, near="127.0.0.1", sources={}
            )
            answer = opened.sdp.encode()
            writer.write(
                b"HTTP/1.1 201 Created\r\nContent-Type: application/sdp\r\nLocation: /whip/1\r\n"
                + f"Content-Length: {len(answer)}\r\nConnection: close\r\n\r\n".encode()
                + answer
            )
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/whip"
    finally:
        server.close()


INPUT = ("-hide_banner", "-loglevel", "warning", "-re", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=30")
SOUND = ("-f", "lavfi", "-i", "sine=440", "-t", "60")
VIDEO_CODEC = ("-c:v", "libx264", "-profile:v", "baseline", "-pix_fmt", "yuv420p", "-bf", "0", "-g", "30", "-b:v", "600k")
SPEED = ("-preset", "ultrafast", "-tune", "zerolatency")
AUDIO_CODEC = ("-c:a", "libopus", "-ar", "48000", "-ac", "2")


@contextlib.asynccontextmanager
async def ffmpeg_publisher(url: str, *options: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """ffmpeg sends a test picture and a tone."""
    process = await asyncio.create_subprocess_exec(
        imageio_ffmpeg.get_ffmpeg_exe(),
        *(*INPUT, *SOUND, *VIDEO_CODEC, *SPEED, *AUDIO_CODEC, *options, "-f", "whip", url),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


@pytest.mark.parametrize("flags", [(), ("-whip_flags", "dtls_active")], ids=["ffmpeg-passive", "ffmpeg-active"])
async def test_ffmpeg_publishes_and_chromium_and_a_player_see_it(flags: tuple[str, ...]) -> None:
    async with worker_and_signalling() as (_, signalling), chromium() as context, whip_endpoint(signalling) as url:
        tab = await open_tab(context, signalling)
        learner = await open_tab(context, signalling)
        await learner.publish("p2", "learner", {"simulcast": True})
        mids = await tab.view("v", "resident")
        async with ffmpeg_publisher(url, *flags):
            await signalling.wait_for(lambda e: isinstance(e, SlotChanged) and e.slot == "camera-0")
            lead = await tab.until("v", mids["camera-0"], "s.frameWidth == 640 && s.framesDecoded > 60", 10)
            assert lead["totalFreezesDuration"] < 0.5
            await tab.until("v", mids["camera-1"], "s.frameHeight == 360 && s.framesDecoded > 30")
            await tab.until("v", mids["audio-0"], "s.totalAudioEnergy > 0")
            player = new_connection()
            player.addTransceiver("video", direction="recvonly")
            player.addTransceiver("audio", direction="recvonly")
            await player.setLocalDescription(await player.createOffer())
            opened = await signalling.open("whep", owner="player", direction="view", sdp=player.localDescription.sdp)
            assert sorted(opened.slots.values()) == ["audio-0", "stage"]
            await player.setRemoteDescription(RTCSessionDescription(opened.sdp, "answer"))
            tracks = [transceiver.receiver.track for transceiver in player.getTransceivers()]
            picture = await asyncio.wait_for(tracks[0].recv(), 10)
            assert (picture.width, picture.height) == (640, 360)
            await asyncio.wait_for(tracks[1].recv(), 10)
            await player.close()

"""Real Chromium through the real worker: judged by decoded frames, never by our own counters."""

import asyncio

import pytest

from media.control import PeerId, PreferLayer
from tests.integration.media_clients import worker_and_signalling
from tests.integration.media_page import chromium, open_tab

pytestmark = [pytest.mark.integration, pytest.mark.browser]


async def test_a_simulcast_camera_reaches_viewers_at_full_rate_and_follows_their_tile() -> None:
    async with worker_and_signalling() as (_, signalling), chromium() as context:
        teacher = await open_tab(context, signalling)
        await teacher.publish("p", "teacher", {"simulcast": True}, lead=True)
        tabs = [await open_tab(context, signalling) for _ in range(2)]
        mids = [await tab.view(f"v{n}", f"resident-{n}") for n, tab in enumerate(tabs)]
        for n, tab in enumerate(tabs):
            await tab.until(f"v{n}", mids[n]["camera-0"], "s.frameWidth == 1280 && s.framesDecoded > 10")
        before = [await tab.inbound(f"v{n}", mids[n]["camera-0"]) for n, tab in enumerate(tabs)]
        await asyncio.sleep(3)
        for n, tab in enumerate(tabs):
            after = await tab.inbound(f"v{n}", mids[n]["camera-0"])
            seconds = (after["at"] - before[n]["at"]) / 1000
            assert (after["framesDecoded"] - before[n]["framesDecoded"]) / seconds >= 25
            assert after["totalFreezesDuration"] < 0.5
            assert after["packetsLost"] == 0
            sound = await tab.inbound(f"v{n}", mids[n]["audio-0"])
            assert sound["totalAudioEnergy"] > 0
        assert (await tabs[0].stats("v0"))["transport"]["srtpCipher"] == "SRTP_AEAD_AES_128_GCM"
        for height in (180, 360, 720, 180):
            await signalling.ask(PreferLayer(request=0, peer=PeerId("v0"), slot="camera-0", max_height=height))
            await tabs[0].until("v0", mids[0]["camera-0"], f"s.frameHeight == {height}", 5)
        last = await tabs[0].inbound("v0", mids[0]["camera-0"])
        assert last["totalFreezesDuration"] < 0.5
        other = await tabs[1].inbound("v1", mids[1]["camera-0"])
        assert other["frameHeight"] == 720
        await signalling.ask(PreferLayer(request=0, peer=PeerId("v0"), slot="camera-0", max_height=0))
        await asyncio.sleep(0.5)
        paused = await tabs[0].inbound("v0", mids[0]["camera-0"])
        await asyncio.sleep(0.7)
        assert (await tabs[0].inbound("v0", mids[0]["camera-0"]))["packetsReceived"] == paused["packetsReceived"]


async def test_a_second_connection_with_a_screen_takes_over_and_the_camera_goes_on() -> None:
    async with worker_and_signalling() as (_, signalling), chromium() as context:
        teacher = await open_tab(context, signalling)
        await teacher.publish("p1", "teacher", {"simulcast": True}, lead=True)
        tab = await open_tab(context, signalling)
        mids = await tab.view("v", "resident")
        await tab.until("v", mids["camera-0"], "s.frameWidth == 1280 && s.framesDecoded > 30")
        await teacher.publish("p2", "teacher", {"simulcast": True, "screen": True}, lead=True, sources={"2": "screen"})
        await signalling.ask(PreferLayer(request=0, peer=PeerId("v"), slot="camera-0", max_height=180))
        await asyncio.sleep(1)
        await teacher.page.evaluate("pcs.p1.close()")
        await tab.until("v", mids["screen"], "s.framesDecoded > 15")
        before = await tab.inbound("v", mids["camera-0"])
        lost = [s for s in (await teacher.stats("p2"))["remote"] if abs(s["packetsLost"]) > 50]
        assert lost == []
        await asyncio.sleep(3)
        after = await tab.inbound("v", mids["camera-0"])
        assert after["framesDecoded"] - before["framesDecoded"] > 60

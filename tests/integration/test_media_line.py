"""What real Chromium makes of it: a line that becomes narrow and wide again, and numbers that are filled or left out."""

import asyncio

import pytest

from media.control import PeerId, PreferLayer
from tests.integration.media_clients import worker_and_signalling
from tests.integration.media_line import WIDE_BPS, squeeze
from tests.integration.media_network import BadNetwork
from tests.integration.media_page import chromium, open_tab

pytestmark = [pytest.mark.integration, pytest.mark.browser]


async def test_a_narrow_line_gets_a_smaller_picture_at_once_and_the_full_one_again() -> None:
    async with worker_and_signalling() as (relay, signalling), chromium() as context:
        network = BadNetwork(("127.0.0.1", relay.port))
        try:
            network.rate_down_bps = WIDE_BPS
            teacher = await open_tab(context, signalling)
            await teacher.publish("p", "teacher", {"simulcast": True}, lead=True)
            tab = await open_tab(context, signalling, network)
            mid = (await tab.view("v", "resident"))["camera-0"]
            await tab.until("v", mid, "s.frameWidth === 1280 && s.framesDecoded > 30")
            await asyncio.sleep(8)  # a new connection's first estimates are far too low and not believed
            down_s, up_s, frozen_s = await squeeze(network, tab, mid, hold_s=2)
        finally:
            network.close()
        print(f"squeeze    smaller after {down_s:.1f} s, full after {up_s:.1f} s, {frozen_s:.1f} s frozen    ≤ 2 s, ≤ 20 s")
        assert down_s <= 4.0
        assert up_s <= 25.0


@pytest.mark.parametrize(("hidden_s", "how"), [(2.5, "filled"), (13.0, "left out")])
async def test_who_was_hidden_is_among_the_others_again_without_loss_or_freeze(hidden_s: float, how: str) -> None:
    async with worker_and_signalling() as (relay, signalling), chromium() as context:
        teacher = await open_tab(context, signalling)
        await teacher.publish("p", "teacher", {"simulcast": True}, lead=True)
        tab, other = await open_tab(context, signalling), await open_tab(context, signalling)
        mid = (await tab.view("v", "resident"))["camera-0"]
        await other.view("w", "other")
        await tab.until("v", mid, "s.frameWidth === 1280 && s.framesDecoded > 30")
        await other.until("w", mid, "s.frameWidth === 1280 && s.framesDecoded > 30")

        for height in (0, 720):
            await signalling.ask(PreferLayer(request=0, peer=PeerId("v"), slot="camera-0", max_height=height))
            await asyncio.sleep(hidden_s if height == 0 else 0)
        room = next(iter(relay.worker.rooms.values()))
        lanes = [room.viewers[PeerId(name)].subscriptions["camera-0"] for name in ("v", "w")]
        for _ in range(200):
            if lanes[0].lane is not None and lanes[0].lane is lanes[1].lane:
                break
            await asyncio.sleep(0.05)
        before = await tab.inbound("v", mid)
        await asyncio.sleep(3)
        after = await tab.inbound("v", mid)
        frames = after["framesDecoded"] - before["framesDecoded"]
        frozen_s = after["totalFreezesDuration"] - before["totalFreezesDuration"]
        print(
            f"lanes      {how}: {frames / 3:.0f} fps, {frozen_s:.1f} s frozen, {after['packetsLost']} lost, "
            f"{after['nackCount']} asked for, {after['pliCount']} key frame requests    one lane, no loss"
        )
        assert lanes[0].lane is lanes[1].lane, "they are in one lane again"
        assert frames >= 45
        assert after["packetsLost"] <= 20
        assert after["nackCount"] <= 20

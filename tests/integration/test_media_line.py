"""What real Chromium makes of a line that becomes narrow and wide again."""

import asyncio

import pytest

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

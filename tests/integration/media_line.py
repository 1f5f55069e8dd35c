"""What one viewer in real Chromium gets on a line that changes: measurements the test and the bench share."""

import asyncio
import time

from tests.integration.media_network import BadNetwork
from tests.integration.media_page import Tab

WIDE_BPS = 3_000_000
NARROW_BPS = 400_000


async def height_after(tab: Tab, mid: str, condition: str, timeout_s: float) -> float:
    """Seconds until the decoded picture's height fulfils `condition`, a JavaScript expression over `h`."""
    began = time.monotonic()
    await tab.until("v", mid, f"(h => {condition})(s.frameHeight)", timeout_s)
    return time.monotonic() - began


async def squeeze(network: BadNetwork, tab: Tab, mid: str, hold_s: float, timeout_s: float = 30.0) -> tuple[float, float, float]:
    """3 Mbit/s → 400 kbit/s for `hold_s` → 3 Mbit/s: (seconds until smaller, seconds until full again, seconds frozen)."""
    before = await tab.inbound("v", mid)
    network.rate_down_bps = NARROW_BPS
    down_s = await height_after(tab, mid, "h < 720", timeout_s)
    await asyncio.sleep(hold_s)
    network.rate_down_bps = WIDE_BPS
    up_s = await height_after(tab, mid, "h === 720", timeout_s)
    after = await tab.inbound("v", mid)
    return down_s, up_s, after["totalFreezesDuration"] - before["totalFreezesDuration"]


async def steady_loss(network: BadNetwork, tab: Tab, mid: str, share: float, seconds: float) -> tuple[float, float]:
    """(frames per second, longest time without a new frame) under `share` lost in both directions."""
    network.loss_up = network.loss_down = share
    began = time.monotonic()
    first = count = int((await tab.inbound("v", mid))["framesDecoded"])
    changed_at, longest_s = began, 0.0
    while (now := time.monotonic()) - began < seconds:
        frames = int((await tab.inbound("v", mid))["framesDecoded"])
        if frames != count:
            count, changed_at = frames, now
        longest_s = max(longest_s, now - changed_at)
        await asyncio.sleep(0.04)
    network.loss_up = network.loss_down = 0.0
    return (count - first) / (time.monotonic() - began), longest_s


async def frames_after(tab: Tab, mid: str, timeout_s: float = 12.0) -> float:
    """Seconds until five newly decoded frames."""
    count = int((await tab.inbound("v", mid)).get("framesDecoded", 0))
    began = time.monotonic()
    await tab.until("v", mid, f"s.framesDecoded >= {count + 5}", timeout_s)
    return time.monotonic() - began

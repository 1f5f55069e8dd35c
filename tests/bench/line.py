"""What a viewer on a bad line gets: real Chromium behind a relay that is narrow or loses. `python -m tests.bench.line`

Prints one row per situation: row, value, target, pass. About three minutes.
"""

import asyncio
import time

from media.control import PeerId, PreferLayer
from media.server import Relay
from tests.integration.media_clients import Signalling, worker_and_signalling
from tests.integration.media_line import WIDE_BPS, frames_after, height_after, squeeze, steady_loss
from tests.integration.media_network import BadNetwork
from tests.integration.media_page import Tab, chromium, open_tab

SOUND_BPS = 70_000


def row(name: str, value: str, target: str, passed: bool) -> None:
    print(f"{name:10} {value:70} {target:22} {'pass' if passed else 'FAIL'}", flush=True)


async def sound_only(relay: Relay, network: BadNetwork, tab: Tab, mids: dict[str, str]) -> None:
    """70 kbit/s: the picture stops, the sound is whole; afterwards both are back."""
    room = next(iter(relay.worker.rooms.values()))
    viewer = room.viewers[PeerId("v")]
    network.rate_down_bps = SOUND_BPS
    began = time.monotonic()
    while viewer.subscriptions["camera-0"].lane is not None or viewer.subscriptions["camera-0"].waits_for is not None:
        if time.monotonic() - began > 30:
            break
        await asyncio.sleep(0.1)
    took_s = time.monotonic() - began
    await asyncio.sleep(2)
    before = await tab.inbound("v", mids["audio-0"])
    await asyncio.sleep(4)
    after = await tab.inbound("v", mids["audio-0"])
    concealed = (after["concealedSamples"] - before["concealedSamples"]) / (
        after["totalSamplesReceived"] - before["totalSamplesReceived"]
    )
    row(
        "sound",
        f"alone after {took_s:.1f} s, then {concealed:.1%} of it concealed",
        "≤ 10 s, ≤ 5 %",
        took_s <= 10 and concealed <= 0.05,
    )
    network.rate_down_bps = WIDE_BPS
    back_s = await height_after(tab, mids["camera-0"], "h === 720", 90)
    row("sound", f"full picture {back_s:.1f} s after the line is wide again", "≤ 60 s", back_s <= 60)


async def hidden(relay: Relay, signalling: Signalling, tab: Tab, mid: str, hidden_s: float) -> None:
    """Who hid the picture is back in the others' lane: a few missing numbers are filled, many are left out; neither is loss."""
    room = next(iter(relay.worker.rooms.values()))
    mine, others = (room.viewers[PeerId(name)].subscriptions["camera-0"] for name in ("v", "w"))
    first = await tab.inbound("v", mid)
    for height, wait_s in ((0, hidden_s), (720, 0.0)):
        await signalling.ask(PreferLayer(request=0, peer=PeerId("v"), slot="camera-0", max_height=height))
        await asyncio.sleep(wait_s)
    began = time.monotonic()
    while (mine.lane is None or mine.lane is not others.lane) and time.monotonic() - began < 15:
        await asyncio.sleep(0.05)
    together_s = time.monotonic() - began
    before = await tab.inbound("v", mid)
    await asyncio.sleep(3)
    after = await tab.inbound("v", mid)
    rate = (after["framesDecoded"] - before["framesDecoded"]) / 3
    lost, asked, refresh = (after[name] - first[name] for name in ("packetsLost", "nackCount", "pliCount"))
    value = f"hidden {hidden_s} s: one lane after {together_s:.1f} s; {rate:.0f} fps, {lost} lost, {asked} NACKs, {refresh} PLI"
    row("lanes", value, "one lane, ≤ 20 lost", mine.lane is others.lane and lost <= 20 and asked <= 20 and rate >= 15)


async def main() -> None:
    async with worker_and_signalling() as (relay, signalling), chromium() as context:
        network = BadNetwork(("127.0.0.1", relay.port))
        network.rate_down_bps = WIDE_BPS
        teacher = await open_tab(context, signalling)
        await teacher.publish("p", "teacher", {"simulcast": True}, lead=True)
        tab = await open_tab(context, signalling, network)
        mids = await tab.view("v", "resident")
        mid = mids["camera-0"]
        await (await open_tab(context, signalling)).view("w", "other")
        await tab.until("v", mid, "s.frameWidth === 1280 && s.framesDecoded > 30")
        await asyncio.sleep(8)
        for hidden_s in (2.5, 13.0):
            await hidden(relay, signalling, tab, mid, hidden_s)
        for queue_s in (0.3, 2.0):
            network.queue_s = queue_s
            down_s, up_s, frozen_s = await squeeze(network, tab, mid, hold_s=10)
            value = f"queue {queue_s} s: smaller after {down_s:.2f} s, full again after {up_s:.1f} s, {frozen_s:.2f} s frozen"
            row("squeeze", value, "≤ 2 s, ≤ 20 s", down_s <= 2 and up_s <= 20)
            await asyncio.sleep(5)
        network.queue_s = 0.3
        await sound_only(relay, network, tab, mids)
        network.rate_down_bps = None
        await asyncio.sleep(2)
        rate, frozen_s = await steady_loss(network, tab, mid, 0.05, 10)
        row("R16", f"5 % both ways: {rate:.0f} fps, longest freeze {frozen_s:.2f} s", "≤ 1 s", frozen_s <= 1)
        rate, frozen_s = await steady_loss(network, tab, mid, 0.30, 10)
        back_s = await frames_after(tab, mid)
        row("R16", f"30 % for 10 s: {rate:.0f} fps meanwhile; frames {back_s:.2f} s after it", "≤ 2 s", back_s <= 2)
        full_s = await height_after(tab, mid, "h === 720", 60)
        row("R16", f"full picture {full_s:.1f} s after it", "≤ 20 s", full_s <= 20)
        stats = relay.worker.stats
        row(
            "storm",
            f"{stats.packets_resent} resent for {stats.nacks_received} requests",
            "≤ requests",
            stats.packets_resent <= stats.nacks_received,
        )
        network.close()


if __name__ == "__main__":
    asyncio.run(main())

"""A blank page in real Chromium that publishes and views through a media worker."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

from tests.integration.media_clients import Signalling
from tests.integration.media_network import BadNetwork

FLAGS = [
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--use-fake-device-for-media-stream=fps=30", "--use-fake-ui-for-media-stream"),
    "--autoplay-policy=no-user-gesture-required",
]
ADDRESS = "http://127.0.0.1:1/"

SCRIPT = """<!doctype html><body><script>
window.pcs = {};
async function publish(id, o) {
  const video = o.video === false ? false : {width: 1280, height: 720, frameRate: 30};
  const stream = await navigator.mediaDevices.getUserMedia({video, audio: o.audio !== false});
  const pc = pcs[id] = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  for (const t of stream.getAudioTracks()) pc.addTransceiver(t, {direction: 'sendonly', streams: [stream]});
  for (const t of stream.getVideoTracks()) {
    const sendEncodings = o.simulcast ? [{rid: 'q', scaleResolutionDownBy: 4, maxBitrate: 150000},
      {rid: 'h', scaleResolutionDownBy: 2, maxBitrate: 500000}, {rid: 'f', maxBitrate: 2500000}] : [{}];
    const x = pc.addTransceiver(t, {direction: 'sendonly', streams: [stream], sendEncodings});
    if (o.codec) {
      const all = RTCRtpSender.getCapabilities('video').codecs;
      x.setCodecPreferences(all.filter(c => c.mimeType == 'video/' + o.codec || c.mimeType == 'video/rtx'));
    }
  }
  if (o.screen) {
    const canvas = document.createElement('canvas'), draw = canvas.getContext('2d');
    canvas.width = 1280; canvas.height = 720;
    let n = 0; setInterval(() => { draw.fillStyle = `hsl(${n++ % 360} 80% 50%)`; draw.fillRect(0, 0, 1280, 720); }, 66);
    const screen = canvas.captureStream(15).getVideoTracks()[0];
    pc.addTransceiver(screen, {direction: 'sendonly', sendEncodings: [{maxBitrate: 3000000}]});
  }
  await pc.setLocalDescription(await pc.createOffer());
  return pc.localDescription.sdp;
}
async function accept(id, sdp) { await pcs[id].setRemoteDescription({type: 'answer', sdp}); }
async function view(id, sdp, slots) {
  const pc = pcs[id] = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.videos = {};
  pc.ontrack = e => {
    const el = document.createElement(e.track.kind); el.autoplay = true; el.muted = e.track.kind == 'video'; el.width = 320;
    el.srcObject = new MediaStream([e.track]); document.body.append(el); pc.videos[slots[e.transceiver.mid]] = el;
  };
  await pc.setRemoteDescription({type: 'offer', sdp});
  await pc.setLocalDescription(await pc.createAnswer());
  return pc.localDescription.sdp;
}
async function stats(id) {
  const pc = pcs[id], out = {slots: {}, state: pc.connectionState};
  const mids = {};
  (await pc.getStats()).forEach(s => {
    if (s.type == 'inbound-rtp') out.slots[s.mid] = {...s, at: performance.now()};
    if (s.type == 'outbound-rtp') (out.sent = out.sent || []).push(s);
    if (s.type == 'remote-inbound-rtp') (out.remote = out.remote || []).push(s);
    if (s.type == 'candidate-pair' && s.nominated) out.pair = s;
    if (s.type == 'transport') out.transport = s;
  });
  return out;
}
</script>"""


class Tab:
    """One page and the peers in it."""

    def __init__(self, page: Page, signalling: Signalling, network: BadNetwork | None = None) -> None:
        self.page = page
        self._signalling = signalling
        self._network = network

    async def publish(self, peer: str, owner: str, options: dict[str, Any], **fields: Any) -> None:
        offer = await self.page.evaluate("([id, o]) => publish(id, o)", [peer, options])
        opened = await self._signalling.open(peer, owner=owner, direction="publish", sdp=offer, **fields)
        await self.page.evaluate("([id, sdp]) => accept(id, sdp)", [peer, self._routed(opened.sdp)])

    async def view(self, peer: str, owner: str) -> dict[str, str]:
        """Slot → mid."""
        opened = await self._signalling.open(peer, owner=owner, direction="view")
        answer = await self.page.evaluate(
            "([id, sdp, slots]) => view(id, sdp, slots)", [peer, self._routed(opened.sdp), opened.slots]
        )
        await self._signalling.answer(peer, answer)
        return {slot: mid for mid, slot in opened.slots.items()}

    def _routed(self, sdp: str) -> str:
        return self._network.through(sdp) if self._network else sdp

    async def inbound(self, peer: str, mid: str) -> dict[str, Any]:
        """What getStats says of one m-line; empty before anything came."""
        stats: dict[str, Any] = await self.page.evaluate("id => stats(id)", peer)
        found: dict[str, Any] = stats["slots"].get(mid, {})
        return found

    async def stats(self, peer: str) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate("id => stats(id)", peer)
        return found

    async def until(self, peer: str, mid: str, condition: str, timeout_s: float = 15) -> dict[str, Any]:
        """Wait until `condition`, a JavaScript expression over the inbound stats `s`, holds; the stats then."""
        script = f"async ([id, mid]) => {{ const s = (await stats(id)).slots[mid] || {{}}; return ({condition}) ? s : null; }}"
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            found: dict[str, Any] | None = await self.page.evaluate(script, [peer, mid])
            if found is not None:
                return found
            assert asyncio.get_running_loop().time() < deadline, f"{condition} did not come true: {await self.inbound(peer, mid)}"
            await asyncio.sleep(0.05)


@contextlib.asynccontextmanager
async def chromium(*extra: str) -> AsyncIterator[BrowserContext]:
    """Real Chromium with a fake camera and microphone."""
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            context = await playwright.chromium.launch_persistent_context(
                folder, executable_path="/usr/bin/chromium", headless=True, args=[*FLAGS, *extra]
            )
            try:
                yield context
            finally:
                await context.close()


async def open_tab(context: BrowserContext, signalling: Signalling, network: BadNetwork | None = None) -> Tab:
    """A fresh page that may use the camera (127.0.0.1 counts as secure)."""
    page = await context.new_page()
    await page.route(ADDRESS + "**", lambda route: route.fulfill(body=SCRIPT, content_type="text/html"))
    await page.goto(ADDRESS)
    return Tab(page, signalling, network)

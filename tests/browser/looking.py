"""What a page really shows: pictures out of <video>, decoded frames and sound out of getStats. Never our own counters."""

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import numpy as np
from playwright.async_api import Page

from tests.browser import picture

KEEP_CONNECTIONS = """
(() => {
  const Native = window.RTCPeerConnection;
  window.__connections = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...args) { super(...args); window.__connections.push(this); }
  };
})();
"""
GRAB = """(selector) => {
  const video = document.querySelector(selector);
  if (!video || !video.videoWidth) return null;
  const canvas = document.createElement('canvas');
  canvas.width = 320; canvas.height = 180;
  const context = canvas.getContext('2d', {willReadFrequently: true});
  context.drawImage(video, 0, 0, 320, 180);
  const pixels = context.getImageData(0, 0, 320, 180).data;
  let text = '';
  for (let i = 0; i < pixels.length; i += 8192) text += String.fromCharCode(...pixels.subarray(i, i + 8192));
  return btoa(text);
}"""
COUNT = """async () => {
  const sum = {frames: 0, energy: 0, freezes: 0, freezeSeconds: 0, width: 0};
  for (const connection of window.__connections || []) {
    if (connection.connectionState === 'closed') continue;
    (await connection.getStats()).forEach((row) => {
      if (row.type !== 'inbound-rtp') return;
      if (row.kind === 'video') {
        sum.frames += row.framesDecoded || 0;
        sum.freezes += row.freezeCount || 0;
        sum.freezeSeconds += row.totalFreezesDuration || 0;
        sum.width = Math.max(sum.width, row.frameWidth || 0);
      } else sum.energy += row.totalAudioEnergy || 0;
    });
  }
  return sum;
}"""


@dataclass(frozen=True)
class Received:
    """Sums over all view connections of a page."""

    frames: int
    energy: float
    freezes: int
    freeze_s: float
    width: int


async def keep_connections(page: Page) -> None:
    """Before the page is opened: remember its connections so that `received` can ask them."""
    await page.context.add_init_script(KEEP_CONNECTIONS)


async def received(page: Page) -> Received:
    row = await page.evaluate(COUNT)
    return Received(row["frames"], row["energy"], row["freezes"], row["freezeSeconds"], row["width"])


async def frames_per_second(page: Page, over_s: float) -> float:
    before, start = await received(page), time.monotonic()
    await asyncio.sleep(over_s)
    after, end = await received(page), time.monotonic()
    return (after.frames - before.frames) / (end - start)


async def number_shown(page: Page, selector: str) -> int | None:
    """The counter of our camera picture in the first such <video>; None when it shows something else or nothing."""
    grabbed = await page.evaluate(GRAB, selector)
    if grabbed is None:
        return None
    pixels = np.frombuffer(base64.b64decode(grabbed), np.uint8).reshape(180, 320, 4)
    return picture.read(pixels)


async def eventually(what: str, holds: Callable[[], Awaitable[object]], within_s: float = 20.0) -> float:
    """Wait until `holds()` is true; returns the seconds it took. Fails by name."""
    start = time.monotonic()
    while True:
        if await holds():
            return time.monotonic() - start
        if time.monotonic() - start > within_s:
            raise AssertionError(f"not within {within_s} s: {what}")
        await asyncio.sleep(0.05)

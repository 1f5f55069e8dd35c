"""Who has left is forgotten at once: no collection of cycles is waited for, because the relay collects rarely."""

import asyncio
import contextlib
import gc
import time
import weakref
from collections.abc import Iterator

import pytest

from media.control import ClosePeer, PeerId
from tests.integration.media_clients import worker_and_signalling
from tests.integration.test_media_spread import CAMERA_0 as CAMERA
from tests.integration.test_media_spread import PATIENCE_S, Teacher, collect, publish, teaching, view

pytestmark = pytest.mark.integration


@contextlib.contextmanager
def no_collection() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


async def test_a_viewer_and_a_publisher_that_left_are_freed_without_a_collection() -> None:
    async with worker_and_signalling() as (relay, signalling):
        publisher = await publish(signalling)
        with no_collection():
            async with teaching(Teacher(publisher)):
                viewer = await view(signalling, "v")
                assert len(await collect(viewer, CAMERA, 6)) == 6
                entries = relay.worker.entries
                seen = [weakref.ref(entries[PeerId(peer)].peer) for peer in ("v", "p")]
                room = next(iter(relay.worker.rooms.values()))
                seen += [weakref.ref(p) for p in room.publishers.values()]
                del entries, room
            for peer in ("v", "p"):
                await signalling.ask(ClosePeer(request=0, peer=PeerId(peer)))
            deadline = time.monotonic() + PATIENCE_S
            while any(ref() is not None for ref in seen) and time.monotonic() < deadline:
                await asyncio.sleep(0.05)
            assert [ref() for ref in seen] == [None] * len(seen)
        viewer.sock.close()

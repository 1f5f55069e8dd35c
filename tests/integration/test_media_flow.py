"""A lecture through the real worker with aiortc peers: publish, view, leave."""

import asyncio
import fractions
from typing import Any

import numpy
import pytest
from aiortc import MediaStreamTrack, VideoStreamTrack
from aiortc.mediastreams import AudioStreamTrack
from av import VideoFrame

from media.control import PeerConnected, PeerGone, PeerId, RoomState, SlotChanged, Snapshot, TakeSnapshot
from tests.integration.media_clients import publish, view, worker_and_signalling

pytestmark = pytest.mark.integration


class Green(VideoStreamTrack):
    """A picture all green, so that a viewer knows it again."""

    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        picture = numpy.zeros((180, 320, 3), numpy.uint8)
        picture[:, :, 1] = 200
        picture[:, : int(pts) // 3000 % 320] //= 2
        frame = VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = pts, fractions.Fraction(time_base)
        return frame


async def receive_green(track: MediaStreamTrack) -> Any:
    """The first frame that is really green."""
    while True:
        frame = await asyncio.wait_for(track.recv(), 20)
        picture = frame.to_ndarray(format="rgb24")
        if picture[:, -10:, 1].mean() > 150 and picture[:, -10:, 0].mean() < 80:
            return frame


async def test_a_picture_and_a_voice_reach_two_viewers_and_not_their_sender() -> None:
    async with worker_and_signalling() as (_, signalling):
        sender = await publish(signalling, "p1", "teacher", [Green(), AudioStreamTrack()], lead=True)
        viewers = [await view(signalling, f"v{n}", f"resident-{n}") for n in range(2)]
        own, own_tracks = await view(signalling, "v-own", "teacher")
        for _, tracks in viewers:
            await receive_green(tracks["camera-0"])
            await asyncio.wait_for(tracks["audio-0"].recv(), 20)
        await signalling.wait_for(lambda e: isinstance(e, SlotChanged) and (e.slot, e.owner) == ("camera-0", "teacher"))
        await signalling.wait_for(lambda e: isinstance(e, PeerConnected) and e.peer == "v-own")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(own_tracks["camera-0"].recv(), 1)
        snapshot = await signalling.ask(TakeSnapshot(request=0))
        assert isinstance(snapshot, Snapshot)
        room: RoomState = snapshot.rooms[0]
        assert {(p.source, p.slot, p.codec) for p in room.publications} == {
            ("camera", "camera-0", "vp8"),
            ("microphone", "audio-0", "opus"),
        }
        assert set(room.viewers) == {"v0", "v1", "v-own"}
        for connection, _ in viewers:
            await connection.close()
        gone = await signalling.wait_for(lambda e: isinstance(e, PeerGone) and e.peer == PeerId("v0"), 10)
        assert isinstance(gone, PeerGone)
        assert gone.reason == "closed"
        await sender.close()
        await own.close()
        await signalling.wait_for(lambda e: isinstance(e, SlotChanged) and e.slot == "camera-0" and e.owner is None, 10)

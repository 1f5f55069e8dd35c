"""One room on two real workers: the publishers at home, viewers on both, one copy of each watched layer between them."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator

import pytest

from media.control import Done, FollowRoom, MutePeer, PeerConnected, PeerId, Snapshot, TakeSnapshot
from media.link import Follow, Gate
from media.rtcp import KeyframeRequest, SenderReport, pack_pli, pack_sender_report, parse
from media.server import Relay
from media.slots import BY_NAME
from tests.integration.media_clients import ROOM, SECRET, Signalling, worker_and_signalling
from tests.media.light import VIDEO_SSRC, Lecture, LightPeer, fields

pytestmark = pytest.mark.integration

CAMERA_0, AUDIO_0 = BY_NAME["camera-0"].ssrc, BY_NAME["audio-0"].ssrc
PATIENCE_S = 5.0


class Teacher:
    """A publisher in real time: 30 pictures a second, a key frame when it is asked for one, and only then."""

    def __init__(self, light: LightPeer) -> None:
        self.light = light
        self.lecture = Lecture(packets=3, size=700)
        self.keys_asked = 0
        light.sock.setblocking(False)

    async def run(self) -> None:
        frame = 0
        key = True
        while True:
            while (received := self.light.receive()) is not None:
                if received[0] == "rtcp" and any(isinstance(report, KeyframeRequest) for report in parse(received[1])):
                    self.keys_asked += 1
                    key = True
            for packet in self.lecture.frame(key=key):
                self.light.send_rtp(packet)
            key = False
            self.light.send_rtp(self.lecture.sound())
            if frame % 30 == 0:
                report = pack_sender_report(VIDEO_SSRC, time.time_ns() >> 2, self.lecture.frame_number * 3000, 1, 1, b"x")
                self.light.send_rtcp(report)
            frame += 1
            await asyncio.sleep(1 / 30)


async def publish(signalling: Signalling, peer: str = "p") -> LightPeer:
    light = LightPeer()
    opened = await signalling.open(peer, owner="teacher", direction="publish", sdp=light.publisher_offer(), lead=True)
    light.take_remote(opened.sdp)
    await asyncio.to_thread(light.connect)
    return light


async def view(signalling: Signalling, peer: str) -> LightPeer:
    light = LightPeer()
    opened = await signalling.open(peer, owner=f"owner-{peer}", direction="view")
    light.take_remote(opened.sdp)
    await signalling.answer(peer, light.viewer_answer(opened.sdp))
    await asyncio.to_thread(light.connect)
    await signalling.wait_for(lambda e: isinstance(e, PeerConnected) and e.peer == peer)
    light.sock.setblocking(False)
    return light


async def collect(viewer: LightPeer, ssrc: int, count: int, timeout_s: float = PATIENCE_S) -> list[bytes]:
    """The next `count` packets of a slot, fewer when they do not come in time."""
    found: list[bytes] = []
    deadline = time.monotonic() + timeout_s
    while len(found) < count and time.monotonic() < deadline:
        received = viewer.receive()
        if received is None:
            await asyncio.sleep(0.005)
        elif received[0] == "rtp" and fields(received[1])["ssrc"] == ssrc:
            found.append(received[1])
    return found


async def drain(viewer: LightPeer) -> None:
    while viewer.receive() is not None:
        pass


async def snapshot(signalling: Signalling) -> Snapshot:
    taken = await signalling.ask(TakeSnapshot(request=0))
    assert isinstance(taken, Snapshot)
    return taken


async def follow(signalling: Signalling, home: str | None) -> None:
    assert isinstance(await signalling.ask(FollowRoom(request=0, room=ROOM, home=home)), Done)


@contextlib.asynccontextmanager
async def two_workers() -> AsyncIterator[tuple[Relay, Signalling, Relay, Signalling]]:
    """A home with a teaching publisher is for the test to make; the second worker follows it already."""
    async with worker_and_signalling() as (home, at_home), worker_and_signalling() as (other, at_other):
        told = await snapshot(at_home)
        assert told.machine
        assert told.machine == (await snapshot(at_other)).machine
        await follow(at_other, told.link)
        yield home, at_home, other, at_other


@contextlib.asynccontextmanager
async def teaching(teacher: Teacher) -> AsyncIterator[Teacher]:
    task = asyncio.create_task(teacher.run())
    try:
        yield teacher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_viewers_of_another_worker_get_picture_sound_key_frames_and_reports() -> None:
    async with two_workers() as (home, at_home, other, at_other), teaching(Teacher(await publish(at_home))) as teacher:
        near, far = await view(at_home, "near"), await view(at_other, "far")
        for viewer in (near, far):
            packets = await collect(viewer, CAMERA_0, 30)
            assert len(packets) == 30
            numbers = [fields(packet)["sequence"] for packet in packets]
            assert [number - numbers[0] & 0xFFFF for number in numbers] == list(range(30)), "each once, in order"
            assert packets[0][20:21] == b"\x10", "it begins with a key frame"
            assert len(await collect(viewer, AUDIO_0, 5)) == 5
        second = await view(at_other, "far-2")
        assert len(await collect(second, CAMERA_0, 6)) == 6
        sent, frames = home.worker.stats.link_packets_sent, teacher.lecture.frame_number
        await asyncio.sleep(0.5)
        per_frame = (home.worker.stats.link_packets_sent - sent) / (teacher.lecture.frame_number - frames)
        assert 3.0 <= per_frame <= 5.0, "one copy of the layer and of the voice, however many watch"

        asked = teacher.keys_asked
        await asyncio.sleep(0.5)  # requests are gathered for half a second
        far.send_rtcp(pack_pli(CAMERA_0))
        await drain(far)
        assert len(await collect(far, CAMERA_0, 30)) == 30
        assert teacher.keys_asked > asked, "a viewer's request reaches the publisher over the link"

        deadline = time.monotonic() + PATIENCE_S
        reports: list[object] = []
        while not reports and time.monotonic() < deadline:
            received = far.receive()
            if received is not None and received[0] == "rtcp":
                reports = [r for r in parse(received[1]) if isinstance(r, SenderReport) and r.ssrc == CAMERA_0]
            await asyncio.sleep(0.002)
        assert reports, "sender reports for lip-sync"
        state = (await snapshot(at_other)).rooms[0]
        assert state.home == (await snapshot(at_home)).link
        assert (state.publishers, state.publications) == ([], [])
        assert not [event for event in at_other.events if event.type == "slot-changed"], "slots are the home's to tell"
        assert other.worker.stats.link_packets_received > 0


async def test_nothing_crosses_that_nobody_watches_and_muting_reaches_everybody() -> None:
    async with two_workers() as (home, at_home, other, at_other), teaching(Teacher(await publish(at_home))):
        far = await view(at_other, "far")
        assert len(await collect(far, CAMERA_0, 6)) == 6
        assert isinstance(await at_home.ask(MutePeer(request=0, peer=PeerId("p"), sources=["camera"])), Done)
        await asyncio.sleep(0.3)
        await drain(far)
        assert await collect(far, CAMERA_0, 1, timeout_s=0.3) == []
        assert isinstance(await at_home.ask(MutePeer(request=0, peer=PeerId("p"), sources=[])), Done)
        assert len(await collect(far, CAMERA_0, 6)) == 6
        far.close()
        await at_other.wait_for(lambda e: e.type == "peer-gone")
        deadline = time.monotonic() + PATIENCE_S
        while home.worker.siblings.follower_count and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        assert home.worker.siblings.follower_count == 0, "an empty follower hangs up"
        assert other.worker.rooms == {}


async def test_a_follower_becomes_the_home_when_the_home_is_gone() -> None:
    async with worker_and_signalling() as (_, at_other):
        async with worker_and_signalling() as (_, at_home):
            await follow(at_other, (await snapshot(at_home)).link)
            async with teaching(Teacher(await publish(at_home))):
                far = await view(at_other, "far")
                assert len(await collect(far, CAMERA_0, 6)) == 6
        await follow(at_other, None)
        async with teaching(Teacher(await publish(at_other, "p2"))):
            await drain(far)
            packets = await collect(far, CAMERA_0, 9)
            assert len(packets) == 9, "the same connection of the viewer shows the picture again"
            assert packets[0][20:21] == b"\x10"
            state = (await snapshot(at_other)).rooms[0]
            assert state.home is None
            assert [publication.slot for publication in state.publications if publication.source == "camera"] == ["camera-0"]


async def test_a_sibling_that_does_not_read_costs_its_own_packets_only() -> None:
    async with worker_and_signalling() as (home, at_home):
        address = "\0" + (await snapshot(at_home)).link
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stuck:
            stuck.settimeout(PATIENCE_S)
            await asyncio.to_thread(stuck.connect, address)
            gate = Gate(SECRET, dials=True)
            stuck.send(gate.greeting())
            proof = gate.receive(await asyncio.to_thread(stuck.recv, 4096))
            assert proof is not None
            stuck.send(proof)
            stuck.send(Follow(channel=1, room=ROOM).model_dump_json().encode())
            async with teaching(Teacher(await publish(at_home))):
                near = await view(at_home, "near")
                feed = next(iter(home.worker.siblings.feeds_of(ROOM)))
                publication = next(iter(home.worker.rooms[ROOM].publishers.values())).publications[0]
                feed.on_deadline(home.worker.rooms[ROOM], time.monotonic())
                feed.want(home.worker.rooms[ROOM], 1, [layer.ssrc for layer in publication.layers])
                for _ in range(4000):
                    feed.receive_rtp(publication.layers[0], bytes(1200))
                home._links.flush()
                assert home.worker.stats.link_packets_dropped > 0
                await drain(near)
                assert len(await collect(near, CAMERA_0, 30)) == 30


async def test_who_does_not_know_the_secret_is_cut() -> None:
    async with worker_and_signalling() as (home, at_home):
        address = "\0" + (await snapshot(at_home)).link
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as stranger:
            stranger.settimeout(PATIENCE_S)
            await asyncio.to_thread(stranger.connect, address)
            gate = Gate("not the secret", dials=True)
            stranger.send(gate.greeting())
            answer = await asyncio.to_thread(stranger.recv, 4096)
            stranger.send(answer[32:])  # the home's own proof, thrown back
            assert await asyncio.to_thread(stranger.recv, 4096) == b"", "the link is closed"
        assert home.worker.siblings.follower_count == 0

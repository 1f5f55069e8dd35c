"""One room with fakes around it: publishers that send in layers, audiences that keep what they are sent."""

import itertools
from collections import defaultdict
from typing import ClassVar

from media.clock import WorkerClock
from media.control import PeerId, RoomId
from media.offers import answer_publisher, offer_viewer, read_viewer_answer
from media.peer import Outgoing, Peer
from media.publisher import Publisher
from media.router import Room
from media.rtcp import KeyframeRequest, parse
from media.sdp import parse as parse_sdp
from media.slots import BY_NAME
from media.stats import Stats
from media.viewer import Viewer
from tests.media.light import Lecture, LightPeer, fields, shared_identity
from tests.media.offers import TRANSPORT

_numbers = itertools.count()
CAMERA_0 = BY_NAME["camera-0"].ssrc
RIDS = {"q": (180, 101), "h": (360, 102), "f": (720, 103)}


class FakePeer(Peer):
    """A transport that is always up and remembers what it was given."""

    def __init__(self, name: str, owner: str) -> None:
        self.outgoing: Outgoing = []
        super().__init__(PeerId(f"{name}-{next(_numbers)}"), RoomId("r"), owner, "view", shared_identity(), self.outgoing, 0.0)
        self.rtcp: list[bytes] = []
        self.resent: list[bytes] = []

    def send_rtcp(self, compound: bytes) -> None:
        self.rtcp.append(compound)

    def send_rtp(self, packet: bytes) -> bool:
        self.resent.append(packet)
        return True


class FakeAudience:
    """Keeps what each member would have been sent."""

    bursts: ClassVar[list[list[list[bytes]]]] = []
    """What was sent together, of all audiences."""

    def __init__(self, boxes: dict[object, list[bytes]]) -> None:
        self._boxes = boxes
        self._members: list[object] = []

    def add(self, member: object) -> None:
        self._members.append(member)

    def remove(self, member: object) -> None:
        self._members.remove(member)

    def send(self, runs: list[list[bytes]]) -> None:
        self.bursts.append(runs)
        for member in self._members:
            self._boxes[member] += [packet for run in runs for packet in run]

    def serves_same(self, other: object) -> bool:
        return isinstance(other, FakeAudience) and set(self._members) == set(other._members)

    def send_report(self, compound: bytes) -> None:
        pass


class Class:
    """A room with fakes around it."""

    def __init__(self) -> None:
        self.boxes: dict[object, list[bytes]] = defaultdict(list)
        self.room = Room(RoomId("r"), lambda: FakeAudience(self.boxes), WorkerClock(1e9, 0.0), Stats())
        self.now = 100.0

    def publish(self, owner: str, sdp: str, *, lead: bool = True) -> Publisher:
        agreement = answer_publisher(parse_sdp(sdp), TRANSPORT, {}, self.room.decoded)
        publisher = Publisher(FakePeer(f"{owner}-out", owner), agreement.incoming, lead=lead, record=True)
        self.room.add_publisher(publisher)
        return publisher

    def view(self, owner: str, *, without: str = "") -> Viewer:
        """without: the codec this viewer does not decode, as in an a=rtpmap line."""
        viewer = Viewer(FakePeer(f"{owner}-in", owner), self.now)
        answer = LightPeer().viewer_answer(offer_viewer(TRANSPORT))
        if without:
            answer = "\r\n".join(line for line in answer.split("\r\n") if not line.endswith(f" {without}/90000"))
        viewer.subscribe(read_viewer_answer(parse_sdp(answer)), owner)
        self.room.add_viewer(viewer, self.now)
        return viewer

    def video(self, owner: str) -> list[bytes]:
        return [packet for packet in self.boxes[owner] if fields(packet)["ssrc"] == CAMERA_0]


class Simulcast:
    """Three layers in step; each has its own numbers."""

    def __init__(self) -> None:
        self.lectures = {rid: Lecture(packets=2, size=300) for rid in RIDS}
        self.frames = 0

    def frame(self, *, key: bool = False, only: tuple[str, ...] = ("q", "h", "f")) -> list[bytes]:
        packets = []
        self.frames += 1
        for rid in only:
            height, ssrc = RIDS[rid]
            lecture = self.lectures[rid]
            lecture.frame_number = self.frames
            for packet in lecture.frame(key=key):
                # mid 0 and the rid in one-byte extensions 4 and 10, as Chromium sends them at first
                extension = b"\xbe\xde\x00\x01" + bytes([4 << 4]) + b"0" + bytes([10 << 4]) + rid.encode()
                payload = packet[20:]
                if payload[4:7] == b"\x9d\x01\x2a":
                    payload = payload[:9] + height.to_bytes(2, "little") + payload[11:]
                packets.append(packet[:8] + ssrc.to_bytes(4, "big") + extension + payload)
        return packets


def play(room: Class, publisher: Publisher, source: Simulcast, frames: int, **options: object) -> None:
    """`frames` pictures at 30 per second; key frames come when asked for."""
    peer = publisher.peer
    assert isinstance(peer, FakePeer)
    for _ in range(frames):
        asked = any(isinstance(r, KeyframeRequest) for c in peer.rtcp for r in parse(c))
        peer.rtcp.clear()
        for packet in source.frame(key=asked or source.frames == 0, **options):  # type: ignore[arg-type]  # only=…
            room.room.receive_rtp(publisher, packet, room.now)
        room.now += 1 / 30
        room.room.flush_due(room.now)
        room.room.on_deadline(room.now)


def assert_seamless(packets: list[bytes], longest_s: float = 0.6) -> None:
    headers = [fields(packet) for packet in packets]
    for before, after in itertools.pairwise(headers):
        assert (after["sequence"] - before["sequence"]) & 0xFFFF == 1
        assert (after["timestamp"] - before["timestamp"]) & 0xFFFFFFFF < longest_s * 90_000

"""Three cycles of 16-bit numbers and one of 32-bit time, through real SRTP on both sides, with loss in both directions."""

import itertools
import os
import random
from itertools import chain

from media.rtcp import Nack, pack_nack, parse
from media.serial import distance_32
from media.srtp import PROFILES, KeyPair, Receiver, Sender
from tests.media.lesson import CAMERA_0, Class, FakeAudience, FakePeer
from tests.media.light import Lecture, LightPeer, fields

CYCLE = 1 << 16
JUMP = 20_000


def keys() -> KeyPair:
    key = os.urandom(PROFILES[0].key_bytes + PROFILES[0].salt_bytes)
    return KeyPair(PROFILES[0], key, key)


class Encrypting(FakeAudience):
    """Sends through one viewer's SRTP, as the outbox does; a share is lost on the way."""

    line: "Line"

    def send(self, runs: list[list[bytes]]) -> None:
        if self._members:
            for packet in chain(*runs):
                Encrypting.line.carry(packet)


class Line:
    """The way to a viewer: encrypted, lossy, decrypted."""

    def __init__(self, chance: random.Random) -> None:
        pair = keys()
        self.sender, self.receiver = Sender(pair), Receiver(pair)
        self.got: dict[int, bytes] = {}
        """Unwrapped number → plaintext."""
        self.highest = -1
        self.lost: list[int] = []
        self._chance = chance

    def carry(self, packet: bytes, *, again: bool = False) -> None:
        protected = self.sender.protect(packet)
        assert protected is not None, "libsrtp refused"
        if fields(packet)["ssrc"] != CAMERA_0:
            return
        number = self._unwrap(fields(packet)["sequence"])
        if not again and self._chance.random() < 0.03:
            self.lost.append(number & 0xFFFF)
            return
        plain = self.receiver.unprotect(protected)
        assert plain == packet, "the viewer cannot decrypt it"
        self.got[number] = plain

    def _unwrap(self, sequence: int) -> int:
        if self.highest < 0:
            self.highest = sequence
        number = self.highest + ((sequence - self.highest + 0x8000) & 0xFFFF) - 0x8000
        self.highest = max(self.highest, number)
        return number


def test_three_wraps_of_numbers_and_one_of_time_lose_nothing_for_good() -> None:
    chance = random.Random(16)
    lesson = Class()
    lesson.room.auditorium._switching._audience = lambda: Encrypting(lesson.boxes)
    line = Encrypting.line = Line(chance)
    viewer = lesson.view("resident")
    publisher = lesson.publish("teacher", LightPeer().publisher_offer())
    upstream = keys()
    sending, receiving = Sender(upstream), Receiver(upstream)
    peer = publisher.peer
    assert isinstance(peer, FakePeer)
    lecture = Lecture(packets=8, size=60)
    lecture.video_sequence = CYCLE - 500
    lecture.frame_number = (1 << 32) // 3000 - 600  # time wraps after 20 s
    sent: dict[int, bytes] = {}
    asked = frames = carried = 0

    def arrive(packet: bytes) -> None:
        plain = receiving.unprotect(packet)
        assert plain is not None
        lesson.room.receive_rtp(publisher, plain, lesson.now)

    total = 0
    while total < 3 * CYCLE + 1_000:
        for packet in lecture.frame(key=frames % 300 == 0):
            protected = sending.protect(packet)
            assert protected is not None
            sent[fields(packet)["sequence"]] = protected
            total += 1
            carried += 1
            if chance.random() >= 0.03:
                arrive(protected)
        frames += 1
        if frames % 20 == 0 and 3_000 < lecture.video_sequence < 44_000:
            # The middle of a cycle is left out, as by an outage: only its ends are of interest, and the test stays short.
            lecture.video_sequence += JUMP
            total += JUMP
        lesson.now += 1 / 30
        lesson.room.flush_due(lesson.now)
        lesson.room.on_deadline(lesson.now)
        for compound in peer.rtcp:
            for report in parse(compound):
                if isinstance(report, Nack):
                    asked += len(report.sequences)
                    for sequence in report.sequences:
                        arrive(sent[sequence])
        peer.rtcp.clear()
        if line.lost:
            viewer.count_nacks(-len(line.lost))
            to_viewer = viewer.peer
            assert isinstance(to_viewer, FakePeer)
            to_viewer.resent.clear()
            lost, line.lost = line.lost, []
            lesson.room.auditorium.receive_rtcp(viewer, pack_nack(CAMERA_0, lost), lesson.now)
            for packet in to_viewer.resent:
                line.carry(packet, again=True)
    numbers = sorted(line.got)
    gaps = [b - a for a, b in itertools.pairwise(numbers) if b - a != 1 and b < numbers[-1] - 100]
    assert numbers[-1] - numbers[0] > 3 * CYCLE - 1_000
    assert all(gap > JUMP / 2 for gap in gaps), "packets never came"
    assert 0.02 * carried < asked < 0.05 * carried, "each lost packet is asked for about once"
    steps = [
        distance_32(fields(line.got[b])["timestamp"], fields(line.got[a])["timestamp"]) for a, b in itertools.pairwise(numbers)
    ]
    assert all(abs(step) < 90_000 for step in steps), "time goes on steadily through its wrap"


def test_a_hundred_requests_for_one_packet_are_few_answers() -> None:
    lesson = Class()
    viewer = lesson.view("resident")
    publisher = lesson.publish("teacher", LightPeer().publisher_offer())
    lecture = Lecture(packets=2, size=300)
    for _ in range(30):
        for packet in lecture.frame():
            lesson.room.receive_rtp(publisher, packet, lesson.now)
        lesson.now += 1 / 30
        lesson.room.flush_due(lesson.now)
        lesson.room.on_deadline(lesson.now)
    number = fields(lesson.video("resident")[-3])["sequence"]
    peer = viewer.peer
    assert isinstance(peer, FakePeer)
    for _ in range(100):
        lesson.room.auditorium.receive_rtcp(viewer, pack_nack(CAMERA_0, [number]), lesson.now)
        lesson.now += 0.001
    assert 1 <= len(peer.resent) <= 6


def test_late_joiners_share_one_request_and_see_the_next_key_frame() -> None:
    lesson = Class()
    publisher = lesson.publish("teacher", LightPeer().publisher_offer())
    lecture = Lecture(packets=2, size=300)

    def play(frames: int, *, key: bool = False) -> int:
        peer = publisher.peer
        assert isinstance(peer, FakePeer)
        asked = 0
        for _ in range(frames):
            for packet in lecture.frame(key=key):
                lesson.room.receive_rtp(publisher, packet, lesson.now)
            key = False
            lesson.now += 1 / 30
            lesson.room.flush_due(lesson.now)
            lesson.room.on_deadline(lesson.now)
            asked += sum(1 for compound in peer.rtcp for report in parse(compound) if type(report).__name__ == "KeyframeRequest")
            peer.rtcp.clear()
        return asked

    play(60)
    names = [f"resident-{n}" for n in range(50)]
    for name in names:
        lesson.view(name)
    assert play(3) == 1, "one request for fifty"
    play(3, key=True)
    assert all(len(lesson.video(name)) >= 2 for name in names)

"""Lanes: they part when people go their own ways, and come together again; frames are dropped without a gap."""

import os
import random
from itertools import chain

import pytest

from media.rtcp import pack_nack
from media.switching import JUMP_LEAST, JUMP_MOST
from media.temporal import Temporal
from media.viewer import Viewer
from tests.media.lesson import CAMERA_0, Class, FakeAudience, FakePeer, Simulcast, play
from tests.media.light import fields
from tests.media.offers import SIMULCAST

PACKETS = {"q": 1, "h": 2, "f": 6}
SECONDS = 600 if os.environ.get("LONG_TESTS") else 100
LEVELS = (0, 2, 1, 2)
"""The temporal layers of four frames in a row, as libvpx sends them."""
STRUCTURE = "0" * 6 + "00010" + "00" + "01" + "01" + "11"
"""template_id_offset 0, three decode targets, templates of levels 0, 0, 1, 2."""
TEMPLATE_OF = {0: 1, 1: 2, 2: 3}


def descriptor(frame: int, level: int, *, key: bool) -> bytes:
    """A Dependency Descriptor: mandatory fields, and with a key frame the structure."""
    head = bytes((0xC0 | (0 if key else TEMPLATE_OF[level]),)) + (frame & 0xFFFF).to_bytes(2, "big")
    if not key:
        return head
    bits = "10000" + STRUCTURE
    bits += "0" * (-len(bits) % 8)
    return head + int(bits, 2).to_bytes(len(bits) // 8, "big")


class Slowable(Simulcast):
    """Simulcast whose frames say their temporal layer, in the extension the answer took (12)."""

    def __init__(self) -> None:
        super().__init__()
        for rid, count in PACKETS.items():
            self.lectures[rid]._packets = count

    def frame(self, *, key: bool = False, only: tuple[str, ...] = ("q", "h", "f")) -> list[bytes]:
        level = 0 if key else LEVELS[self.frames % 4]
        packets = []
        for packet in super().frame(key=key, only=only):
            words = packet[14] << 8 | packet[15]
            old = packet[16 : 16 + 4 * words]
            dd = descriptor(self.frames, level, key=key)
            extension = old.rstrip(b"\0") + bytes((12 << 4 | len(dd) - 1,)) + dd
            extension += bytes(-len(extension) % 4)
            packets.append(packet[:14] + (len(extension) // 4).to_bytes(2, "big") + extension + packet[16 + 4 * words :])
        return packets


class Watching(FakeAudience):
    """Checks what each member is sent instead of keeping it: every number once, forward, and no gap that would be asked for."""

    seen: dict[tuple[object, int], int]
    fillers = 0
    jumps = 0

    def send(self, runs: list[list[bytes]]) -> None:
        for packet in chain(*runs):
            first, sequence, ssrc = packet[0], packet[2] << 8 | packet[3], int.from_bytes(packet[8:12], "big")
            if ssrc != CAMERA_0:
                continue
            for member in self._members:
                before = Watching.seen.get((member, ssrc))
                step = 1 if before is None else sequence - before & 0xFFFF
                assert step == 1 or JUMP_LEAST - 1 <= step <= JUMP_MOST + 1, f"a gap of {step}"
                Watching.jumps += step != 1
                Watching.seen[member, ssrc] = sequence
                Watching.fillers += bool(first & 0x20) and len(packet) == 21


def lanes_of(viewers: list[Viewer]) -> int:
    return len({id(v.subscriptions["camera-0"].lane) for v in viewers if v.subscriptions["camera-0"].lane is not None})


def test_forty_people_who_hide_and_show_stay_in_a_few_lanes() -> None:
    chance = random.Random(7)
    Watching.seen, Watching.fillers, Watching.jumps = {}, 0, 0
    lesson = Class()
    lesson.room.auditorium._switching._audience = lambda: Watching(lesson.boxes)
    viewers = [lesson.view(f"resident-{n}") for n in range(40)]
    publisher, source = lesson.publish("teacher", SIMULCAST), Slowable()
    play(lesson, publisher, source, 30)
    most = total = 0
    for second in range(SECONDS):
        for viewer in viewers:
            if chance.random() < 1 / 15:  # each of them does something every 15 s
                lesson.room.auditorium.prefer(viewer, "camera-0", chance.choice((0, 0, 180, 360, 720, 720)), lesson.now)
        play(lesson, publisher, source, 30)
        count = lanes_of(viewers)
        most, total = max(most, count), total + count
        if second == 0:
            most = 0
    for viewer in viewers:
        lesson.room.auditorium.prefer(viewer, "camera-0", 720, lesson.now)
    play(lesson, publisher, source, 30 * 40)
    after = lanes_of(viewers)
    print(
        f"lanes      at most {most} ({total / SECONDS:.1f} on average), {after} afterwards; "
        f"{Watching.jumps} jumps, {Watching.fillers} empty packets    ≤ 12, ≤ 4"
    )
    assert most <= 12
    assert after <= 4
    assert all(v.subscriptions["camera-0"].lane is not None for v in viewers)


# -- temporal layers --------------------------------------------------------------------------------------------------


def test_levels_are_read_from_the_structure_and_remembered_per_frame() -> None:
    temporal = Temporal()
    assert temporal.level(descriptor(1, 0, key=True), 100, 500) == 0
    assert temporal.count == 3
    assert temporal.level(descriptor(2, 2, key=False), 200, 100) == 2
    assert temporal.level(None, 200, 100) == 2, "a retransmission without a descriptor belongs to its frame"
    assert temporal.level(None, 300, 100) == 0, "what is not known is never left out"
    assert temporal.share(0) == pytest.approx(600 / 800)
    assert temporal.share(2) == 1.0


def test_no_descriptor_raises() -> None:
    chance = random.Random(3)
    temporal = Temporal()
    for number in range(3000):
        level = temporal.level(chance.randbytes(chance.randrange(0, 40)), number, 100)
        assert 0 <= level < 4
        assert 1 <= temporal.count <= 4


def narrow(lesson: Class, viewer: Viewer, budget_bps: float) -> None:
    """Its line was found to take so much."""
    viewer.downlink.raise_to(budget_bps, lesson.now)
    lesson.room.auditorium.aim(viewer, lesson.now)


def timestamps(lesson: Class, owner: str, since: int) -> list[int]:
    return [fields(packet)["timestamp"] for packet in lesson.video(owner)[since:] if not packet[0] & 0x20]


@pytest.mark.parametrize("share", [1.0, 0.7])
def test_frames_are_dropped_before_size_at_once_and_without_a_gap(share: float) -> None:
    lesson = Class()
    viewer, other = lesson.view("resident"), lesson.view("other")
    publisher, source = lesson.publish("teacher", SIMULCAST), Slowable()
    play(lesson, publisher, source, 150)
    full_bps = viewer.sending_bps()
    count = len(lesson.video("resident"))
    narrow(lesson, viewer, full_bps * 0.8)
    lane = viewer.subscriptions["camera-0"].lane
    assert lane is not None
    assert (lane.layer.rid, lane.rendition.limit) == ("f", 1), "no key frame was needed"
    for _ in range(60):
        packets = source.frame()
        late = [p for p in packets if random.Random(len(lesson.video("other"))).random() > share]
        for packet in [*(p for p in packets if p not in late), *late]:
            lesson.room.receive_rtp(publisher, packet, lesson.now)
        lesson.now += 1 / 30
        lesson.room.flush_due(lesson.now)
    slow, fast = timestamps(lesson, "resident", count), timestamps(lesson, "other", count)
    assert len(set(slow)) == pytest.approx(len(set(fast)) / 2, abs=2)
    numbers = [fields(packet)["sequence"] for packet in lesson.video("resident")]
    assert sorted(n - numbers[0] & 0xFFFF for n in numbers) == list(range(len(numbers)))
    assert all(slow.count(t) in (0, PACKETS["f"]) for t in slow), "whole frames only"
    narrow(lesson, viewer, float("inf"))
    play(lesson, publisher, source, 60)
    lane = viewer.subscriptions["camera-0"].lane
    assert lane is not None
    assert lane.rendition.limit is None
    assert lanes_of([viewer, other]) == 1, "and it is back among the others"


def test_resends_of_a_slow_rendition_and_of_a_bridge_are_the_very_bytes() -> None:
    lesson = Class()
    viewer = lesson.view("resident")
    lesson.view("other")
    publisher, source = lesson.publish("teacher", SIMULCAST), Slowable()
    peer = viewer.peer
    assert isinstance(peer, FakePeer)
    chance = random.Random(11)
    play(lesson, publisher, source, 60)
    sent: dict[int, bytes] = {}
    for _ in range(120):
        action = chance.randrange(8)
        if action == 0:
            narrow(lesson, viewer, viewer.sending_bps() * 0.8)
        elif action == 1:
            narrow(lesson, viewer, float("inf"))
        elif action == 2:
            lesson.room.auditorium.prefer(viewer, "camera-0", chance.choice((0, 180, 720)), lesson.now)
        play(lesson, publisher, source, chance.randrange(1, 12))
        for packet in lesson.video("resident"):
            number = fields(packet)["sequence"]
            assert sent.setdefault(number, packet) == packet, "one number, one plaintext: anything else breaks the cipher"
        for number in chance.sample(sorted(sent)[-80:], 2):
            peer.resent.clear()
            viewer.count_nacks(-1)
            lesson.room.auditorium.receive_rtcp(viewer, pack_nack(CAMERA_0, [number]), lesson.now)
            assert peer.resent in ([], [sent[number]])
    assert len(sent) > 300

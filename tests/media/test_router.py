"""One room, pure: who hears whom, under virtual time, with loss."""

import itertools
import random

import pytest

from media.bandwidth import SOUND_ONLY
from media.control import SlotChanged
from media.publisher import Publisher
from media.rtcp import Nack, Remb, pack_nack, pack_remb, parse
from media.sdp import RID
from media.stun import parse_binding
from media.viewer import Viewer
from tests.media.lesson import CAMERA_0, Class, FakeAudience, FakePeer, Simulcast, assert_seamless, play
from tests.media.light import Lecture, LightPeer, fields
from tests.media.offers import SIMULCAST


def test_a_viewer_gets_the_best_layer_and_switches_without_a_gap() -> None:
    lesson = Class()
    viewer = lesson.view("resident")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 30)
    assert viewer.subscriptions["camera-0"].lane is not None
    assert viewer.subscriptions["camera-0"].lane.layer.rid == "f"
    for height, rid in ((180, "q"), (400, "h"), (720, "f"), (180, "q")):
        lesson.room.auditorium.prefer(viewer, "camera-0", height, lesson.now)
        play(lesson, publisher, source, 20)
        lane = viewer.subscriptions["camera-0"].lane
        assert lane is not None
        assert lane.layer.rid == rid
    assert_seamless(lesson.video("resident"))


def test_who_switches_together_stays_in_one_lane() -> None:
    lesson = Class()
    viewers = [lesson.view(f"resident-{n}") for n in range(10)]
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 30)
    for viewer in viewers:
        lesson.room.auditorium.prefer(viewer, "camera-0", 180, lesson.now)
    play(lesson, publisher, source, 30)
    lanes = {id(viewer.subscriptions["camera-0"].lane) for viewer in viewers}
    assert len(lanes) == 1


def test_zero_pauses_a_slot_and_it_goes_on_where_it_stopped() -> None:
    lesson = Class()
    viewer = lesson.view("resident")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 30)
    lesson.room.auditorium.prefer(viewer, "camera-0", 0, lesson.now)
    count = len(lesson.video("resident"))
    play(lesson, publisher, source, 30)
    assert len(lesson.video("resident")) == count
    lesson.room.auditorium.prefer(viewer, "camera-0", 720, lesson.now)
    play(lesson, publisher, source, 30)
    headers = [fields(packet) for packet in lesson.video("resident")]
    assert [h["sequence"] - headers[0]["sequence"] & 0xFFFF for h in headers] == list(range(len(headers)))


def test_a_layer_that_stops_is_replaced_by_the_one_below() -> None:
    lesson = Class()
    viewer = lesson.view("resident")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 30)
    play(lesson, publisher, source, 120, only=("q", "h"))
    lane = viewer.subscriptions["camera-0"].lane
    assert lane is not None
    assert lane.layer.rid == "h"
    play(lesson, publisher, source, 60)
    lane = viewer.subscriptions["camera-0"].lane
    assert lane is not None
    assert lane.layer.rid == "f"
    assert_seamless(lesson.video("resident"), 1.8)


def test_a_weak_line_gets_a_smaller_layer_at_once_and_a_trial_later() -> None:
    lesson = Class()
    viewer = lesson.view("resident")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 300)
    sending = viewer.sending_bps()
    for share in (1.5, 0.6):
        lesson.room.auditorium.receive_rtcp(viewer, pack_remb(int(sending * share), [CAMERA_0]), lesson.now)
    play(lesson, publisher, source, 20)
    lane = viewer.subscriptions["camera-0"].lane
    assert lane is not None
    assert lane.layer.rid in ("q", "h")
    play(lesson, publisher, source, 30 * 20)
    lane = viewer.subscriptions["camera-0"].lane
    assert lane is not None
    assert lane.layer.rid == "f"
    assert_seamless(lesson.video("resident"))


def hear_alone(lesson: Class, viewer: Viewer, publisher: Publisher, source: Simulcast) -> None:
    """Its line narrows until it takes sound alone."""
    play(lesson, publisher, source, 300)
    while viewer.downlink.sacrifice < SOUND_ONLY:
        lesson.room.auditorium.receive_rtcp(viewer, pack_remb(17_000, [CAMERA_0]), lesson.now)
        play(lesson, publisher, source, 8)
    assert viewer.subscriptions["camera-0"].lane is None


@pytest.mark.parametrize(("gap_s", "comes_back"), [(0.001, True), (0.02, False), (None, True)])
def test_from_sound_alone_a_picture_is_tried_when_the_line_says_it_carries_one(gap_s: float | None, *, comes_back: bool) -> None:
    """The estimate stands still, as Chromium's does. gap_s: between the answers to a train; None: it answers nothing."""
    lesson = Class()
    viewer = lesson.view("resident")
    peer = viewer.peer
    assert isinstance(peer, FakePeer)
    peer.ice.remote, peer.ice.selected = ("theirs", b"p" * 22), (0, b"somewhere")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    hear_alone(lesson, viewer, publisher, source)
    peer.outgoing.clear()
    trains = 0
    for _ in range(25 * 8):
        lesson.room.auditorium.receive_rtcp(viewer, pack_remb(17_000, [CAMERA_0]), lesson.now)
        play(lesson, publisher, source, 4)
        asked = [parse_binding(datagram) for _, datagram in peer.outgoing if datagram[:2] == b"\x00\x01"]
        peer.outgoing.clear()
        trains += bool(asked)
        if viewer.subscriptions["camera-0"].lane is not None:
            break
        for number, each in enumerate(asked if gap_s is not None else []):
            assert each is not None
            viewer.receive_answer(0.05, lesson.now + number * (gap_s or 0.0))
    assert trains >= 1
    assert (viewer.subscriptions["camera-0"].lane is not None) == comes_back
    assert trains <= 1 or trains >= 3, "a line that is narrow is asked again and again, and never drowned"


@pytest.mark.parametrize("seed", range(5))
def test_under_loss_every_resend_is_the_very_packet_of_its_number(seed: int) -> None:
    """5 % loss downstream with layer switches in between: a viewer that asks gets to the byte what others got."""
    chance = random.Random(seed)
    lesson = Class()
    viewer = lesson.view("resident")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    peer = viewer.peer
    assert isinstance(peer, FakePeer)
    sent: dict[int, bytes] = {}
    for _ in range(40):
        if chance.random() < 0.3:
            lesson.room.auditorium.prefer(viewer, "camera-0", chance.choice((180, 360, 720)), lesson.now)
        play(lesson, publisher, source, 5)
        for packet in lesson.video("resident"):
            number = fields(packet)["sequence"]
            assert sent.setdefault(number, packet) == packet, "one number, one plaintext: anything else breaks the cipher"
        wanted = [n for n in list(sent)[-60:] if chance.random() < 0.05]
        for number in wanted:
            peer.resent.clear()
            viewer.count_nacks(-1)  # this is about bytes: it must not look like a narrow line
            lesson.room.auditorium.receive_rtcp(viewer, pack_nack(CAMERA_0, [number]), lesson.now)
            assert peer.resent == [sent[number]]
    assert len(sent) > 300


def test_upstream_loss_is_asked_for() -> None:
    lesson = Class()
    lesson.view("resident")
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 10)
    packets = source.frame(only=("f",))
    lesson.room.receive_rtp(publisher, packets[1], lesson.now)
    peer = publisher.peer
    assert isinstance(peer, FakePeer)
    peer.rtcp.clear()
    lesson.room.on_deadline(lesson.now + 0.02)
    asked = [r for c in peer.rtcp for r in parse(c) if isinstance(r, Nack)]
    assert [n for nack in asked for n in nack.sequences] == [fields(packets[0])["sequence"]]


def test_a_publisher_without_transport_feedback_hears_a_constant_remb() -> None:
    lesson = Class()
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    peer = publisher.peer
    assert isinstance(peer, FakePeer)
    heard: list[bytes] = []
    for _ in range(60):
        for packet in source.frame():
            lesson.room.receive_rtp(publisher, packet, lesson.now)
        lesson.now += 1 / 30
        lesson.room.on_deadline(lesson.now)
        heard += peer.rtcp
        peer.rtcp.clear()
    assert sum(isinstance(r, Remb) for c in heard for r in parse(c)) >= 2


def test_receiver_reports_count_only_what_was_really_lost() -> None:
    lesson = Class()
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    peer = publisher.peer
    assert isinstance(peer, FakePeer)
    blocks: list[bytes] = []
    for number in range(90):
        for packet in source.frame()[(number == 50) :]:  # one packet of the 51st picture is lost
            lesson.room.receive_rtp(publisher, packet, lesson.now)
        lesson.now += 1 / 30
        lesson.room.on_deadline(lesson.now)
        for compound in peer.rtcp:
            if compound[1] == 201:
                blocks += [compound[8 + 24 * k : 32 + 24 * k] for k in range(compound[0] & 31)]
        peer.rtcp.clear()
    lost = {int.from_bytes(block[:4], "big"): int.from_bytes(block[5:8], "big") for block in blocks}
    assert sorted(lost.values()) == [0, 0, 1]
    assert max(block[4] for block in blocks) < 12


def test_an_idle_source_gives_its_slot_back_and_takes_it_again() -> None:
    lesson = Class()
    publisher, source = lesson.publish("teacher", SIMULCAST), Simulcast()
    play(lesson, publisher, source, 10)
    for _ in range(600):
        lesson.now += 0.02
        lesson.room.on_deadline(lesson.now)
    play(lesson, publisher, source, 10)
    changes = [e.owner for e in lesson.room.events if isinstance(e, SlotChanged)]
    assert changes == ["teacher", None, "teacher"]


def test_the_sdp_of_the_test_really_is_simulcast() -> None:
    assert RID in SIMULCAST


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_picture_comes_back_and_numbers_stay_seamless(seed: int) -> None:
    """Successors, tiles that change, mutes and pauses in any order: afterwards the viewer gets the layer it wants."""
    chance = random.Random(seed)
    lesson = Class()
    viewers = [lesson.view(f"resident-{n}") for n in range(3)]
    current = (lesson.publish("teacher", SIMULCAST), Simulcast())
    running = [current]
    wishes = {viewer: 720 for viewer in viewers}
    for _ in range(40):
        action = chance.randrange(6)
        if action == 0 and len(running) < 2:
            current = (lesson.publish("teacher", SIMULCAST), Simulcast())
            running.append(current)
        elif action == 1 and len(running) > 1:
            old = running.pop(0)
            lesson.room.remove_publisher(old[0], lesson.now)
        elif action in (2, 3):
            viewer = chance.choice(viewers)
            wishes[viewer] = chance.choice((0, 180, 360, 720))
            lesson.room.auditorium.prefer(viewer, "camera-0", wishes[viewer], lesson.now)
        elif action == 4:
            lesson.room.mute(current[0], chance.choice(([], ["camera"])), lesson.now)
        for _ in range(chance.randrange(1, 8)):
            for publisher, source in running:
                play_one(lesson, publisher, source)
    lesson.room.mute(current[0], [], lesson.now)
    for old in running[:-1]:
        lesson.room.remove_publisher(old[0], lesson.now)
    for _ in range(40):
        play_one(lesson, *current)
    for viewer in viewers:
        lane = viewer.subscriptions["camera-0"].lane
        if wishes[viewer] == 0:
            assert lane is None
            continue
        assert lane is not None
        assert lane.layer.publication.peer == current[0].peer.id
        assert lane.layer.height == wishes[viewer]
        headers = [fields(packet) for packet in lesson.video(viewer.peer.owner)]
        assert headers
        assert [h["sequence"] - headers[0]["sequence"] & 0xFFFF for h in headers] == [n & 0xFFFF for n in range(len(headers))]


def play_one(lesson: Class, publisher: Publisher, source: Simulcast) -> None:
    play(lesson, publisher, source, 1)


def test_in_a_great_crowd_sounds_wait_for_company(monkeypatch: pytest.MonkeyPatch) -> None:
    """They go along with the next picture, or with the next sound after 25 ms at most; payloads and numbers stay."""
    monkeypatch.setattr("media.router.PATIENT_FROM", 2)
    monkeypatch.setattr(FakeAudience, "bursts", [])
    lesson, lecture = Class(), Lecture(packets=3)
    bursts = FakeAudience.bursts
    publisher = lesson.publish("teacher", LightPeer().publisher_offer())
    spoken: list[bytes] = []

    def speak() -> None:
        spoken.append(lecture.sound() + bytes(len(spoken) % 5))
        lesson.room.receive_rtp(publisher, spoken[-1], lesson.now)

    def wait(seconds: float) -> None:
        for _ in range(round(seconds / 0.001)):
            lesson.now += 0.001
            lesson.room.flush_due(lesson.now)

    def show(*, key: bool = False) -> None:
        for packet in lecture.frame(key=key):
            lesson.room.receive_rtp(publisher, packet, lesson.now)

    def shape() -> list[list[int]]:
        sent = [[len(run) for run in runs] for runs in bursts]
        for run in itertools.chain(*bursts):
            assert {len(packet) for packet in run[:-1]} <= {len(run[0])}, "the kernel cuts equal sizes …"
            assert len(run[-1]) <= len(run[0]), "… but for the last"
        bursts.clear()
        return sent

    lesson.view("first")
    show(key=True)
    bursts.clear()
    speak()
    assert shape() == [[1]], "few listeners: at once"
    lesson.view("second")
    speak()
    show(key=True)
    wait(0.1)
    bursts.clear()
    spoken.clear()
    lesson.boxes.clear()

    speak()
    wait(0.01)
    show()
    assert shape() == [[4]], "one sound comes last in the picture's message"
    speak()
    wait(0.02)
    speak()
    wait(0.004)
    show()
    assert shape() == [[3, 2]], "two are a message of their own, which leaves with the picture"
    speak()
    wait(0.02)
    speak()
    wait(0.004)
    assert shape() == []
    wait(0.002)
    assert shape() == [[2]], "no picture came"
    packets = [packet for packet in next(iter(lesson.boxes.values())) if fields(packet)["ssrc"] != CAMERA_0]
    numbers = [fields(packet)["sequence"] for packet in packets]
    assert [(b - a) & 0xFFFF for a, b in itertools.pairwise(numbers)] == [1, 1, 1, 1]
    for sound, packet in zip(spoken, packets, strict=True):
        padding = packet[-1] if packet[0] & 0x20 else 0
        assert packet[20 : len(packet) - padding].endswith(sound[-20:])


def test_sounds_do_not_go_along_with_a_picture_that_others_see(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever sees no picture hears all the same, once."""
    monkeypatch.setattr("media.router.PATIENT_FROM", 2)
    lesson, lecture = Class(), Lecture(packets=3)
    publisher = lesson.publish("teacher", LightPeer().publisher_offer())
    viewers = [lesson.view("first"), lesson.view("second")]
    for packet in lecture.frame(key=True):
        lesson.room.receive_rtp(publisher, packet, lesson.now)
    lesson.room.auditorium.prefer(viewers[1], "camera-0", 0, lesson.now)
    lesson.room.auditorium.prefer(viewers[1], "stage", 0, lesson.now)
    lesson.boxes.clear()
    lesson.room.receive_rtp(publisher, lecture.sound(), lesson.now)
    for packet in lecture.frame():
        lesson.room.receive_rtp(publisher, packet, lesson.now)
    lesson.room.flush_due(lesson.now + 0.026)
    heard = [[packet for packet in box if fields(packet)["ssrc"] != CAMERA_0] for box in lesson.boxes.values()]
    assert [len(packets) for packets in heard] == [1, 1]

"""Who enters while a class runs sees its picture from the key frame that has just gone by, and nobody else notices."""

import pytest

from tests.media.hall import CAMERA_0, Hall
from tests.media.light import LightPeer, fields


def pictures(hall: Hall, light: LightPeer) -> list[bytes]:
    """What came of the camera, numbering and all."""
    return [packet for kind, packet in hall.drain(light) if kind == "rtp" and fields(packet)["ssrc"] == CAMERA_0]


def send(hall: Hall, count: int, *, key: bool = False) -> None:
    for number in range(count):
        for packet in hall.lecture.frame(key=key and number == 0):
            hall.teacher.send_rtp(packet)
        hall.pump()


@pytest.mark.parametrize(
    ("ahead_s", "crowd", "caught_up"), [(0.0, 150, True), (2.0, 150, False), (0.0, 0, False)], ids=["fresh", "old", "crowd"]
)
def test_a_newcomer_is_sent_what_followed_a_fresh_key_frame(
    ahead_s: float, crowd: int, caught_up: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("media.switching.FRESH_AUDIENCE", crowd)
    hall = Hall()
    try:
        assert hall.lesson()
        send(hall, 4, key=True)
        resident = pictures(hall, hall.resident)
        hall.ahead_s += ahead_s
        newcomer = hall.view("newcomer")
        missed = pictures(hall, newcomer)
        wants = next(iter(hall.entry("teacher", "out").room.carried.values())).keyframes._wanted
        if caught_up:
            assert missed == resident[-len(missed) :], "the same packets under the same numbers"
            assert len(missed) == 4 * 3
            send(hall, 2)
            live = pictures(hall, newcomer)
            assert live == pictures(hall, hall.resident)
            sequences = [fields(packet)["sequence"] for packet in missed + live]
            assert sequences == [(sequences[0] + place) & 0xFFFF for place in range(len(sequences))]
        else:
            assert not missed
            assert wants, "it waits for the next one"
            send(hall, 2)
            assert not pictures(hall, newcomer)
            send(hall, 1, key=True)
            assert pictures(hall, newcomer)
        assert hall.dropped("error") == 0
    finally:
        hall.close()


def test_a_key_frame_with_a_hole_is_nobodys_beginning() -> None:
    hall = Hall()
    try:
        assert hall.lesson()
        send(hall, 2)
        first, _, last = hall.lecture.frame(key=True)
        for packet in (first, last):
            hall.teacher.send_rtp(packet)
        hall.pump()
        newcomer = hall.view("newcomer")
        assert not pictures(hall, newcomer)
        assert hall.lesson()
    finally:
        hall.close()

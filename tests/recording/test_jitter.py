"""Order out of disorder, loss told once, nothing twice."""

import random

import pytest

from recording.jitter import ABSENT_S, RESTART, WINDOW_S, JitterWindow, Loss, MalformedRtp, Packet, parse_rtp


def packet(sequence: int, at_s: float = 0.0) -> Packet:
    return Packet(sequence & 0xFFFF, 0, False, b"x", at_s)


def sequences(entries: list[Packet | Loss]) -> list[int | str]:
    return [f"lost {entry.packets}" if isinstance(entry, Loss) else entry.sequence for entry in entries]


def test_in_order_packets_pass_at_once_also_around_the_wrap() -> None:
    window = JitterWindow()
    passed = [sequences(window.receive(packet(65_533 + n, n / 100))) for n in range(6)]
    assert passed == [[65_533], [65_534], [65_535], [0], [1], [2]]


@pytest.mark.parametrize("seed", range(20))
def test_any_disorder_within_the_window_comes_out_in_order(seed: int) -> None:
    chance = random.Random(seed)
    arrivals = sorted((n / 100 + chance.random() * 0.5 * WINDOW_S * (n > 0), n) for n in range(300))
    window, out = JitterWindow(), []
    for at_s, n in arrivals:
        out += window.receive(packet(65_400 + n, at_s))
        if chance.random() < 0.3:
            out += window.receive(packet(65_400 + n, at_s))
    out += window.flush()
    assert sequences(out) == [(65_400 + n) & 0xFFFF for n in range(300)]


def test_what_never_comes_is_told_once_and_the_rest_passes() -> None:
    window = JitterWindow()
    window.receive(packet(1, 0.0))
    assert window.receive(packet(4, 0.1)) == []
    assert window.on_deadline(0.1 + WINDOW_S - 0.01) == []
    assert sequences(window.on_deadline(0.1 + WINDOW_S)) == ["lost 2", 4]
    assert window.receive(packet(2, 1.2)) == [], "too late"
    assert sequences(window.receive(packet(5, 1.2))) == [5]


def test_a_sender_that_begins_anew_is_followed() -> None:
    window = JitterWindow()
    window.receive(packet(10))
    assert sequences(window.receive(packet(10 + RESTART + 500, 0.1))) == ["lost 0", 10 + RESTART + 500]
    assert sequences(window.receive(packet(60_000, 0.2))) == ["lost 0", 60_000]


def test_a_track_that_rested_goes_on_without_a_loss_count() -> None:
    window = JitterWindow()
    window.receive(packet(10, 0.0))
    assert sequences(window.receive(packet(900, ABSENT_S + 0.1))) == ["lost 0", 900]


HEADER = bytes([0x80, 0xE0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1])


def test_header_extension_padding_and_contributors_are_cut_off() -> None:
    data = bytes([0xB2]) + HEADER[1:] + bytes(8) + b"\x10\x00\x00\x01" + b"abcd" + b"payload" + b"\x00\x00\x03"
    assert parse_rtp(data, 96, 1.5) == Packet(7, 9, True, b"payload", 1.5)


def test_foreign_payload_types_and_padding_carry_nothing_but_count() -> None:
    assert parse_rtp(HEADER + b"fec", 97, 0.0).payload == b""
    assert parse_rtp(bytes([0xA0]) + HEADER[1:] + b"\x00\x00\x03", 96, 0.0).payload == b""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "version or length"),
        (HEADER[:11], "version or length"),
        (bytes([0x40]) + HEADER[1:], "version or length"),
        (bytes([0x90]) + HEADER[1:], "extension is truncated"),
        (bytes([0x90]) + HEADER[1:] + b"\xbe\xde\x00\x05", "longer than the packet"),
        (bytes([0xA0]) + HEADER[1:] + b"\x00\xff", "longer than the packet"),
        (bytes([0x8F]) + HEADER[1:], "longer than the packet"),
    ],
)
def test_what_is_no_rtp_is_refused_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(MalformedRtp, match=sentence):
        parse_rtp(data, 96, 0.0)


def test_random_bytes_raise_nothing_else() -> None:
    chance = random.Random(5)
    for _ in range(20_000):
        data = bytes([0x80 | chance.randrange(64)]) + chance.randbytes(chance.randrange(40))
        try:
            parse_rtp(data, data[1] & 0x7F if len(data) > 1 else 0, 0.0)
        except MalformedRtp:
            continue

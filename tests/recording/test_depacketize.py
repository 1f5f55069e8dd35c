"""RTP payloads become frames: whole, decodable, or not at all."""

import random

import pytest

from media.h264 import read_size
from recording.av1 import finish_av1, read_av1
from recording.depacketize import START_CODE, Depacketizer, Frame, split_nals
from recording.formats import make_depacketizer
from recording.vp9 import read_vp9
from tests.recording.material import encode_pictures
from tests.recording.rarer_packets import pack_length

PICTURES = ["vp8", "h264", "vp9", "av1"]


def rtp(sequence: int, timestamp: int, payload: bytes, marker: bool = False) -> bytes:
    return bytes([0x80, 96 | marker << 7]) + (sequence & 0xFFFF).to_bytes(2) + timestamp.to_bytes(4) + bytes(4) + payload


def depacketizer(codec: str) -> Depacketizer:
    made = make_depacketizer(codec, 96)
    assert made is not None
    return made


def feed(made: Depacketizer, packets: list[tuple[int, bytes, bool]], skip: set[int] = frozenset()) -> list[Frame]:  # type: ignore[assignment]
    frames: list[Frame] = []
    for sequence, (timestamp, payload, marker) in enumerate(packets):
        if sequence not in skip:
            frames += made.receive(rtp(sequence, timestamp, payload, marker), sequence / 100)
    return frames + made.flush()


def packets(codec: str, count: int = 60, key_every: int = 250) -> list[tuple[int, bytes, bool]]:
    sent = encode_pictures(codec, count, key_every=key_every)
    return [
        (number * 3_600, payload, place == len(picture.payloads) - 1)
        for number, picture in enumerate(sent)
        for place, payload in enumerate(picture.payloads)
    ]


@pytest.mark.parametrize("codec", PICTURES)
def test_every_picture_comes_back_with_size_and_time(codec: str) -> None:
    frames = feed(depacketizer(codec), packets(codec))
    assert len(frames) == 60
    assert [frame.timestamp_rtp for frame in frames] == [number * 3_600 for number in range(60)]
    assert [frame.key for frame in frames] == [True] + [False] * 59
    assert (frames[0].width, frames[0].height) == (640, 360)


@pytest.mark.parametrize("codec", PICTURES)
def test_after_a_loss_nothing_is_shown_before_the_next_key_frame(codec: str) -> None:
    sent = packets(codec, key_every=20)
    lost = next(number for number, (timestamp, _, _) in enumerate(sent) if timestamp == 7 * 3_600)
    made = depacketizer(codec)
    frames = feed(made, sent, {lost})
    assert [frame.timestamp_rtp // 3_600 for frame in frames] == [*range(7), *range(20, 60)]
    assert made.losses.packets == 1
    assert made.losses.frames in (12, 13), "a picture whose only packet is lost was never heard of"


@pytest.mark.parametrize("codec", ["vp8", "h264"])
def test_a_capture_that_begins_in_the_middle_waits_for_a_key_frame(codec: str) -> None:
    sent = packets(codec, key_every=20)
    first = next(number for number, (timestamp, _, _) in enumerate(sent) if timestamp == 5 * 3_600)
    frames = feed(depacketizer(codec), sent[first:])
    assert frames[0].key
    assert frames[0].timestamp_rtp == 20 * 3_600


def test_a_key_picture_without_its_top_is_no_picture() -> None:
    """H.264: the packet with the first slice is lost, the rest of the picture looks like a picture."""
    made = depacketizer("h264")
    sps_pps = bytes([24, 0, 8]) + bytes.fromhex("6742c01edd00f044") + bytes([0, 4]) + bytes.fromhex("68ce3c80")
    assert feed(made, [(0, sps_pps, False), (0, bytes([0x65, 0x40, 1, 2, 3]), True)]) == []
    assert made.losses.frames == 1


def test_parameter_sets_that_came_earlier_are_added_to_key_pictures() -> None:
    made = depacketizer("h264")
    sent = packets("h264", 1)
    [first] = feed(made, sent)
    slices = [nal for nal in split_nals(first.data) if nal[0] & 0x1F == 5]
    [again] = [
        frame
        for place, nal in enumerate(slices)
        for frame in made.receive(rtp(len(sent) + place, 90_000, nal, place == len(slices) - 1), 1.0)
    ]
    assert again.key
    assert [nal[0] & 0x1F for nal in split_nals(again.data)] == [7, 8, *[5] * len(slices)]
    assert split_nals(again.data)[:2] == [nal for nal in split_nals(first.data) if nal[0] & 0x1F in (7, 8)]


def test_opus_packets_pass_and_losses_are_counted() -> None:
    made = depacketizer("opus")
    frames = feed(made, [(n * 960, bytes([n]), False) for n in range(10)], {4, 5})
    assert [frame.data[0] for frame in frames] == [0, 1, 2, 3, 6, 7, 8, 9]
    assert made.losses.packets == 2


@pytest.mark.parametrize("codec", ["red", "g722", "h265"])
def test_other_formats_are_refused_by_name(codec: str) -> None:
    assert make_depacketizer(codec, 96) is None


@pytest.mark.parametrize("codec", PICTURES)
def test_mutated_packets_never_raise(codec: str) -> None:
    chance = random.Random(7)
    made, sent = depacketizer(codec), packets(codec, key_every=20)
    for sequence in range(6_000):
        timestamp, payload, marker = sent[sequence % len(sent)]
        data = bytearray(rtp(sequence, timestamp, payload, marker))
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        made.receive(bytes(data[: chance.randrange(1, len(data) + 1)]) if chance.random() < 0.1 else bytes(data), sequence / 300)
    made.flush()
    assert made.losses.malformed > 0


@pytest.mark.parametrize(
    ("sps", "size"),
    [
        ("6742c01ed900a02ff970110000030001000003003c8f162e48", (640, 368)),
        ("00", (0, 0)),
        ("67", (0, 0)),
        ("6742c01e", (0, 0)),
    ],
)
def test_sizes_of_parameter_sets(sps: str, size: tuple[int, int]) -> None:
    found = read_size(bytes.fromhex(sps))
    assert found == size or (size == (640, 368) and found[0] == 640)


def test_sizes_agree_with_the_encoder() -> None:
    for width, height in [(640, 360), (1280, 720), (322, 182)]:
        frame = feed(
            depacketizer("h264"),
            [
                (0, p, p is encode_pictures("h264", 3, width, height)[0].payloads[-1])
                for p in encode_pictures("h264", 3, width, height)[0].payloads
            ],
        )
        assert (frame[0].width, frame[0].height) == (width, height)
        assert frame[0].data.startswith(START_CODE)


def test_of_spatial_layers_in_one_stream_the_lowest_is_recorded() -> None:
    header, frame = (unit for payload in encode_pictures("av1", 1)[0].payloads for unit in elements(payload))
    low, high = (bytes((frame[0] | 4, layer << 3)) + frame[1:] for layer in (0, 1))
    made = finish_av1(read_av1(packet(header, low, high))[1])
    alone = finish_av1(read_av1(packet(header, low))[1])
    assert made is not None
    assert (made, made.key, made.width) == (alone, True, 640)
    assert read_vp9(b"\xa8\x05\x02\x00\x82")[1] == b"", "the second layer of a VP9 picture"
    assert read_vp9(b"\xa8\x05\x00\x00\x82") == (True, b"\x82")


def test_what_is_no_whole_av1_unit_is_no_picture() -> None:
    header, frame = (unit for payload in encode_pictures("av1", 1)[0].payloads for unit in elements(payload))
    for wrong in (
        packet(header, frame, goes_on=True),  # its end never came
        packet(header, frame, continues=True),  # its beginning never came
        packet(header),
        packet(header[:4], frame),
        b"\x00\x85",
        b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    ):
        assert finish_av1(read_av1(wrong)[1]) is None, wrong[:8]
    made = finish_av1(read_av1(packet(frame))[1])
    assert (made is not None, made is not None and made.key) == (True, False), "without a sequence header it is no beginning"


def packet(*units: bytes, goes_on: bool = False, continues: bool = False) -> bytes:
    head = (0x80 if continues else 0) | (0x40 if goes_on else 0)
    return bytes((head,)) + b"".join(pack_length(len(unit)) + unit for unit in units)


def elements(payload: bytes) -> list[bytes]:
    """The OBUs of a packet that holds a sequence header and a frame, the second without its length."""
    assert payload[0] & 0xF0 == 0x20
    return [payload[2 : 2 + payload[1]], payload[2 + payload[1] :]]

"""VP9 and AV1: where pictures begin, what viewers get of them, who may send them, and who is asked to offer again; pure."""

import struct

import pytest

from media import offers, rtp, sdp, vp9
from media.capture import Capture
from media.control import CaptureId, OfferAgain
from media.errors import Malformed, Refused
from tests.media.lesson import Class
from tests.media.light import VIDEO_SSRC, LightPeer
from tests.media.offers import TRANSPORT

PLAIN = LightPeer().publisher_offer()
RARE = {
    "vp9": "a=rtpmap:98 VP9/90000",
    "av1": "a=rtpmap:45 AV1/90000",
    "vp9-2": "a=rtpmap:99 VP9/90000\r\na=fmtp:99 profile-id=2",
}
TYPES = {"vp9": "98", "av1": "45", "vp9-2": "99", "vp8": "96"}
VP9_KEY = bytes.fromhex("82498342") + (1279 << 20 | 719 << 4).to_bytes(5, "big") + b"rest"


def offer(*names: str) -> str:
    """A publisher's offer with these codecs in this order."""
    text = PLAIN.replace("m=video 9 UDP/TLS/RTP/SAVPF 96 97", "m=video 9 UDP/TLS/RTP/SAVPF " + " ".join(TYPES[n] for n in names))
    lines = "\r\n".join(RARE[name] for name in names if name in RARE)
    if "vp8" not in names:
        text = text.replace("a=rtpmap:96 VP8/90000\r\n", "")
    return text.replace("a=sendonly\r\n", f"a=sendonly\r\n{lines}\r\n", 1) if lines else text


def taken(names: tuple[str, ...], decoded: set[str]) -> tuple[str, bool]:
    section = offers.answer_publisher(sdp.parse(offer(*names)), TRANSPORT, {}, decoded).incoming[0]
    return section.codec.name, section.may_change


@pytest.mark.parametrize(
    ("codec", "payload", "is_key"),
    [
        ("vp9", b"\x08\x82", True),
        ("vp9", b"\x0c\x82", True),
        ("vp9", b"\x48\x82", False),  # predicted
        ("vp9", b"\x04\x82", False),  # not the first packet
        ("vp9", b"\x88\x80\x01\x82", True),
        ("vp9", b"\xa8\x05\x00\x00\x82", True),
        ("vp9", b"\xa8\x05\x02\x00\x82", False),  # the second spatial layer of the picture
        ("vp9", b"\x08", False),
        ("av1", b"\x18\x0a\x0b", True),  # one element: a sequence header with its size bit
        ("av1", b"\x28\x02\x08\x00\x30", True),
        ("av1", b"\x10\x30", False),  # no new sequence
        ("av1", b"\x98\x0a", False),  # goes on from the packet before
        ("av1", b"\x18\x30", False),  # a frame
        ("av1", b"\x08\x01\x10\x02\x08\x00", True),  # behind a delimiter
        ("av1", b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff", False),
        ("av1", b"\x08", False),
    ],
)
def test_where_key_frames_begin(codec: str, payload: bytes, is_key: bool) -> None:
    assert rtp.starts_keyframe(codec, payload) is is_key


@pytest.mark.parametrize(
    ("packet", "sent", "ends"),
    [
        (b"\x08video", b"\x08video", False),
        (b"\x8c\x05video", b"\x0cvideo", True),
        (b"\xac\x81\x02\x00\x07video", b"\x0cvideo", True),  # picture 258, layer 0, TL0PICIDX
        (b"\xe9\x05\x40\x07video", b"\x49video", False),
        (b"\xf0\x05\x40\x03\x02video", b"\x40video", False),  # flexible, two references
        (b"\xaa\x05\x00\x07" + b"\x18\x02\x80\x01\x68\x01\x04\x01" + b"video", b"\x08video", False),  # a structure
        (b"\xac\x05\x02\x07video", b"\x04video", True),  # the second spatial layer goes on with the picture
    ],
)
def test_viewers_get_the_shortest_descriptor(packet: bytes, sent: bytes, ends: bool) -> None:
    assert vp9.plain(packet, ends=ends) == sent


@pytest.mark.parametrize(
    ("packet", "sentence"),
    [
        (b"\x88", "VP9 descriptor is truncated"),
        (b"\x08", "VP9 packet carries no video"),
        (b"\xd0\x05\x03\x03\x03v", "VP9 descriptor has more than three references"),
        (b"\x0a\x08\xff", "VP9 descriptor is truncated"),
    ],
)
def test_broken_descriptors_are_told_what_is_wrong(packet: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        vp9.plain(packet, ends=False)
    assert str(wrong.value) == sentence


def test_a_vp9_key_frame_tells_its_height() -> None:
    assert vp9.height(b"\x88\x05" + VP9_KEY) == 720
    assert vp9.height(b"\x88\x05" + VP9_KEY[:8]) is None
    assert vp9.height(b"\x08\x86" + VP9_KEY[1:]) is None


@pytest.mark.parametrize(
    ("names", "decoded", "expected"),
    [
        (("vp8", "vp9"), {"vp9", "av1"}, ("vp8", False)),  # as our page offers: VP8 first
        (("vp9", "vp8"), {"vp9"}, ("vp9", True)),
        (("vp9", "vp8"), {"av1"}, ("vp8", False)),
        (("vp9", "av1", "vp8"), {"av1"}, ("av1", True)),
        (("vp9-2", "vp8"), {"vp9"}, ("vp8", False)),
        (("av1",), {"av1"}, ("av1", False)),
    ],
)
def test_the_first_codec_of_the_offer_that_everybody_decodes(
    names: tuple[str, ...], decoded: set[str], expected: tuple[str, bool]
) -> None:
    assert taken(names, decoded) == expected


def test_a_picture_not_everybody_decodes_is_not_taken() -> None:
    only_picture = offer("av1")[: offer("av1").index("m=audio")]
    with pytest.raises(Refused) as refused:
        offers.answer_publisher(sdp.parse(only_picture), TRANSPORT, {}, {"vp9"})
    assert refused.value.code == "no-usable-codec"
    answer = offers.answer_publisher(sdp.parse(only_picture), TRANSPORT, {}, {"av1"}).answer
    assert "a=rtpmap:45 AV1/90000" in answer


def test_a_player_is_offered_what_it_has() -> None:
    answer = offers.answer_player(sdp.parse(offer("vp9", "vp9-2", "vp8").replace("sendonly", "recvonly")), TRANSPORT)
    assert answer.outgoing[0].payload_types == {"vp8": 96, "vp9": 98}


def vp9_packet(number: int, payload: bytes) -> bytes:
    return struct.pack("!BBHII", 0x80, 0x80 | 98, number, number * 3000, VIDEO_SSRC) + payload


def asked(room: Class) -> list[OfferAgain]:
    events, room.room.events[:] = [e for e in room.room.events if isinstance(e, OfferAgain)], []
    return events


def test_who_joins_without_the_codec_makes_the_publisher_offer_again() -> None:
    lesson = Class()
    lesson.view("resident")
    publisher = lesson.publish("teacher", offer("vp9", "vp8"))
    for number in range(3):
        lesson.room.receive_rtp(publisher, vp9_packet(number, b"\x8c\x05" + VP9_KEY), lesson.now)
    assert [packet[20:21] for packet in lesson.video("resident")] == [b"\x0c"] * 3, "one byte of descriptor"
    assert {packet[1] & 127 for packet in lesson.video("resident")} == {98}
    assert asked(lesson) == []

    lesser = lesson.view("lesser", without="VP9")
    [again] = asked(lesson)
    assert (again.owner, again.peer, again.codecs) == ("teacher", publisher.peer.id, ["av1"])
    lesson.view("another", without="VP9")
    assert asked(lesson) == [], "asked once"
    lesson.now += 6
    lesson.room.on_deadline(lesson.now)
    assert len(asked(lesson)) == 1, "and once more when nothing came of it"
    successor = lesson.publish("teacher", offer("vp9", "vp8"))
    assert successor.publications[0].codec == "vp8"
    lesson.room.remove_publisher(publisher, lesson.now)
    lesson.now += 6
    lesson.room.on_deadline(lesson.now)
    assert asked(lesson) == []
    assert lesson.room.decoded == {"av1"}
    lesson.room.auditorium.remove(lesser)
    assert lesson.room.decoded == {"av1"}, "another one is still there"


def test_a_program_that_has_nothing_else_is_left_alone() -> None:
    lesson = Class()
    lesson.publish("obs", offer("vp9"))
    lesson.view("lesser", without="VP9")
    assert asked(lesson) == []


def test_a_recording_changes_nothing_for_the_publisher() -> None:
    lesson = Class()
    lesson.publish("teacher", offer("vp9", "vp8"))
    lesson.room.add_capture(Capture(CaptureId("c")))
    lesson.room.on_deadline(lesson.now)
    assert asked(lesson) == []

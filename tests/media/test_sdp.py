"""The offers we take and the ones we make."""

import pytest
from aiortc.sdp import SessionDescription

from media import offers, sdp, slots
from media.errors import Malformed, Refused
from tests.media.light import LightPeer
from tests.media.offers import SIMULCAST, TRANSPORT


def test_a_simulcast_offer_is_taken_with_all_its_layers() -> None:
    agreement = offers.answer_publisher(sdp.parse(SIMULCAST), TRANSPORT, {"0": "screen"})
    assert agreement.is_dtls_server
    video, audio = agreement.incoming
    assert (video.source, video.rids, video.repair_payload_type) == ("screen", ["q", "h", "f"], 97)
    assert (audio.source, audio.codec.name) == ("microphone", "opus")
    assert "a=simulcast:recv q;h;f" in agreement.answer
    assert "a=setup:passive" in agreement.answer
    assert f"a=extmap:12 {sdp.DEPENDENCY_DESCRIPTOR}" in agreement.answer
    assert len(SessionDescription.parse(agreement.answer).media) == 2


def test_without_transport_feedback_a_publisher_is_offered_remb_and_never_both() -> None:
    plain = offers.answer_publisher(sdp.parse(SIMULCAST), TRANSPORT, {}).answer
    assert "goog-remb" in plain
    assert "transport-cc" not in plain
    modern = SIMULCAST.replace(
        "a=rtcp-fb:96 nack\r\n", f"a=rtcp-fb:96 nack\r\na=rtcp-fb:96 transport-cc\r\na=extmap:3 {sdp.TRANSPORT_CC}\r\n"
    )
    both = offers.answer_publisher(sdp.parse(modern), TRANSPORT, {}).answer
    video = both[: both.index("m=audio")]
    assert "a=rtcp-fb:96 transport-cc" in video
    assert "goog-remb" not in video


def test_the_nearest_address_goes_first_and_every_viewer_gets_the_same_slots() -> None:
    text = offers.offer_viewer(TRANSPORT)
    parsed = SessionDescription.parse(text)
    assert len(parsed.media) == len(slots.OFFERED) == 13
    assert [c.ip for c in parsed.media[0].ice_candidates if c.protocol == "udp"] == ["127.0.0.1", "10.0.0.1"]
    assert [codec.mimeType for codec in parsed.media[0].rtp.codecs] == ["video/VP8", "video/H264", "video/VP9", "video/AV1"]
    assert len({m.ssrc[0].ssrc for m in parsed.media}) == 13


def test_a_viewer_without_h264_is_known_to_be_without() -> None:
    answer = LightPeer().viewer_answer(offers.offer_viewer(TRANSPORT))
    answer = answer.replace("a=rtpmap:102 H264/90000\r\n", "")
    accepted = offers.read_viewer_answer(sdp.parse(answer))
    assert accepted[0].payload_types == {"vp8": 96, "vp9": 98, "av1": 100}
    assert accepted[-1].payload_types == {"opus": 111}


def test_a_viewer_must_begin_the_handshake() -> None:
    answer = LightPeer().viewer_answer(offers.offer_viewer(TRANSPORT)).replace("setup:active", "setup:passive")
    with pytest.raises(Refused) as refused:
        offers.read_viewer_answer(sdp.parse(answer))
    assert refused.value.code == "bad-sdp"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello", "SDP does not begin with v=0"),
        ("v=0\nm=video 9", "SDP m-line has fewer than four fields"),
        ("v=0\na=fingerprint:sha-256 AB", "SDP fingerprint is not a sha-256 digest"),
        ("v=0\nm=video 9 UDP/TLS/RTP/SAVPF 999", "SDP payload type is not a number up to 127"),
        ("v=0\nm=video 99999 UDP/TLS/RTP/SAVPF 96", "SDP port is not a number up to 65535"),
        ("v=0\na=setup:holdconn", "SDP setup is not understood"),
        ("v=0\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 33, "SDP has too many m-lines"),
        ("v=0\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 111\na=mid:0\n" * 2, "SDP repeats a mid"),
    ],
)
def test_broken_sdp_is_told_what_is_wrong(text: str, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        sdp.parse(text)
    assert str(wrong.value) == sentence

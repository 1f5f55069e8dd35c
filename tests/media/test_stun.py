"""STUN against aioice's."""

import struct

import pytest
from aioice import stun as aioice_stun

from media import stun
from media.errors import Malformed


def test_aioice_understands_our_answer_and_we_its_request() -> None:
    asked = aioice_stun.Message(aioice_stun.Method.BINDING, aioice_stun.Class.REQUEST)
    asked.attributes["USERNAME"] = "ours:theirs"
    asked.attributes["PRIORITY"] = 1
    asked.attributes["USE-CANDIDATE"] = None
    asked.add_message_integrity(b"key")
    request = stun.parse_binding(bytes(asked))
    assert request is not None
    assert request.local_ufrag == "ours"
    assert request.use_candidate
    assert request.is_authentic(b"key")
    assert not request.is_authentic(b"other")
    answer = stun.pack_success(request.transaction_id, ("192.0.2.1", 1234), b"key")
    assert len(answer) <= len(bytes(asked))
    parsed = aioice_stun.parse_message(answer)
    assert parsed.check_message_integrity(b"key")
    assert parsed.attributes["XOR-MAPPED-ADDRESS"] == ("192.0.2.1", 1234)


def test_a_request_without_integrity_is_never_authentic() -> None:
    naked = struct.pack("!HHI12sHH4s", 1, 8, stun.MAGIC_COOKIE, b"t" * 12, stun.USERNAME, 4, b"ours")
    request = stun.parse_binding(naked)
    assert request is not None
    assert not request.is_authentic(b"")


def test_what_follows_the_integrity_is_ignored() -> None:
    sealed = stun.pack_request(b"t" * 12, "ours:theirs", b"key", use_candidate=False)[:-8]
    smuggled = sealed + struct.pack("!HH", stun.USE_CANDIDATE, 0)
    smuggled = smuggled[:2] + struct.pack("!H", len(smuggled) - 20) + smuggled[4:]
    request = stun.parse_binding(smuggled)
    assert request is not None
    assert request.is_authentic(b"key")
    assert not request.use_candidate


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\0\1" + bytes(10), "STUN message length is less than 20 bytes"),
        (b"\0\1\0\0" + bytes(16), "STUN magic cookie is wrong"),
        (b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12), "STUN message length does not match the datagram"),
        (b"\0\1\0\4\x21\x12\xa4\x42" + bytes(12) + b"\0\6\0\x09", "STUN attribute is truncated"),
        (bytes(2) + bytes(600), "STUN message is longer than 548 bytes"),
    ],
)
def test_broken_stun_is_told_what_is_wrong(data: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        stun.parse_binding(data)
    assert str(wrong.value) == sentence

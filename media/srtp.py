"""SRTP keys out of DTLS (RFC 5764 §4.2), protect and unprotect on buffers that are never allocated per packet.

pylibsrtp's own methods copy and allocate (1.7 µs); here its cffi binding is called on preallocated memory (1.26 µs in,
about 0.7 µs out). The binding is what pylibsrtp itself is written on.
"""

from dataclasses import dataclass
from typing import Any

from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib

from media.errors import Malformed

MAX_PACKET_BYTES = 1500
TRAILER_BYTES = 148
"""Room libsrtp may use behind a packet: SRTCP index, tag and MKI."""
RECEIVE_WINDOW = 2048
"""Replay window."""
SEND_WINDOW = 512
"""How far back we may resend; at least `packet_cache.CAPACITY`. libsrtp shifts the whole window by every packet sent: 2,048 bits
were 7 % of the worker's time at 500 viewers."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One SRTP protection profile."""

    openssl_name: bytes
    policy: int
    key_bytes: int
    salt_bytes: int
    overhead_bytes: int
    """How much `protect` adds to an RTP packet."""

    @property
    def material_bytes(self) -> int:
        return 2 * (self.key_bytes + self.salt_bytes)


PROFILES = (
    Profile(b"SRTP_AEAD_AES_128_GCM", Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12, 16),
    Profile(b"SRTP_AES128_CM_SHA1_80", Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14, 10),
)
"""Best first: as DTLS server our order decides."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Our two directions."""

    profile: Profile
    sending: bytes
    receiving: bytes


def split_keys(material: bytes, profile_name: bytes, *, is_server: bool) -> KeyPair:
    """Cut DTLS keying material into our sending and receiving keys (RFC 5764 §4.2).

    material: 2·(key+salt) bytes: client key, server key, client salt, server salt.
    Raises Malformed when the profile is unknown or the length does not fit it.
    """
    profile = next((p for p in PROFILES if p.openssl_name == profile_name), None)
    if profile is None:
        raise Malformed("DTLS peer agreed on no SRTP profile of ours")
    if len(material) != profile.material_bytes:
        raise Malformed("DTLS keying material does not fit the SRTP profile")
    key, salt = profile.key_bytes, profile.salt_bytes
    client = material[:key] + material[2 * key : 2 * key + salt]
    server = material[key : 2 * key] + material[2 * key + salt :]
    return KeyPair(profile, server, client) if is_server else KeyPair(profile, client, server)


def _session(key: bytes, profile: Profile, ssrc_type: int, window: int) -> Session:
    policy = Policy(key=key, ssrc_type=ssrc_type, srtp_profile=profile.policy)
    policy.window_size = window
    # A NACK is answered with the byte-identical packet: same nonce, same plaintext, same ciphertext.
    policy.allow_repeat_tx = True
    return Session(policy)


_buffer = ffi.new("unsigned char[]", MAX_PACKET_BYTES + TRAILER_BYTES)
_view = ffi.buffer(_buffer)
_length = ffi.new("int *")


class Receiver:
    """Decrypts what one peer sends."""

    __slots__ = ("_handle", "_session")

    def __init__(self, keys: KeyPair) -> None:
        self._session = _session(keys.receiving, keys.profile, Policy.SSRC_ANY_INBOUND, RECEIVE_WINDOW)
        self._handle = self._session._srtp[0]

    def unprotect(self, packet: bytes) -> bytes | None:
        """The RTP packet inside, or None: forged, replayed or malformed."""
        return self._open(packet, lib.srtp_unprotect)

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        """The RTCP packet inside, or None: forged, replayed or malformed."""
        return self._open(packet, lib.srtp_unprotect_rtcp)

    def _open(self, packet: bytes, function: Any) -> bytes | None:
        size = len(packet)
        if size > MAX_PACKET_BYTES or size < 12:
            return None
        _view[0:size] = packet
        _length[0] = size
        if function(self._handle, _buffer, _length):
            return None
        return _view[0 : _length[0]]  # type: ignore[no-any-return]  # cffi is untyped


class Sender:
    """Encrypts what we send to one peer. `handle` is libsrtp's own pointer, for the batch loop in `outbox.py`."""

    __slots__ = ("_session", "handle", "overhead_bytes")

    def __init__(self, keys: KeyPair) -> None:
        self._session = _session(keys.sending, keys.profile, Policy.SSRC_ANY_OUTBOUND, SEND_WINDOW)
        self.handle: Any = self._session._srtp[0]
        self.overhead_bytes = keys.profile.overhead_bytes

    def protect(self, packet: bytes) -> bytes | None:
        """One RTP packet encrypted; None when libsrtp refuses (a repeat older than the window)."""
        return self._seal(packet, lib.srtp_protect)

    def protect_rtcp(self, packet: bytes) -> bytes | None:
        """One RTCP packet encrypted."""
        return self._seal(packet, lib.srtp_protect_rtcp)

    def _seal(self, packet: bytes, function: Any) -> bytes | None:
        size = len(packet)
        assert 8 <= size <= MAX_PACKET_BYTES, "we build our packets within the MTU"
        _view[0:size] = packet
        _length[0] = size
        if function(self.handle, _buffer, _length):
            return None
        return _view[0 : _length[0]]  # type: ignore[no-any-return]  # cffi is untyped

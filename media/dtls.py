"""The DTLS handshake over memory BIOs: datagrams in, datagrams out. Pure, but OpenSSL keeps its own resend clock.

What a stranger may do (it can put any source address on a datagram, but sees none of ours):
- Everything before "finished" is plaintext and anybody's. `_may_enter` therefore lets only handshake messages that a peer in our
  opposite role sends reach OpenSSL, well-formed to the byte; plaintext alerts, application data and junk never do.
- A forged ClientHello must not start a handshake whose answer would confuse the real client: as server we demand a cookie
  (RFC 6347 §4.2.1; one more round trip). OpenSSL's HelloVerifyRequest is kept and repeated for every cookieless ClientHello,
  and a ClientHello with another cookie than ours is dropped here: to OpenSSL it would be fatal.
- After "finished", records of epoch 0 are dropped; OpenSSL silently drops what does not authenticate.
A handshake that fails nevertheless is replaced by a fresh one (`peer.py`), on the same ICE session.
"""

import contextlib
import datetime
import secrets
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from OpenSSL import SSL

from media.srtp import PROFILES, KeyPair, split_keys

CIPHERS = b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256"
MTU_BYTES = 1200
RECORD_HEADER = 13
HANDSHAKE_HEADER = 12
MAX_HANDSHAKE_BYTES = 16_384
HANDSHAKE, CHANGE_CIPHER_SPEC = 22, 20
CLIENT_HELLO, HELLO_VERIFY_REQUEST = 1, 3
FROM_CLIENT = frozenset({CLIENT_HELLO, 11, 15, 16})
"""ClientHello, Certificate, CertificateVerify, ClientKeyExchange; Finished is encrypted."""
FROM_SERVER = frozenset({2, HELLO_VERIFY_REQUEST, 4, 11, 12, 13, 14})
"""ServerHello, HelloVerifyRequest, NewSessionTicket, Certificate, ServerKeyExchange, CertificateRequest, ServerHelloDone."""
NO_CERTIFICATE = "did not return a certificate"
"""What OpenSSL says then."""

Role = Literal["server", "client"]


class Handshake(Enum):
    """RUNNING → DONE → CLOSED, or RUNNING → FAILED."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CLOSED = "closed"


class Identity:
    """This worker's certificate and the OpenSSL context all its handshakes share."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, secrets.token_hex(8))])
        # One day of grace each way: browsers check only the fingerprint, but a client's clock may be off.
        start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=365))
            .sign(key, hashes.SHA256())
        )
        self.fingerprint = format_fingerprint(certificate)
        context = SSL.Context(SSL.DTLS_METHOD)
        assert SSL.OP_COOKIE_EXCHANGE is not None, "OpenSSL was built without DTLS cookies"
        context.set_options(SSL.OP_NO_TICKET | SSL.OP_COOKIE_EXCHANGE | SSL.OP_NO_RENEGOTIATION)
        context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        # Self-signed by design: the certificate is trusted when its fingerprint is the one in the SDP (RFC 8827 §6.5).
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(certificate)
        context.use_privatekey(key)
        context.set_cipher_list(CIPHERS)
        context.set_tlsext_use_srtp(b":".join(profile.openssl_name for profile in PROFILES))
        context.set_cookie_generate_callback(lambda connection: bytes(connection.get_app_data()))
        context.set_cookie_verify_callback(lambda connection, cookie: bytes(cookie) == connection.get_app_data())
        self.context = context


def format_fingerprint(certificate: x509.Certificate) -> str:
    """sha-256 fingerprint as in SDP: "AB:CD:…"."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


@dataclass(slots=True)
class Established:
    """What a finished handshake gives."""

    keys: KeyPair
    fingerprint: str


class DtlsTransport:
    """One handshake and the connection after it."""

    def __init__(self, identity: Identity, role: Role) -> None:
        self.state = Handshake.RUNNING
        self.reason = ""
        """Why it failed, for the log."""
        self._role: Role = role
        self._cookie = secrets.token_bytes(16)
        self._verify_request = b""
        self._out: list[bytes] = []
        self._connection = SSL.Connection(identity.context, None)
        self._connection.set_app_data(self._cookie)
        self._connection.set_ciphertext_mtu(MTU_BYTES)
        if role == "server":
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()

    def start(self) -> None:
        """As client, send the first ClientHello; as server, nothing."""
        if self._role == "client" and self.state is Handshake.RUNNING:
            self._advance()

    def receive(self, datagram: bytes) -> None:
        """Take one datagram of the peer; answers are in `drain()`, the outcome in `state`. Never raises."""
        if self.state is Handshake.RUNNING:
            if not self._may_enter(datagram):
                return
            self._connection.bio_write(datagram)
            self._advance()
        elif self.state is Handshake.DONE:
            if not _all_epochs_positive(datagram):
                return
            self._connection.bio_write(datagram)
            self._read_closure()

    def drain(self) -> list[bytes]:
        """Datagrams to send, once."""
        out, self._out = self._out, []
        return out

    def on_deadline(self) -> None:
        """Let OpenSSL resend what was lost; call every 50 ms or so while RUNNING."""
        if self.state is Handshake.RUNNING:
            try:
                self._connection.DTLSv1_handle_timeout()
            except SSL.Error as wrong:
                self._fail(wrong)
            self._flush()

    def established(self) -> Established:
        """Keys and the peer's fingerprint, once DONE. Raises Malformed when no SRTP profile was agreed."""
        assert self.state is Handshake.DONE, "keys exist only after the handshake"
        profile_name = self._connection.get_selected_srtp_profile()
        profile = next((p for p in PROFILES if p.openssl_name == profile_name), PROFILES[0])
        material = self._connection.export_keying_material(b"EXTRACTOR-dtls_srtp", profile.material_bytes)
        certificate = self._connection.get_peer_certificate(as_cryptography=True)
        assert certificate is not None, "the context demands a certificate"
        keys = split_keys(material, profile_name, is_server=self._role == "server")
        return Established(keys, format_fingerprint(certificate))

    def close(self) -> None:
        """Say close_notify when there is somebody to say it to; twice is silent."""
        if self.state is Handshake.DONE:
            with contextlib.suppress(SSL.Error):
                self._connection.shutdown()
            self._flush()
        self.state = Handshake.CLOSED

    def _advance(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._flush()
        except SSL.Error as wrong:
            self._fail(wrong)
            self._out.clear()  # our alert would only end the real client's handshake when a forger caused this
        else:
            self._flush()
            self.state = Handshake.DONE

    def _fail(self, wrong: SSL.Error) -> None:
        self.state = Handshake.FAILED
        self.reason = str(wrong)[:200]

    def _read_closure(self) -> None:
        for _ in range(16):
            try:
                self._connection.recv(2048)
            except SSL.ZeroReturnError:
                self.state = Handshake.CLOSED
                return
            except SSL.Error:
                break
        self._flush()

    def _flush(self) -> None:
        while True:
            try:
                datagram = self._connection.bio_read(65536)
            except SSL.Error:
                return
            if not datagram:
                return
            if self._role == "server" and not self._verify_request and datagram[RECORD_HEADER] == HELLO_VERIFY_REQUEST:
                self._verify_request = datagram
            self._out.append(datagram)

    def _may_enter(self, datagram: bytes) -> bool:
        allowed = FROM_CLIENT if self._role == "server" else FROM_SERVER
        position = 0
        while position < len(datagram):
            size = _record_size(datagram, position)
            if size is None:
                return False
            body, end = position + RECORD_HEADER, position + size
            if datagram[position + 3 : position + 5] == b"\0\0":
                kind = datagram[position]
                if kind == HANDSHAKE:
                    if not _are_handshake_messages(datagram, body, end, allowed):
                        return False
                    if datagram[body] == CLIENT_HELLO and not self._hello_may_enter(datagram, body, end):
                        return False
                elif kind != CHANGE_CIPHER_SPEC or datagram[body:end] != b"\x01":
                    return False
            position = end
        return position > 0

    def _hello_may_enter(self, datagram: bytes, body: int, end: int) -> bool:
        """A first ClientHello only until we have asked for the cookie, a second only with our cookie."""
        message_seq = int.from_bytes(datagram[body + 4 : body + 6], "big")
        offset = int.from_bytes(datagram[body + 6 : body + 9], "big")
        if message_seq == 0:
            if not self._verify_request:
                return True
            if offset == 0 and len(self._verify_request) <= end - body:
                self._out.append(self._verify_request)
            return False
        if message_seq != 1:
            return False
        if offset > 0:
            return True
        # version 2, random 32, session id 1 + n, cookie 1 + n
        cookie_at = body + HANDSHAKE_HEADER + 34
        if cookie_at >= end:
            return False
        cookie_at += 1 + datagram[cookie_at]
        expected = bytes([len(self._cookie)]) + self._cookie
        return datagram[cookie_at : cookie_at + len(expected)] == expected and cookie_at + len(expected) <= end


def _record_size(datagram: bytes, position: int) -> int | None:
    """Header and body of the DTLS record at `position`; None when it is not one."""
    if position + RECORD_HEADER >= len(datagram) or datagram[position + 1] != 0xFE or datagram[position + 2] not in (0xFF, 0xFD):
        return None
    size = RECORD_HEADER + int.from_bytes(datagram[position + 11 : position + 13], "big")
    if size == RECORD_HEADER or position + size > len(datagram):
        return None
    return size


def _all_epochs_positive(datagram: bytes) -> bool:
    position = 0
    while position < len(datagram):
        size = _record_size(datagram, position)
        if size is None or datagram[position + 3 : position + 5] == b"\0\0":
            return False
        position += size
    return position > 0


def _are_handshake_messages(datagram: bytes, position: int, end: int, allowed: frozenset[int]) -> bool:
    while position < end:
        if position + HANDSHAKE_HEADER > end or datagram[position] not in allowed:
            return False
        length = int.from_bytes(datagram[position + 1 : position + 4], "big")
        offset = int.from_bytes(datagram[position + 6 : position + 9], "big")
        size = int.from_bytes(datagram[position + 9 : position + 12], "big")
        message_seq = int.from_bytes(datagram[position + 4 : position + 6], "big")
        if length > MAX_HANDSHAKE_BYTES or offset + size > length or message_seq > 16:
            return False
        position += HANDSHAKE_HEADER + size
        if position > end:
            return False
    return position == end

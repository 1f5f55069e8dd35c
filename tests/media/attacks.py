"""The "Bad input" list of the relay: each attack, the reason it is counted under, and what happens once its guard is gone.

An attack acts on a running class (`hall.py`) and tells whether it did harm. `guard` names what stands against it: the tests take
it away once, and then harm must be done, or the attack (or the guard) is none.
"""

import itertools
import os
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from media import (
    auditorium,
    dtls,
    ice_lite,
    nack,
    payloads,
    peer,
    publisher,
    quota,
    registry,
    router,
    rtcp,
    rtp,
    srtp,
    stun,
    worker,
)
from media.address import pack_sockaddr
from media.control import PeerId
from media.rtcp import pack_empty_receiver_report, pack_nack, pack_remb
from tests.media.hall import AUDIO_0, CAMERA_0, CAMERA_1, Hall
from tests.media.light import VIDEO_SSRC, LightPeer, fields

REPORT = pack_empty_receiver_report()
KEY_HEADER = b"\x10\x02\x00\x9d\x01\x2a\0\5\xd0\2"
_numbers = itertools.count(20_000)


@dataclass(frozen=True, slots=True)
class Attack:
    name: str
    run: Callable[[Hall], bool]
    """True: it did harm."""
    reason: str
    """Counted under this; "" when nothing is dropped (the packets are forwarded or ignored as they are)."""
    guard: tuple[object, str, Any]
    """(module or class, attribute, what stands there when the guard is gone)."""


def pack(payload: bytes, *, first: int = 0x80, pt: int = 96, ssrc: int = VIDEO_SSRC, number: int | None = None) -> bytes:
    sequence = next(_numbers) & 0xFFFF if number is None else number
    return struct.pack("!BBHII", first, 0x80 | pt, sequence, 90_000, ssrc) + payload


def bad_publisher(hall: Hall) -> LightPeer:
    return hall.publish("bad")


def broken(hall: Hall) -> bool:
    """Something of ours raised what no parser may raise."""
    return hall.dropped("error") > 0


def pour(hall: Hall, light: LightPeer, packets: list[bytes]) -> None:
    for packet in packets:
        light.send_rtp(packet)
    hall.pump()


# -- media --------------------------------------------------------------------------------------------------------------


GARBAGE = {
    payloads.DESCRIPTOR: [b"\x90", b"\x90\x80", b"\x90\xf0\x01\x02\x03", b"\x90\xff\xff", b"\x10", b"\x00"],
    payloads.FRAME_HEADER: [b"\x10\x00", b"\x10\x00garbage, no key frame", b"\x10\x09\x00\x00"],
    payloads.EMPTY: [b""],
    payloads.OVERSIZE: [b"\x00" + bytes(1445)],
}
"""Reason → VP8 payloads nobody can decode."""


def garbage_payloads(hall: Hall) -> bool:
    """Behind a right key frame, so that the resident watches it. Every number goes on, nothing else of it does."""
    bad = bad_publisher(hall)
    pour(hall, bad, [pack(b"\x10" + KEY_HEADER)])
    hall.drain(hall.resident)
    garbage = [payload for many in GARBAGE.values() for payload in many]
    pour(hall, bad, [pack(payload) for payload in garbage])
    got = [p for kind, p in hall.drain(hall.resident) if kind == "rtp" and fields(p)["ssrc"] == CAMERA_1]
    carried = [p for p in got if rtp.payload_span(p)[0] < rtp.payload_span(p)[1]]
    counted = all(hall.dropped(reason) == len(many) for reason, many in GARBAGE.items())
    return broken(hall) or bool(carried) or len(got) != len(garbage) or not counted


def endless_ssrcs(hall: Hall) -> bool:
    bad = bad_publisher(hall)
    pour(hall, bad, [pack(b"\x10\x01", ssrc=0x7000_0000 + n, number=n) for n in range(200)])
    return len(hall.entry("bad", "out").peer._ssrcs) > 60


def anothers_ssrc(hall: Hall) -> bool:
    """Streams of its own under the numbers slots have at viewers, and under those of the teacher."""
    bad = bad_publisher(hall)
    hall.lesson(1)
    at = hall.lecture.video_sequence
    ssrcs = (VIDEO_SSRC, CAMERA_0, AUDIO_0)
    pour(hall, bad, [pack(b"\x10\x01evil", ssrc=ssrc, pt=pt, number=at) for ssrc in ssrcs for pt in (96, 111, 97)])
    seen = [p for kind, p in hall.drain(hall.resident) if kind == "rtp" and fields(p)["ssrc"] == CAMERA_0]
    return any(b"evil" in p for p in seen)


def wrong_payload_type(hall: Hall) -> bool:
    bad = bad_publisher(hall)
    hall.lesson(2)
    pour(hall, bad, [pack(b"\x10\x10\x02\x00\x9d\x01\x2a\0\5\xd0\2", pt=96)])
    before = hall.entry("bad", "out").publisher
    assert before is not None, "it publishes"
    known = sum(layer.packets for layer in before.layers.values())
    pour(hall, bad, [pack(b"\x10not vp8", pt=pt) for pt in (0, 8, 63, 95, 100, 127)])
    return sum(layer.packets for layer in before.layers.values()) > known


def huge_extensions(hall: Hall) -> bool:
    bad = bad_publisher(hall)
    beyond = b"\xbe\xde\xff\xff" + bytes(40)
    many = b"\x10\x00" + struct.pack("!H", 60) + b"".join(bytes((n, 1, 7)) for n in range(10, 90))
    cut = b"\x10\x00\x00\x01" + b"\x05\xff\x00\x00"
    one = b"\xbe\xde\x00\x01" + b"\x1f\x00\x00\x00"
    pour(hall, bad, [pack(extension + b"\x10\x01", first=0x90) for extension in (beyond, many, cut, one, b"\xbe\xde", b"")])
    taken = hall.entry("bad", "out").publisher
    return broken(hall) or taken is None or bool(taken.layers)


def _span_unchecked(packet: bytes) -> tuple[int, int]:
    start = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        start += 4 + 4 * (packet[start + 2] << 8 | packet[start + 3])
    return start, len(packet) - (packet[-1] if packet[0] & 32 else 0)


def _extensions_unchecked(packet: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        end, at = at + 4 + 4 * (packet[at + 2] << 8 | packet[at + 3]), at + 4
        while at < end:
            number, size = packet[at], packet[at + 1]
            found[number] = packet[at + 2 : at + 2 + size]
            at += 2 + size
    return found


def _obey_estimates(self: auditorium.Auditorium, viewer: Any, compound: bytes, now: float) -> None:
    """What takes every estimate at its word: nothing goes to who names 0."""
    for report in rtcp.parse(compound):
        if isinstance(report, rtcp.Remb) and report.bitrate_bps == 0:
            viewer.leave_all()
            viewer.subscriptions.clear()


_one_table: dict[int, Any] = {}
_init = publisher.Publisher.__init__


def _init_with_one_table(self: publisher.Publisher, *args: Any, **more: Any) -> None:
    """Streams by SSRC alone, whoever sends them."""
    _init(self, *args, **more)
    if self.peer.owner == "teacher":
        _one_table.clear()
    self.layers = _one_table


def _kind_unchecked(datagram: bytes) -> worker.Kind:
    return worker.Kind.RTP if datagram[0] > 127 else worker.Kind.STUN


def padding_beyond(hall: Hall) -> bool:
    bad = hall.teacher  # the worst place: what everybody watches
    hall.lesson(2)
    hall.drain(hall.resident)
    at = hall.lecture.video_sequence
    pour(hall, bad, [pack(b"\x10" + bytes(20) + bytes((size,)), first=0xA0, number=at + 300 + size) for size in (0, 200, 255)])
    hall.lecture.video_sequence = at + 600
    return any(len(p) <= 20 for kind, p in hall.drain(hall.resident) if kind == "rtp" and fields(p)["ssrc"] == CAMERA_0)


def empty_datagrams(hall: Hall) -> bool:
    for datagram in (b"", b"\x80", b"\x80\xc8", b"\x16", b"\x00"):
        for light in (hall.teacher, hall.resident):
            hall.take(datagram, light.sock.getsockname())
    return broken(hall)


def flickering_size(hall: Hall) -> bool:
    """Every key frame names another height: all viewers would choose anew for each packet."""
    aimed = 0
    real = auditorium.Auditorium.aim

    def count(self: auditorium.Auditorium, *args: Any, **more: Any) -> None:
        nonlocal aimed
        aimed += 1
        real(self, *args, **more)

    auditorium.Auditorium.aim = count  # type: ignore[method-assign]
    try:
        hall.lesson(1)
        at = hall.lecture.video_sequence
        sizes = [struct.pack("<HH", 320, 180 + n) for n in range(300)]
        key = b"\x10\x10\x02\x00\x9d\x01\x2a"
        with hall.one_instant():
            for n, size in enumerate(sizes):
                hall.teacher.send_rtp(pack(key + size + bytes(30), number=at + n & 0xFFFF))
                hall.pump()
        hall.lecture.video_sequence = at + 300 & 0xFFFF
    finally:
        auditorium.Auditorium.aim = real  # type: ignore[method-assign]
    return aimed > 100


def media_flood(hall: Hall) -> bool:
    bad = bad_publisher(hall)
    taken = hall.entry("bad", "out").publisher
    assert taken is not None, "it publishes"
    with hall.one_instant():
        for start in range(0, 6000, 500):
            pour(hall, bad, [pack(b"\x10\x01", number=(start + n) & 0xFFFF) for n in range(500)])
    return sum(layer.packets for layer in taken.layers.values()) > 5_500


# -- reports ------------------------------------------------------------------------------------------------------------


def report_rubbish(hall: Hall) -> bool:
    chance = random.Random(2)
    kinds = (200, 201, 202, 203, 204, 205, 206, 207)
    for n in range(200):
        kind = kinds[n % 8]
        body = chance.randbytes(chance.randrange(0, 60))
        length = chance.choice((0, 1, len(body) // 4, 0xFFFF))
        rubbish = struct.pack("!BBH", 0x80 | chance.randrange(64), kind, length) + b"\0\0\0\1" + body
        for light in (hall.resident, hall.teacher):
            light.send_rtcp(rubbish)
    hall.pump()
    return broken(hall)


def _parse_unchecked(compound: bytes) -> list[rtcp.Report]:
    reports: list[rtcp.Report] = []
    position = 0
    while position < len(compound):
        end = position + 4 + 4 * (compound[position + 2] << 8 | compound[position + 3])
        body = compound[position + 4 : end]
        if compound[position + 1] in (200, 201):
            for at in range(4, 4 + 24 * (compound[position] & 31), 24):
                struct.unpack_from("!IIIIII", body, at)
        position = end
    return reports


def hundred_nacks(hall: Hall) -> bool:
    greedy = hall.view("greedy")
    hall.lesson(2)
    packets = [p for kind, p in hall.drain(greedy) if kind == "rtp" and fields(p)["ssrc"] == CAMERA_0]
    wanted = fields(packets[-1])["sequence"]
    with hall.one_instant():
        for _ in range(100):
            greedy.send_rtcp(REPORT + pack_nack(CAMERA_0, [wanted]))
        hall.pump()
    return hall.stats.packets_resent > 5


def nack_bomb(hall: Hall) -> bool:
    """6,000 numbers in one datagram, 100 times."""
    greedy = hall.view("greedy")
    hall.lesson(2)
    body = struct.pack("!II", 1, CAMERA_0) + b"".join(struct.pack("!HH", n * 17 & 0xFFFF, 0xFFFF) for n in range(340))
    bomb = struct.pack("!BBH", 0x81, 205, len(body) // 4) + body
    greedy.send_rtcp(bomb)
    hall.pump()
    return hall.stats.nacks_received > 1000


def report_flood(hall: Hall) -> bool:
    greedy = hall.view("greedy")
    before = hall.stats.nacks_received
    with hall.one_instant():
        for _ in range(10):
            for _ in range(100):
                greedy.send_rtcp(REPORT + pack_nack(CAMERA_0, [1]))
            hall.pump()
    return hall.stats.nacks_received - before > 500


def absurd_estimates(hall: Hall) -> bool:
    """REMB of 0 and of 2⁶³ must leave the sender its sound, and everybody else everything."""
    poor = hall.view("poor")
    hall.lesson(2)
    for step in range(40):
        hall.ahead_s += 0.5
        for light in (hall.teacher, hall.resident, poor):
            light.check()
        poor.send_rtcp(REPORT + pack_remb(1 << 63 if step % 4 == 1 else 0, [CAMERA_0]))
        hall.lesson(1)
    hall.drain(poor)
    hall.teacher.send_rtp(hall.lecture.sound())
    hall.pump()
    heard = [p for kind, p in hall.drain(poor) if kind == "rtp" and fields(p)["ssrc"] == AUDIO_0]
    return not heard or broken(hall)


def mutated_packets(hall: Hall) -> bool:
    """R14 in small: a member's packets with bytes flipped, cut, repeated, spliced, inside an SRTP that is right."""
    from tests.integration.media_attacks import mutations

    bad = bad_publisher(hall)
    extended = (b"\xbe\xde\0\1\x10\x30\0\0\x10\x01", b"\x10\0\0\1\5\1\7\0")
    seeds = [pack(b"\x10\x01" + bytes(30)), *(pack(extension, first=0x90) for extension in extended)]
    packets = []
    for mutated in mutations(seeds, 2_000, 3):
        head = 0x80 | mutated[0] & 0x3F if mutated else 0x80
        packets.append(pack(mutated[12:], first=head))
    for start in range(0, len(packets), 200):
        hall.ahead_s += 1.0
        for light in (bad, hall.teacher, hall.resident):
            light.check()
        pour(hall, bad, packets[start : start + 200])
    return broken(hall)


# -- strangers and handshakes -------------------------------------------------------------------------------------------


def unknown_sources(hall: Hall) -> bool:
    """Nobody who proves nothing is answered."""
    from tests.integration.media_attacks import off_path_datagrams

    stranger = LightPeer()
    hall.peers.append(stranger)
    pool = [datagram for _, datagram in off_path_datagrams(hall.resident.remote_ufrag)]
    answers = [hall.take(datagram, stranger.sock.getsockname()) for datagram in pool]
    return any(answers)


def mutated_datagrams(hall: Hall) -> bool:
    """R13 in small: the same of a stranger, who is answered nothing whatever it sends."""
    from tests.integration.media_attacks import mutations, off_path_datagrams

    stranger = LightPeer()
    hall.peers.append(stranger)
    seeds = [datagram for _, datagram in off_path_datagrams(hall.resident.remote_ufrag)]
    answers = []
    for number, datagram in enumerate(mutations(seeds, 3_000, 4)):
        hall.ahead_s += 0.03 * (number % 10 == 0)
        answers += hall.take(datagram, stranger.sock.getsockname())
    return bool(answers) or broken(hall)


def short_check(hall: Hall) -> bool:
    """An authentic check, made as short as it can be: the answer must not be longer."""
    light = LightPeer()
    hall.peers.append(light)
    hall.open("short", "in", light)
    username = f"{light.remote_ufrag}:x".encode()
    body = struct.pack("!HH", 6, len(username)) + username + bytes(-len(username) % 4)
    covered = struct.pack("!HHI12s", 1, len(body) + 24, 0x2112A442, bytes(12)) + body
    request = covered + struct.pack("!HH", 8, 20) + stun.hmac.digest(light.remote_password.encode(), covered, "sha1")
    answers = hall.take(request, light.sock.getsockname())
    return sum(map(len, answers)) > len(request)


def check_flood(hall: Hall) -> bool:
    """Wrong passwords at full speed from one address: we stop computing digests."""
    computed = 0
    real = stun.Binding.is_authentic

    def count(self: stun.Binding, password: bytes) -> bool:
        nonlocal computed
        computed += 1
        return real(self, password)

    stun.Binding.is_authentic = count  # type: ignore[method-assign]
    try:
        name = f"{hall.resident.remote_ufrag}:evil"
        with hall.one_instant():
            for _ in range(500):
                hall.take(stun.pack_request(os.urandom(12), name, b"wrong", use_candidate=True), ("127.0.0.9", 999))
    finally:
        stun.Binding.is_authentic = real  # type: ignore[method-assign]
    return computed > 200


def no_certificate(hall: Hall) -> bool:
    light = LightPeer()
    light.dtls = dtls.DtlsTransport(nobody(), "client")
    hall.open("naked", "in", light)
    hall.connect(light, tries=200)
    entry = hall.worker.entries.get(PeerId("naked-in"))
    return broken(hall) or (entry is not None and entry.peer.state.value == "connected")


def nobody() -> dtls.Identity:
    """A client that shows no certificate."""
    identity = dtls.Identity()
    context = dtls.SSL.Context(dtls.SSL.DTLS_METHOD)
    context.set_cipher_list(dtls.CIPHERS)
    context.set_verify(dtls.SSL.VERIFY_NONE, lambda *_: True)
    context.set_tlsext_use_srtp(b":".join(profile.openssl_name for profile in srtp.PROFILES))
    identity.context = context
    return identity


def wrong_fingerprint(hall: Hall) -> bool:
    light = LightPeer()
    light.dtls = dtls.DtlsTransport(dtls.Identity(), "client")  # its SDP names another certificate
    hall.open("forger", "in", light)
    hall.connect(light, tries=200)
    entry = hall.worker.entries.get(PeerId("forger-in"))
    return entry is not None and entry.peer.state.value == "connected"


def stolen_address(hall: Hall) -> bool:
    """A member with a password of its own spoofs the address of the resident."""
    thief = LightPeer()
    hall.peers.append(thief)
    hall.open("thief", "in", thief)
    name = f"{thief.remote_ufrag}:x"
    request = stun.pack_request(os.urandom(12), name, thief.remote_password.encode(), use_candidate=True)
    hall.take(request, hall.resident.sock.getsockname())
    return hall.worker._by_address[hall.entry("resident").peer.ice.selected or (0, b"")] is not hall.entry("resident")


def media_for_a_victim(hall: Hall) -> bool:
    """A member who watches names somebody else's address, which never asked for anything, as its own."""
    resident = hall.resident
    name, password = f"{resident.remote_ufrag}:x", resident.remote_password.encode()
    for _ in range(20):
        hall.take(stun.pack_request(os.urandom(12), name, password, use_candidate=True), ("127.0.0.8", 7))
    return hall.entry("resident").peer.ice.selected != (0, pack_sockaddr(*resident.sock.getsockname()))


ATTACKS = [
    Attack("garbage payloads", garbage_payloads, payloads.DESCRIPTOR, (payloads, "fault", lambda *_, **__: None)),
    Attack("endless SSRCs", endless_ssrcs, "not authentic", (peer, "MAX_SSRCS", 1 << 30)),
    Attack("another's SSRC", anothers_ssrc, "", (publisher.Publisher, "__init__", _init_with_one_table)),
    Attack("a payload type never negotiated", wrong_payload_type, "malformed", (publisher, "_is_negotiated", lambda *_: True)),
    Attack("huge header extensions", huge_extensions, "malformed", (rtp, "MAX_EXTENSIONS", 1 << 30)),
    Attack("padding longer than the packet", padding_beyond, "malformed", (rtp, "payload_span", _span_unchecked)),
    Attack(
        "empty and one-byte datagrams",
        empty_datagrams,
        "no protocol",
        (worker, "kind_of", _kind_unchecked),
    ),
    Attack("a size that flickers", flickering_size, "", (router, "RESIZE_GAP_S", 0.0)),
    Attack("6,000 packets a second", media_flood, "too many", (registry, "MEDIA_PER_S", 1 << 30)),
    Attack("RTCP rubbish", report_rubbish, "malformed", (rtcp, "parse", _parse_unchecked)),
    Attack("100 NACKs for one packet", hundred_nacks, "", (nack.ResendLimiter, "allows", lambda *_: True)),
    Attack("6,000 NACKs in one datagram", nack_bomb, "", (rtcp, "MAX_NACKED", 1 << 30)),
    Attack("1,000 reports a second", report_flood, "too many", (registry, "REPORTS_PER_S", 1 << 30)),
    Attack(
        "REMB of 0 and 2⁶³",
        absurd_estimates,
        "absurd estimate",
        (
            auditorium.Auditorium,
            "receive_rtcp",
            _obey_estimates,
        ),
    ),
    Attack("2,000 mutated packets of a member", mutated_packets, "malformed", (rtp, "read_extensions", _extensions_unchecked)),
    Attack("3,000 mutated datagrams", mutated_datagrams, "unknown source", (stun.Binding, "is_authentic", lambda *_: True)),
    Attack("unknown sources", unknown_sources, "unknown source", (stun.Binding, "is_authentic", lambda *_: True)),
    Attack("media for a victim", media_for_a_victim, "", (ice_lite, "is_stream", lambda _: True)),
    Attack("a check shorter than its answer", short_check, "not authentic", (ice_lite, "_amplifies", lambda *_: False)),
    Attack("500 wrong passwords", check_flood, "too many", (quota.Failures, "is_over", lambda *_: False)),
    Attack("no certificate", no_certificate, "no certificate", (dtls.SSL, "VERIFY_FAIL_IF_NO_PEER_CERT", 0)),
    Attack("another certificate", wrong_fingerprint, "another certificate", (peer.Peer, "_trusts", lambda *_: True)),
    Attack("a member that spoofs another's address", stolen_address, "address taken", (worker, "STEAL_ADDRESS_S", 0.0)),
]

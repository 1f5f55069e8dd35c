"""One function per parser: bytes in; returns, or raises what no parser may raise.

What a parser may say (Malformed, Refused, ValidationError …) is caught here and nowhere else: what escapes a target is a fault.
Parsers that call each other in the live path are called in that order.
"""

import contextlib
import struct
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from media import control, link, payloads, rtcp, rtp, sdp, vp9
from media.demux import kind_of
from media.dtls import DtlsTransport, Handshake
from media.errors import Malformed, Refused
from media.framing import Deframer
from media.offers import TransportText, answer_player, answer_publisher, offer_viewer, read_viewer_answer
from media.sdp import RARER_CODECS
from media.stun import pack_request, parse_binding
from recording.captions import CaptionsWrong, read_captions, write_captions
from recording.formats import make_depacketizer
from recording.log import MAGIC, RUN, LogReader, pack_record
from signaling import session, ticket
from signaling.messages import CLIENT_MESSAGE
from tests.media.light import Lecture, LightPeer, shared_identity
from web.operations import COLUMNS, decode, read_items
from web.settings import SettingsWrong

TRANSPORT = TransportText("u", "p", "AA", [("127.0.0.1", 40000)])
NOW = datetime(2026, 3, 2, tzinfo=UTC)
SECRET = "a secret for fuzzing, of thirty-two characters"
Target = Callable[[bytes], None]


def datagrams(data: bytes) -> list[bytes]:
    """Cut one input into several: each behind its length in one or two bytes, as far as it goes."""
    parts, at = [], 0
    while at + 2 <= len(data) and len(parts) < 64:
        size = struct.unpack_from("!H", data, at)[0] & 0x7FF
        parts.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return parts


def join(*parts: bytes) -> bytes:
    """What `datagrams` cuts."""
    return b"".join(struct.pack("!H", len(part)) + part for part in parts)


def demux(data: bytes) -> None:
    kind_of(data)


def stun(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        request = parse_binding(data)
        assert request is None or not request.is_authentic(b"another key"), "nobody knows this key"


def dtls(data: bytes) -> None:
    """Both roles, before the peer has spoken: whatever comes, the handshake is still open or has failed."""
    for role in ("server", "client"):
        transport = DtlsTransport(shared_identity(), role)  # type: ignore[arg-type]
        transport.start()
        for datagram in datagrams(data):
            transport.receive(datagram)
            transport.drain()
        assert transport.state in (Handshake.RUNNING, Handshake.FAILED), transport.state


def rtp_packet(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        start, end = rtp.payload_span(data)
        assert 12 <= start <= end <= len(data), "a payload lies within its packet"
        rtp.read_extensions(data)
        rtp.unwrap_rtx(data, start, end, 96, 1)
        picture_headers(data[start:end])


def picture_headers(data: bytes) -> None:
    """VP8, H.264, VP9 and AV1, as far as the relay looks into a payload."""
    for codec in ("vp8", "h264", "vp9", "av1", "opus"):
        rtp.starts_keyframe(codec, data)
        wrong = payloads.fault(codec, data, is_padded=False)
        assert wrong is not None or data, "nothing is no video"
        if wrong is None and codec == "vp9":
            vp9.plain(data, ends=True)  # what is no fault can be made plain
    if data:
        rtp.vp8_height(data)
    height = vp9.height(data)
    assert height is None or 1 <= height <= 0x10000
    with contextlib.suppress(Malformed):
        assert 1 < len(vp9.plain(data, ends=True)) <= len(data), "a descriptor never grows"


def rtcp_compound(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        reports = rtcp.parse(data)
        assert sum(len(r.sequences) for r in reports if isinstance(r, rtcp.Nack)) <= rtcp.MAX_NACKED, "bounded"


def tcp_frames(data: bytes) -> None:
    deframer = Deframer()
    with contextlib.suppress(Malformed):
        for at in range(0, len(data), 100):
            deframer.receive(data[at : at + 100])


def link_records(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        list(link.read_records(data))
    for reader in (link.TO_HOME, link.TO_FOLLOWER):
        with contextlib.suppress(ValidationError):
            reader.validate_json(data)
    for dials in (True, False):
        gate = link.Gate(SECRET, dials=dials)
        with contextlib.suppress(Malformed):
            for packet in datagrams(data):
                gate.receive(packet)
        assert not gate.is_open, "nobody knows the secret"


def session_description(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        description = sdp.parse(data.decode("utf-8", "replace"))
        for read in (
            lambda: answer_publisher(description, TRANSPORT, {}),
            lambda: answer_publisher(description, TRANSPORT, {}, RARER_CODECS),
            lambda: answer_player(description, TRANSPORT),
            lambda: read_viewer_answer(description),
        ):
            with contextlib.suppress(Refused):
                read()


def control_message(data: bytes) -> None:
    for reader in (control.COMMAND, control.WORKER_SAYS):
        with contextlib.suppress(ValidationError):
            reader.validate_json(data)


def room_message(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(session.Malformed):
        session.parse(text)
    session.Session(0.0).receive(text, 1.0)


def join_ticket(data: bytes) -> None:
    try:
        ticket.verify(SECRET, data.decode("utf-8", "replace"), lesson="lesson")
    except ticket.TicketRefused:
        return
    raise AssertionError("a ticket that nobody signed")


def frames(data: bytes) -> None:
    """RTP → pictures and sound, in arrival order, as the recorder does it."""
    for codec, payload_type in (("vp8", 96), ("h264", 96), ("vp9", 96), ("av1", 96), ("opus", 96)):
        depacketizer = make_depacketizer(codec, payload_type)
        assert depacketizer is not None, "these are recorded"
        for number, packet in enumerate(datagrams(data)):
            depacketizer.receive(packet, number / 30)
        depacketizer.on_deadline(10.0)
        depacketizer.flush()


def capture_log(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "run-0001-000001.log").write_bytes(data)
        reader = LogReader(Path(folder))
        read = 0
        while records := reader.read(last=True):
            read += len(records)
        assert read <= len(data), "every record takes room"


def captions(data: bytes) -> None:
    with contextlib.suppress(CaptionsWrong):
        cues = read_captions(data)
        again = read_captions(write_captions(cues))
        assert len(again) == len(cues), "what we write we read"


def spreadsheet(data: bytes) -> None:
    with contextlib.suppress(SettingsWrong):
        read_items(decode(data), NOW)


TARGETS: dict[str, Target] = {
    "demux": demux,
    "stun": stun,
    "dtls": dtls,
    "rtp": rtp_packet,
    "picture-headers": picture_headers,
    "rtcp": rtcp_compound,
    "tcp-frames": tcp_frames,
    "link": link_records,
    "sdp": session_description,
    "control": control_message,
    "room-messages": room_message,
    "ticket": join_ticket,
    "frames": frames,
    "capture-log": capture_log,
    "captions": captions,
    "spreadsheet": spreadsheet,
}


def any_of_them(data: bytes) -> None:
    """The first byte chooses the target: one instrumented process for all, where time is short."""
    if data:
        list(TARGETS.values())[data[0] % len(TARGETS)](data[1:])


def good_inputs() -> dict[str, list[bytes]]:
    """What these parsers read on a good day: where mutation begins. `python -m tests.fuzz --seeds` writes the files."""
    lecture = Lecture()
    picture = lecture.frame(key=True)
    compound = rtcp.pack_receiver_report([(1, 2, 3, 4, 5, 6, 7)]) + rtcp.pack_nack(9, [1, 2, 40]) + rtcp.pack_remb(1_000_000, [1])
    hello = DtlsTransport(shared_identity(), "client")
    hello.start()
    flight = hello.drain()
    server = DtlsTransport(shared_identity(), "server")
    for datagram in flight:
        server.receive(datagram)
    h264 = [b"\x18\0\4\x67\x42\xc0\x1f\0\2\x68\xce", b"\x7c\x85" + bytes(60), b"\x7c\x45" + bytes(30), b"\x41" + bytes(20)]
    vp9_key = b"\x82\x49\x83\x42\x00\x4f\xf0\x2c\xf0" + bytes(8)
    rarer = [b"\x8c\x05" + vp9_key, b"\xaa\x05\x00\x07\x18\x02\x80\x01\x68\x01\x04\x01" + vp9_key, b"\xd0\x05\x02" + bytes(9)]
    rarer += [b"\x18\x0a\x0b" + bytes(10), b"\x08\x01\x10\x0b\x08" + bytes(20)]
    wrapped = [struct.pack("!BBHII", 0x80, 0xE0, 100 + n, 3000, 5) + nal for n, nal in enumerate(h264)]
    row = {name: "x" for name in COLUMNS} | {"minutes": "30", "category": "digital"}
    messages = [
        b'{"type":"hello","version":1,"ticket":"t"}',
        b'{"type":"heartbeat"}',
        b'{"type":"send-chat","id":"1","text":"\xec\x95\x88\xeb\x85\x95"}',
        b'{"type":"prefer-layer","slot":"camera-0","max_height":360}',
    ]
    for message in messages:
        CLIENT_MESSAGE.validate_json(message)
    return {
        "demux": [b"\x80\x60", b"\x16\xfe\xfd"],
        "stun": [pack_request(b"t" * 12, "ours:theirs", b"key", use_candidate=True)],
        "dtls": [join(*flight), join(*server.drain()), join(*flight, b"\x14\xfe\xfd\0\0\0\0\0\0\0\1\0\1\1")],
        "rtp": [picture[0], lecture.sound()],
        "picture-headers": [picture[0][20:], b"\x90\x80\x81\x02\x00" + bytes(10), *h264, *rarer],
        "rtcp": [compound, rtcp.pack_sender_report(1, 1 << 40, 5, 1, 1, b"x"), rtcp.pack_pli(1)],
        "tcp-frames": [join(picture[0], compound)],
        "link": [b"\x01" + link.RECORD.pack(5, 1, 2, 3) + b"hello", b'{"type":"follow","room":"r","channel":1}', join(bytes(16))],
        "sdp": [LightPeer().publisher_offer().encode(), LightPeer().viewer_answer(offer_viewer(TRANSPORT)).encode()],
        "control": [
            control.OpenPeer(request=1, peer=control.PeerId("p"), room=control.RoomId("r"), owner="o", direction="view")
            .model_dump_json()
            .encode(),
            b'{"type":"hello","request":1,"secret":"s","version":1}',
        ],
        "room-messages": messages,
        "ticket": [ticket.mint("x" * 32, person="p", lesson="lesson", role="learner", name="n").encode()],
        "frames": [join(*picture), join(*wrapped)],
        "capture-log": [MAGIC + pack_record(RUN, 0, 1.0, b"{}") + pack_record(RUN + 2, 1, 1.5, picture[0])],
        "captions": [b"WEBVTT\n\n00:00.000 --> 00:02.500\nHello\n\n2\n01:00:00.000 --> 01:00:01.000\n<b>two</b>\nlines\n"],
        "spreadsheet": [(",".join(row) + "\n" + ",".join(row.values()) + "\n").encode()],
    }

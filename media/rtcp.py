"""RTCP as far as a relay needs it (RFC 3550 §6, RFC 4585, RFC 5104 FIR, REMB draft, transport-wide feedback draft).

Unknown packets inside a compound are skipped, broken ones make the whole compound Malformed. The tests hold this file against
aiortc's codec.
"""

import struct
from dataclasses import dataclass

from media.errors import Malformed

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, BYE, TRANSPORT_FEEDBACK, PAYLOAD_FEEDBACK = 200, 201, 202, 203, 205, 206
MAX_PACKETS = 64
MAX_NACKED = 512
"""Sequence numbers read of one compound: more than a line loses at once, less than 1,400 bytes could name (6,000)."""
OUR_SSRC = 1

_BLOCK = struct.Struct("!IIIIII")
_SENDER = struct.Struct("!IQIII")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """When the sender's RTP clock showed what."""

    ssrc: int
    ntp_64: int
    timestamp_rtp: int


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """One report block: how one of our streams arrives."""

    ssrc: int
    lost_fraction: float
    highest_sequence: int
    last_report: int
    delay_s: float


@dataclass(frozen=True, slots=True)
class Nack:
    """Sequence numbers of `ssrc` that did not arrive."""

    ssrc: int
    sequences: list[int]


@dataclass(frozen=True, slots=True)
class KeyframeRequest:
    """PLI or FIR."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class Remb:
    """The receiver's estimate of what it can take, all streams together."""

    bitrate_bps: int


Report = SenderReport | ReceiverReport | Nack | KeyframeRequest | Remb


def parse(compound: bytes) -> list[Report]:
    """Read everything we understand of one compound packet. Raises Malformed."""
    reports: list[Report] = []
    nacked = 0
    position, size = 0, len(compound)
    for _ in range(MAX_PACKETS):
        if position == size:
            return reports
        if position + 4 > size:
            raise Malformed("RTCP packet length is less than 4 bytes")
        first, kind = compound[position], compound[position + 1]
        if first >> 6 != 2:
            raise Malformed("RTCP packet has invalid version")
        end = position + 4 + 4 * (compound[position + 2] << 8 | compound[position + 3])
        if end > size:
            raise Malformed("RTCP packet is truncated")
        body_end = end
        if first & 32:
            padding = compound[end - 1]
            if padding == 0 or position + 4 + padding > end:
                raise Malformed("RTCP packet padding length is invalid")
            body_end -= padding
        body = compound[position + 4 : body_end]
        count = first & 31
        if kind == RECEIVER_REPORT:
            _read_blocks(body, 4, count, reports)
        elif kind == SENDER_REPORT:
            if len(body) < 24:
                raise Malformed("RTCP sender report is truncated")
            ssrc, ntp_64, timestamp_rtp, _, _ = _SENDER.unpack_from(body)
            reports.append(SenderReport(ssrc, ntp_64, timestamp_rtp))
            _read_blocks(body, 24, count, reports)
        elif kind == PAYLOAD_FEEDBACK:
            _read_payload_feedback(body, count, reports)
        elif kind == TRANSPORT_FEEDBACK and count == 1:
            nack = _read_nack(body, MAX_NACKED - nacked)
            nacked += len(nack.sequences)
            reports.append(nack)
        position = end
    raise Malformed("RTCP compound has too many packets")


def _read_blocks(body: bytes, position: int, count: int, reports: list[Report]) -> None:
    if len(body) < position + 24 * count:
        raise Malformed("RTCP report block is truncated")
    for _ in range(count):
        ssrc, loss, highest, _, last_report, delay = _BLOCK.unpack_from(body, position)
        reports.append(ReceiverReport(ssrc, (loss >> 24) / 256, highest, last_report, delay / 65536))
        position += 24


def _read_nack(body: bytes, most: int) -> Nack:
    if len(body) < 8 or len(body) % 4:
        raise Malformed("RTCP NACK length is invalid")
    sequences: list[int] = []
    for position in range(8, len(body), 4):
        if len(sequences) >= most:
            break
        first = body[position] << 8 | body[position + 1]
        mask = body[position + 2] << 8 | body[position + 3]
        sequences.append(first)
        number = first
        while mask:
            number += 1
            if mask & 1:
                sequences.append(number & 0xFFFF)
            mask >>= 1
    return Nack(int.from_bytes(body[4:8], "big"), sequences[: max(0, most)])


def _read_payload_feedback(body: bytes, kind: int, reports: list[Report]) -> None:
    if len(body) < 8:
        raise Malformed("RTCP payload feedback is truncated")
    if kind == 1:
        reports.append(KeyframeRequest(int.from_bytes(body[4:8], "big")))
    elif kind == 4:
        if len(body) % 8:
            raise Malformed("RTCP FIR length is invalid")
        reports.extend(KeyframeRequest(int.from_bytes(body[at : at + 4], "big")) for at in range(8, len(body), 8))
    elif kind == 15 and body[8:12] == b"REMB":
        if len(body) < 16:
            raise Malformed("RTCP REMB is truncated")
        exponent = body[13] >> 2
        mantissa = (body[13] & 3) << 16 | body[14] << 8 | body[15]
        reports.append(Remb(mantissa << exponent))


def _pack(kind: int, count: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x80 | count, kind, len(body) // 4) + body


def pack_pli(ssrc: int) -> bytes:
    """Ask the sender of `ssrc` for a key frame."""
    return _pack(PAYLOAD_FEEDBACK, 1, struct.pack("!II", OUR_SSRC, ssrc))


def pack_nack(ssrc: int, sequences: list[int]) -> bytes:
    """Ask for `sequences` (ascending, modulo 2¹⁶) of `ssrc` again."""
    body = struct.pack("!II", OUR_SSRC, ssrc)
    first, mask = sequences[0], 0
    for number in sequences[1:]:
        ahead = (number - first - 1) & 0xFFFF
        if ahead < 16:
            mask |= 1 << ahead
        else:
            body += struct.pack("!HH", first, mask)
            first, mask = number, 0
    return _pack(TRANSPORT_FEEDBACK, 1, body + struct.pack("!HH", first, mask))


def pack_remb(bitrate_bps: int, ssrcs: list[int]) -> bytes:
    """Tell a publisher without transport-wide feedback how much it may send."""
    exponent = max(0, bitrate_bps.bit_length() - 18)
    word = exponent << 18 | bitrate_bps >> exponent
    ssrcs = ssrcs[:31]
    body = struct.pack("!II", OUR_SSRC, 0) + b"REMB" + bytes([len(ssrcs)]) + word.to_bytes(3, "big")
    return _pack(PAYLOAD_FEEDBACK, 15, body + b"".join(ssrc.to_bytes(4, "big") for ssrc in ssrcs))


def pack_receiver_report(blocks: list[tuple[int, int, int, int, int, int, int]]) -> bytes:
    """Report on at most 31 streams.

    A block: ssrc, lost fraction (0–255), packets lost (clamped by the caller to 24 bits), extended highest sequence,
    jitter, LSR, DLSR in 1/65536 s.
    """
    body = OUR_SSRC.to_bytes(4, "big")
    for ssrc, fraction, lost, highest, jitter, last_report, delay in blocks[:31]:
        body += _BLOCK.pack(ssrc, fraction << 24 | lost & 0xFFFFFF, highest & 0xFFFFFFFF, jitter & 0xFFFFFFFF, last_report, delay)
    return _pack(RECEIVER_REPORT, min(31, len(blocks)), body)


def pack_sender_report(ssrc: int, ntp_64: int, timestamp_rtp: int, packets: int, octets: int, cname: bytes) -> bytes:
    """Sender report with its obligatory CNAME, as one compound."""
    body = _SENDER.pack(ssrc, ntp_64, timestamp_rtp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    chunk = ssrc.to_bytes(4, "big") + b"\x01" + bytes([len(cname)]) + cname + b"\0"
    return _pack(SENDER_REPORT, 0, body) + _pack(SOURCE_DESCRIPTION, 1, chunk + bytes(-len(chunk) % 4))


def pack_empty_receiver_report() -> bytes:
    """What a feedback compound begins with when there is nothing to report."""
    return _pack(RECEIVER_REPORT, 0, OUR_SSRC.to_bytes(4, "big"))


def pack_transport_feedback(media_ssrc: int, arrivals: list[tuple[int, int]], feedback_count: int) -> bytes:
    """Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

    arrivals: (unwrapped transport sequence number, arrival in µs of our clock), ascending, spanning less than 2¹⁶ numbers.
    """
    base = arrivals[0][0]
    reference = arrivals[0][1] // 64000
    last_us = reference * 64000
    symbols: list[int] = []
    deltas = bytearray()
    for sequence, at_us in arrivals:
        symbols.extend([0] * (sequence - base - len(symbols)))
        ticks = (at_us - last_us) // 250
        last_us += ticks * 250
        if 0 <= ticks <= 255:
            symbols.append(1)
            deltas.append(ticks)
        else:
            symbols.append(2)
            deltas += struct.pack("!h", max(-32768, min(32767, ticks)))
    body = struct.pack(
        "!IIHHI", OUR_SSRC, media_ssrc, base & 0xFFFF, len(symbols), (reference & 0xFFFFFF) << 8 | feedback_count & 0xFF
    )
    symbols.extend([0] * (-len(symbols) % 7))
    for at in range(0, len(symbols), 7):
        word = 0xC000  # status vector of seven two-bit symbols
        for place, symbol in enumerate(symbols[at : at + 7]):
            word |= symbol << (12 - 2 * place)
        body += word.to_bytes(2, "big")
    body += deltas
    return _pack(TRANSPORT_FEEDBACK, 15, body + bytes(-len(body) % 4))

"""RTCP reports against aiortc's."""

import struct

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
    pack_remb_fci,
    unpack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.errors import Malformed


def test_we_read_what_aiortc_writes() -> None:
    block = RtcpReceiverInfo(7, 64, -3, 70000, 5, 9, 65536)
    compound = bytes(RtcpRrPacket(1, [block]))
    compound += bytes(RtcpSrPacket(2, RtcpSenderInfo(1 << 40, 5, 6, 7)))
    compound += bytes(RtcpRtpfbPacket(1, 1, 7, [65530, 65531, 65540]))
    compound += bytes(RtcpPsfbPacket(1, 1, 7)) + bytes(RtcpPsfbPacket(15, 1, 0, pack_remb_fci(1_234_567, [7])))
    reports = rtcp.parse(compound)
    assert reports[0] == rtcp.ReceiverReport(7, 0.25, 70000, 9, 1.0)
    assert reports[1] == rtcp.SenderReport(2, 1 << 40, 5)
    assert reports[2] == rtcp.Nack(7, [65530, 65531, 4])
    assert reports[3] == rtcp.KeyframeRequest(7)
    assert isinstance(reports[4], rtcp.Remb)
    assert reports[4].bitrate_bps == pytest.approx(1_234_567, rel=1e-4)


def test_aiortc_reads_what_we_write() -> None:
    written = rtcp.pack_receiver_report([(7, 64, 3, 70000, 5, 9, 65536)])
    written += rtcp.pack_nack(7, [65535, 0, 40]) + rtcp.pack_pli(7) + rtcp.pack_remb(8_000_000, [7, 8])
    written += rtcp.pack_sender_report(5, 1 << 40, 6, 7, 8, b"class")
    report, nack, pli, remb, sender, _ = RtcpPacket.parse(written)
    assert report.reports[0] == RtcpReceiverInfo(7, 64, 3, 70000, 5, 9, 65536)
    assert [n & 0xFFFF for n in nack.lost] == [65535, 0, 40]
    assert (pli.fmt, pli.media_ssrc) == (1, 7)
    assert unpack_remb_fci(remb.fci)[1] == [7, 8]
    assert unpack_remb_fci(remb.fci)[0] == pytest.approx(8_000_000, rel=1e-4)
    assert sender.sender_info == RtcpSenderInfo(1 << 40, 6, 7, 8)


@given(st.sets(st.integers(0, 3000), min_size=1, max_size=60))
def test_nacks_come_back(numbers: set[int]) -> None:
    ordered = [n & 0xFFFF for n in sorted(n + 64_000 for n in numbers)]
    [nack] = rtcp.parse(rtcp.pack_nack(1, ordered))
    assert isinstance(nack, rtcp.Nack)
    assert nack.sequences == ordered


def test_transport_feedback_names_every_arrival() -> None:
    packet = rtcp.pack_transport_feedback(9, [(100, 64_000), (101, 64_500), (105, 200_000)], 3)
    assert len(packet) % 4 == 0
    base, count, reference = struct.unpack_from("!HHI", packet, 12)
    assert (base, count, reference >> 8, reference & 255) == (100, 6, 1, 3)
    chunk = int.from_bytes(packet[20:22], "big")
    assert [chunk >> (12 - 2 * k) & 3 for k in range(7)] == [1, 1, 0, 0, 0, 2, 0]
    assert packet[22:24] == b"\x00\x02"
    assert struct.unpack_from("!h", packet, 24)[0] == (200_000 - 64_500) // 250


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x80\xc9\x00", "RTCP packet length is less than 4 bytes"),
        (b"\x40\xc9\x00\x00", "RTCP packet has invalid version"),
        (b"\x80\xc9\x00\x05", "RTCP packet is truncated"),
        (b"\x81\xc9\x00\x01\0\0\0\1", "RTCP report block is truncated"),
        (b"\x80\xc8\x00\x01\0\0\0\1", "RTCP sender report is truncated"),
        (b"\x81\xce\x00\x01\0\0\0\1", "RTCP payload feedback is truncated"),
        (b"\x80\xcb\x00\x00" * 65, "RTCP compound has too many packets"),
    ],
)
def test_broken_rtcp_is_told_what_is_wrong(data: bytes, sentence: str) -> None:
    with pytest.raises(Malformed) as wrong:
        rtcp.parse(data)
    assert str(wrong.value) == sentence

"""A peer that sends: which of its packets belong to which layer, and what it must hear from us (pure)."""

from typing import Protocol

from media import rtp, sdp
from media.clock import PublisherClock
from media.control import PeerId, Source
from media.errors import Malformed
from media.offers import IncomingSection
from media.publication import Layer, Publication
from media.rtcp import (
    SenderReport,
    pack_empty_receiver_report,
    pack_nack,
    pack_pli,
    pack_receiver_report,
    pack_remb,
    pack_transport_feedback,
)
from media.serial import unwrap_16, unwrap_32

Placed = tuple[Layer, int, int, bytes, int, int, dict[int, bytes]]
"""(layer, number, timestamp, packet, payload start, payload end, extensions) of one accepted packet."""
MAX_LAYERS = 4
"""Per section: three simulcast layers, and one that is being replaced."""
REMB_BPS = 8_000_000
"""Constant: publishers without transport-wide feedback are not slowed by us [sfu-facts §4]."""
MAX_ARRIVALS = 2_000
MAX_FEEDBACK = 400
"""Arrivals reported at once: 400 × 2 bytes of deltas and 115 of chunks stay within the MTU."""


class Transport(Protocol):
    """What a publisher needs of its peer."""

    @property
    def id(self) -> PeerId: ...

    @property
    def owner(self) -> str: ...

    def send_rtcp(self, compound: bytes) -> None: ...


class Publisher:
    """What one publishing peer sends."""

    is_remote = False
    """True for another worker's (`following.py`)."""

    def __init__(self, peer: Transport, sections: list[IncomingSection], *, lead: bool, record: bool) -> None:
        self.peer = peer
        self.clock = PublisherClock()
        self.publications = [Publication(peer.id, peer.owner, section, lead=lead, record=record) for section in sections]
        self.layers: dict[int, Layer] = {}
        """By SSRC."""
        self._repairs: dict[int, int] = {}
        """RTX SSRC → primary SSRC."""
        for section in sections:
            self._repairs.update(section.repairs)
        # BUNDLE demands one id per extension for all m-lines (RFC 8843 §9.2).
        self._mid_id = next((s.extensions[sdp.MID] for s in sections if sdp.MID in s.extensions), None)
        self._transport_cc_id = next((s.extensions[sdp.TRANSPORT_CC] for s in sections if sdp.TRANSPORT_CC in s.extensions), None)
        self._arrivals: list[tuple[int, int]] = []
        self._transport_highest = 0x10000
        self._feedback_count = 0

    def receive_rtp(self, packet: bytes, now: float) -> Placed | None:
        """Place one decrypted packet.

        Retransmissions come out as the packet they repair. None: a duplicate, a probe or nobody's. Raises Malformed.
        """
        start, end = rtp.payload_span(packet)
        extensions = rtp.read_extensions(packet)
        transport = extensions.get(self._transport_cc_id) if self._transport_cc_id is not None else None
        if transport is not None and len(transport) >= 2 and len(self._arrivals) < MAX_ARRIVALS:
            number = unwrap_16(transport[0] << 8 | transport[1], self._transport_highest)
            self._transport_highest = max(number, self._transport_highest)
            self._arrivals.append((number, int(now * 1_000_000)))
        ssrc = int.from_bytes(packet[8:12], "big")
        layer = self.layers.get(ssrc)
        if layer is None:
            layer, unwrapped = self._identify(ssrc, packet, start, end, extensions, now)
            if layer is None:
                return None
            if unwrapped is not None:
                packet = unwrapped
                start, end = rtp.payload_span(packet)
                # Of a retransmission's extensions only the frame's place is the original's too.
                frames_id = layer.publication.section.extensions.get(sdp.DEPENDENCY_DESCRIPTOR, 0)
                extensions = {frames_id: extensions[frames_id]} if frames_id in extensions else {}
        elif not _is_negotiated(packet, layer.publication.section.codec.payload_type):
            raise Malformed("RTP payload type was not negotiated")  # comfort noise, RED, a codec we did not take
        placed = layer.receive(packet[2] << 8 | packet[3], int.from_bytes(packet[4:8], "big"), len(packet), now)
        if placed is None:
            return None
        return layer, placed[0], placed[1], packet, start, end, extensions

    def receive_sender_report(self, report: SenderReport, now: float) -> Layer | None:
        """Remember when this layer's RTP clock showed what; the layer, if it is one of ours."""
        layer = self.layers.get(report.ssrc)
        if layer is None:
            return None
        layer.last_report_ntp, layer.last_report_at = report.ntp_64, now
        layer.report_monotonic = self.clock.to_monotonic(report.ntp_64, now)
        layer.report_timestamp = unwrap_32(report.timestamp_rtp, layer.timestamp)
        return layer

    def ask_again(self, now: float) -> int:
        """NACK what is missing; how many packets."""
        asked = 0
        for layer in self.layers.values():
            losses = layer.losses
            if losses.is_waiting:
                is_used = layer.is_watched or layer.feeds or layer.publication.record
                due = losses.due(now)
                if due and is_used:
                    self.peer.send_rtcp(pack_empty_receiver_report() + pack_nack(layer.ssrc, [n & 0xFFFF for n in due]))
                    asked += len(due)
        return asked

    def ask_keyframes(self, now: float, audience: int = 0) -> int:
        """Send the key frame requests that are due; how many."""
        asked = 0
        for publication in self.publications:
            if publication.layers and publication.keyframes.is_due(now, audience):
                self.peer.send_rtcp(pack_empty_receiver_report() + pack_pli(publication.layers[-1].ssrc))
                asked += 1
        return asked

    def report_reception(self, now: float) -> None:
        """Receiver reports, at least once a second: until the first, Chromium repeats mid and rid on every packet."""
        blocks = [layer.receiver_report(now) for layer in self.layers.values() if layer.packets]
        if not blocks:
            return
        compound = pack_receiver_report(blocks)
        if self._transport_cc_id is None:
            compound += pack_remb(REMB_BPS, list(self.layers))
        self.peer.send_rtcp(compound)

    def report_arrivals(self) -> None:
        """Transport-wide feedback, ten times a second, for those who agreed to it."""
        if not self._arrivals:
            return
        arrivals = sorted(dict(self._arrivals).items())
        self._arrivals.clear()
        start = 0
        while start < len(arrivals):
            # Two-bit symbols cover every number of the span: a sequence jump would be megabytes.
            stop = start + 1
            base = arrivals[start][0]
            while stop < len(arrivals) and stop - start < MAX_FEEDBACK and arrivals[stop][0] - base < 2 * MAX_FEEDBACK:
                stop += 1
            media_ssrc = next(iter(self.layers), 0)
            self.peer.send_rtcp(
                pack_empty_receiver_report() + pack_transport_feedback(media_ssrc, arrivals[start:stop], self._feedback_count)
            )
            self._feedback_count = self._feedback_count + 1 & 0xFF
            start = stop

    def mute(self, sources: list[Source]) -> list[Publication]:
        """Mute exactly these sources; the publications whose state changed."""
        changed = []
        for publication in self.publications:
            muted = publication.source in sources
            if muted != publication.muted:
                publication.muted = muted
                changed.append(publication)
        return changed

    def _identify(
        self, ssrc: int, packet: bytes, start: int, end: int, extensions: dict[int, bytes], now: float
    ) -> tuple[Layer | None, bytes | None]:
        """Find or create the layer of an SSRC that is not a known layer's; (layer, packet unwrapped from RTX)."""
        payload_type = packet[1] & 127
        primary = self._repairs.get(ssrc)
        if primary is not None:
            return self._repaired(primary, packet, start, end)
        publication = self._publication_of(ssrc, payload_type, extensions)
        if publication is None:
            raise Malformed("RTP packet belongs to no m-line")
        section = publication.section
        if payload_type == section.repair_payload_type:
            rid = _text(extensions.get(section.extensions.get(sdp.REPAIRED_RID, 0)))
            for layer in publication.layers:
                if layer.rid == rid or (len(publication.layers) == 1 and not section.rids):
                    self._repairs[ssrc] = layer.ssrc
                    return self._repaired(layer.ssrc, packet, start, end)
            return None, None
        if not _is_negotiated(packet, section.codec.payload_type):
            raise Malformed("RTP payload type was not negotiated")
        rid = _text(extensions.get(section.extensions.get(sdp.RID, 0)))
        if section.rids and rid not in section.rids:
            return None, None
        if not section.rids:
            rid = None
        if len(publication.layers) >= MAX_LAYERS:
            raise Malformed("RTP peer sends more streams than it announced")
        layer = publication.add_layer(ssrc, rid, now)
        self.layers[ssrc] = layer
        return layer, None

    def _repaired(self, primary: int, packet: bytes, start: int, end: int) -> tuple[Layer | None, bytes | None]:
        layer = self.layers.get(primary)
        if layer is None or packet[1] & 127 != layer.publication.section.repair_payload_type:
            return None, None
        original = rtp.unwrap_rtx(packet, start, end, layer.publication.section.codec.payload_type, primary)
        return (layer, original) if original is not None else (None, None)

    def _publication_of(self, ssrc: int, payload_type: int, extensions: dict[int, bytes]) -> Publication | None:
        mid = _text(extensions.get(self._mid_id)) if self._mid_id is not None else None
        if mid is not None:
            return next((p for p in self.publications if p.section.mid == mid), None)
        for publication in self.publications:
            if ssrc in publication.section.ssrcs:
                return publication
        fitting = [p for p in self.publications if payload_type in (p.section.codec.payload_type, p.section.repair_payload_type)]
        return fitting[0] if len(fitting) == 1 else None


def _is_negotiated(packet: bytes, payload_type: int) -> bool:
    return packet[1] & 127 == payload_type


def _text(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("ascii")
    except UnicodeDecodeError as wrong:
        raise Malformed("RTP header extension is not ASCII") from wrong

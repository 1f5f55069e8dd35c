"""The home's side of a spread room: what one sibling worker gets of it (pure).

A layer nobody on the sibling watches costs nothing; one that is watched is sent once, however many watch it there.
"""

from typing import TYPE_CHECKING, Protocol

from media.control import PeerId
from media.link import RTCP, RTP, CodecPicture, LayerPicture, Picture, PublicationPicture
from media.publication import Layer, Publication
from media.publisher import Publisher
from media.rtcp import SenderReport, pack_sender_report
from media.sdp import RARER_CODECS

if TYPE_CHECKING:
    from media.control import Model
    from media.router import Room

REFRESH_S = 0.5


class Wire(Protocol):
    """The way to a sibling: never blocks; what it cannot take is lost and counted."""

    def send(self, message: "Model") -> None: ...

    def send_record(self, kind: int, channel: int, publisher: int, packet: bytes) -> None: ...


class Feed:
    """One room on one link."""

    def __init__(self, wire: Wire, channel: int) -> None:
        self.wire = wire
        self.channel = channel
        self.is_stale = True
        """The picture changed since it was last sent."""
        self.decoded: frozenset[str] = frozenset(RARER_CODECS)
        """What the sibling's viewers all decode, as far as it told."""
        self._sent_at = float("-inf")
        self._numbers: dict[PeerId, int] = {}
        self._next_number = 0
        self._wanted: dict[Layer, int] = {}
        """Layer → its publisher's number."""

    def receive_rtp(self, layer: Layer, packet: bytes) -> None:
        """Pass on one decrypted packet of a wanted layer."""
        self.wire.send_record(RTP, self.channel, self._wanted[layer], packet)

    def receive_report(self, publisher: Publisher, report: SenderReport) -> None:
        """Pass on the sender report of a wanted layer."""
        layer = publisher.layers.get(report.ssrc)
        if layer is not None and layer in self._wanted:
            compound = pack_sender_report(report.ssrc, report.ntp_64, report.timestamp_rtp, 0, 0, b"link")
            self.wire.send_record(RTCP, self.channel, self._wanted[layer], compound)

    def want(self, room: "Room | None", number: int, ssrcs: list[int]) -> None:
        """The sibling's viewers watch exactly these streams of this publisher."""
        publisher = self._publisher(room, number)
        before = [layer for layer, whose in self._wanted.items() if whose == number]
        after = [publisher.layers[ssrc] for ssrc in ssrcs if ssrc in publisher.layers] if publisher is not None else []
        for layer in before:
            if layer not in after:
                self._drop(layer)
        for layer in after:
            if layer not in before:
                self._wanted[layer] = number
                layer.feeds.append(self)

    def ask_keyframe(self, room: "Room | None", number: int, mid: str) -> None:
        publisher = self._publisher(room, number)
        for publication in publisher.publications if publisher is not None else ():
            if publication.section.mid == mid:
                publication.keyframes.want()

    def forget(self, publisher: Publisher) -> None:
        """It has left."""
        self.is_stale = True
        self._numbers.pop(publisher.peer.id, None)
        for layer in publisher.layers.values():
            self._drop(layer)

    def close(self) -> None:
        """The sibling is gone, or follows no longer; twice is silent."""
        for layer in list(self._wanted):
            self._drop(layer)

    def on_deadline(self, room: "Room | None", now: float) -> None:
        """Send the picture when it changed, and twice a second for its rates."""
        if self.is_stale or now - self._sent_at >= REFRESH_S:
            self.is_stale, self._sent_at = False, now
            self.wire.send(Picture(channel=self.channel, publications=self._publications(room, now)))

    def _publications(self, room: "Room | None", now: float) -> list[PublicationPicture]:
        slots: dict[Publication, list[str]] = {}
        for name, publication in (room.carried if room is not None else {}).items():
            slots.setdefault(publication, []).append(name)
        return [self._picture(publication, names, now) for publication, names in slots.items()]

    def _picture(self, publication: Publication, slots: list[str], now: float) -> PublicationPicture:
        section, codec = publication.section, publication.section.codec
        return PublicationPicture(
            publisher=self._number(publication.peer),
            peer=publication.peer,
            owner=publication.owner,
            mid=section.mid,
            source=publication.source,
            lead=publication.lead,
            muted=publication.muted,
            audible=publication.is_audible,
            codec=CodecPicture(
                payload_type=codec.payload_type,
                name=codec.name,
                clock_rate=codec.clock_rate,
                channels=codec.channels,
                fmtp=codec.fmtp,
            ),
            extensions=section.extensions,
            rids=section.rids,
            slots=slots,
            layers=[
                LayerPicture(
                    ssrc=layer.ssrc,
                    rid=layer.rid,
                    height=layer.height,
                    bitrate_bps=layer.bitrate_bps,
                    age_s=max(0.0, now - layer.last_at),
                )
                for layer in publication.layers
            ],
        )

    def _number(self, peer: PeerId) -> int:
        number = self._numbers.get(peer)
        if number is None:
            self._next_number = self._next_number + 1 & 0xFFFF
            number = self._numbers[peer] = self._next_number
        return number

    def _publisher(self, room: "Room | None", number: int) -> Publisher | None:
        peer = next((peer for peer, known in self._numbers.items() if known == number), None)
        return room.publishers.get(peer) if room is not None and peer is not None else None

    def _drop(self, layer: Layer) -> None:
        if self._wanted.pop(layer, None) is not None:
            layer.feeds.remove(self)

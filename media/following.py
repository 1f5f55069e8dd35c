"""A follower's side of a spread room: the home's publishers as this worker's viewers know them (pure).

To the room, a `RemotePublisher` is a publisher like any other: its packets come from the link instead of a browser, its key
frame requests go to the link, and it hears no reports, because the home gives those.
"""

from media import rtp
from media.control import PeerId, RoomId
from media.errors import Malformed
from media.feed import Wire
from media.link import RTP, AskKeyframe, Decoded, Follow, Picture, PublicationPicture, Unfollow, Want
from media.offers import IncomingSection
from media.publication import Layer, Publication
from media.publisher import Placed, Publisher
from media.router import Room
from media.sdp import RARER_CODECS, Codec

LINGER_S = 2.0
"""A layer nobody watches any more is still sent for so long: viewers go up and down."""


class RemotePeer:
    """The transport of a remote publisher: it is the home's."""

    def __init__(self, peer: PeerId, owner: str) -> None:
        self.id = peer
        self.owner = owner

    def send_rtcp(self, compound: bytes) -> None:
        """Nothing: the home reports to its publishers."""


class RemotePublisher(Publisher):
    """One publishing peer of the home."""

    is_remote = True

    def __init__(self, peer: RemotePeer, number: int, channel: int) -> None:
        super().__init__(peer, [], lead=False, record=False)
        self.number = number
        self.wire: Wire | None = None
        self._channel = channel
        self._told: list[int] = []
        self._used_at: dict[Layer, float] = {}

    def receive_rtp(self, packet: bytes, now: float) -> Placed | None:
        """Place one packet the home has already freed of RTX and duplicates. Raises Malformed."""
        layer = self.layers.get(int.from_bytes(packet[8:12], "big"))
        if layer is None:
            return None
        start, end = rtp.payload_span(packet)
        extensions = rtp.read_extensions(packet)
        placed = layer.receive(packet[2] << 8 | packet[3], int.from_bytes(packet[4:8], "big"), len(packet), now)
        if placed is None:
            return None
        return layer, placed[0], placed[1], packet, start, end, extensions

    def ask_again(self, now: float) -> int:
        """What the link lost is lost: the viewers' own requests lead to a key frame. Tell the home which layers are watched."""
        for layer in list(self.layers.values()):
            if layer.losses.is_waiting:
                layer.losses.due(now)
            if layer.is_watched or layer.feeds:
                self._used_at[layer] = now
            elif layer in self._used_at and now - self._used_at[layer] > LINGER_S:
                del self._used_at[layer]
                self._renew(layer, now)
        wanted = [layer.ssrc for layer in self.layers.values() if layer in self._used_at]
        if wanted != self._told and self.wire is not None:
            self._told = wanted
            self.wire.send(Want(channel=self._channel, publisher=self.number, ssrcs=wanted))
        return 0

    def _renew(self, layer: Layer, now: float) -> None:
        """A layer that rests begins afresh: after a long rest its 16-bit numbers would be unwrapped into the wrong cycle."""
        publication = layer.publication
        publication.layers.remove(layer)
        fresh = self.layers[layer.ssrc] = publication.add_layer(layer.ssrc, layer.rid, layer.last_at)
        fresh.height, fresh.bitrate_bps = layer.height, layer.bitrate_bps
        publication.layers.sort(key=lambda each: each.height)

    def ask_keyframes(self, now: float, audience: int = 0) -> int:
        asked = 0
        for publication in self.publications:
            if self.wire is not None and publication.layers and publication.keyframes.is_due(now, audience):
                self.wire.send(AskKeyframe(channel=self._channel, publisher=self.number, mid=publication.section.mid))
                asked += 1
        return asked

    def report_reception(self, now: float) -> None:
        """The home does."""

    def report_arrivals(self) -> None:
        """The home does."""


class Following:
    """One room whose home is another worker."""

    def __init__(self, room: Room, home: str, channel: int) -> None:
        self.room = room
        self.home = home
        """Link address of the worker with the publishers."""
        self.channel = channel
        self._wire: Wire | None = None
        self._publishers: dict[int, RemotePublisher] = {}
        self._told_decoded = frozenset(RARER_CODECS)
        room.begin_following(home)

    @property
    def id(self) -> RoomId:
        return self.room.id

    def link_up(self, wire: Wire) -> None:
        self._wire = wire
        wire.send(Follow(channel=self.channel, room=self.room.id))
        self._told_decoded = frozenset(RARER_CODECS)

    def tell_decoded(self) -> None:
        """The home answers its publishers with what our viewers decode too."""
        decoded = self.room.decoded
        if self._wire is not None and decoded != self._told_decoded:
            self._told_decoded = decoded
            self._wire.send(Decoded(channel=self.channel, codecs=sorted(decoded)))

    def link_down(self, now: float) -> None:
        """The home is gone or does not speak: nothing is carried until it does again."""
        self._wire = None
        self._clear(now)

    def close(self, now: float) -> None:
        """This worker follows that home no longer; twice is silent."""
        if self._wire is not None:
            self._wire.send(Unfollow(channel=self.channel))
            self._wire = None
        self._clear(now)
        self.room.end_following(now)

    def receive_picture(self, picture: Picture, now: float) -> None:
        """Make the room's publications what the home says they are."""
        carried: dict[str, Publication] = {}
        told: set[Publication] = set()
        for each in picture.publications:
            publication = self._publication(each, now)
            told.add(publication)
            carried.update(dict.fromkeys(each.slots, publication))
        self.room.follow(carried, now)
        for publisher in list(self._publishers.values()):
            for publication in [p for p in publisher.publications if p not in told]:
                self.room.end_publication(publication, now)
                publisher.publications.remove(publication)
                for layer in publication.layers:
                    publisher.layers.pop(layer.ssrc, None)
                publication.layers.clear()
            if not publisher.publications:
                self._remove(publisher, now)

    def receive_record(self, kind: int, number: int, packet: bytes, now: float) -> None:
        """One packet or report of a remote publisher. Raises Malformed."""
        publisher = self._publishers.get(number)
        if publisher is None:
            return
        if len(packet) < 12:
            raise Malformed("link packet is shorter than 12 bytes")
        if kind == RTP:
            self.room.receive_rtp(publisher, packet, now)
        else:
            self.room.receive_publisher_rtcp(publisher, packet, now)

    def _publication(self, told: PublicationPicture, now: float) -> Publication:
        """Ours of what the home tells, made at first sight and brought up to date."""
        publisher = self._publishers.get(told.publisher)
        if publisher is None or publisher.peer.id != told.peer:
            if publisher is not None:
                self._remove(publisher, now)
            publisher = RemotePublisher(RemotePeer(told.peer, told.owner), told.publisher, self.channel)
            publisher.wire = self._wire
            self._publishers[told.publisher] = publisher
            self.room.add_publisher(publisher)
        publication = next((p for p in publisher.publications if p.section.mid == told.mid), None)
        if publication is None:
            codec = told.codec
            section = IncomingSection(
                told.mid,
                told.source,
                Codec(codec.payload_type, codec.name, codec.clock_rate, codec.channels, codec.fmtp),
                None,
                dict(told.extensions),
                list(told.rids),
                [],
                {},
            )
            publication = Publication(told.peer, told.owner, section, lead=told.lead, record=False)
            publication.wants_seat = False
            publication.started_at = now
            publisher.publications.append(publication)
        self._update_layers(publisher, publication, told, now)
        if publication.muted != told.muted:
            publication.muted = told.muted
            self.room.muted(publication, now)
        self.room.make_audible(publication, told.audible, now)
        return publication

    def _update_layers(self, publisher: RemotePublisher, publication: Publication, told: PublicationPicture, now: float) -> None:
        is_changed = False
        for each in told.layers:
            layer: Layer | None = publisher.layers.get(each.ssrc)
            if layer is None:
                layer = publisher.layers[each.ssrc] = publication.add_layer(each.ssrc, each.rid, now - each.age_s)
                is_changed = True
            if layer.height != each.height:
                layer.height = each.height
                is_changed = True
            layer.bitrate_bps = each.bitrate_bps
            layer.last_at = max(layer.last_at, now - each.age_s)
        if is_changed:
            publication.layers.sort(key=lambda layer: layer.height)
            self.room.relayer(publication, now)

    def _remove(self, publisher: RemotePublisher, now: float) -> None:
        self._publishers.pop(publisher.number, None)
        self.room.remove_publisher(publisher, now)

    def _clear(self, now: float) -> None:
        self.room.follow({}, now)
        for publisher in list(self._publishers.values()):
            self._remove(publisher, now)

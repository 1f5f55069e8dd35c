"""One lesson: who hears whom (pure: packets, commands and `now` in; events, RTCP and bursts out).

A publisher's packet: `receive_rtp` → its layer (`publisher.py`) → captures → `Layer.prepare` once → `Layer.flush` per frame →
each `Lane` renumbers once for all its viewers → its audience encrypts per viewer (`outbox.py`).
Which layer a viewer gets is decided in `auditorium.py`; who has which slot in `seating.py`.
"""

from collections.abc import Callable

import structlog

from media import h264, payloads, rtcp, rtp, sdp, vp9
from media.audible import choose_audible
from media.auditorium import Auditorium
from media.bursts import BURST_PACKETS
from media.capture import Capture
from media.clock import WorkerClock
from media.control import (
    CaptureId,
    CaptureTrouble,
    Event,
    PeerId,
    PublicationState,
    RoomId,
    RoomState,
    SlotChanged,
    Source,
    SpeakersChanged,
)
from media.decoding import all_of, ask_again
from media.feed import Feed
from media.lane import Audience
from media.publication import Layer, Publication
from media.publisher import Publisher
from media.seating import Seating
from media.slots import STAGE
from media.speakers import Speakers
from media.stats import Stats
from media.viewer import Viewer

log = structlog.get_logger("media")

FLUSH_S = 0.003
"""A frame whose last packet tarries is sent as far as it came."""
SOUND_PATIENCE_S = 0.025
PATIENT_FROM = 500
"""With so many listeners a sound waits for the next picture, or the next sound, and goes along: messages cost, not packets."""
IDLE_S = 10.0
"""A source that sends nothing for so long gives its slot back (a still screen repeats its picture every second)."""
RECEIVER_REPORT_S = 0.9
FEEDBACK_S = 0.1
REVIEW_S = 0.5
SENDER_REPORT_S = 0.9
RESIZE_GAP_S = 0.5
"""A picture's height is believed to change so often at most: every change makes all viewers choose anew."""


HEIGHTS: dict[str, Callable[[bytes], int | None]] = {"vp8": rtp.vp8_height, "h264": h264.height, "vp9": vp9.height}


class Room:
    """The live media of one lesson."""

    def __init__(
        self,
        room: RoomId,
        audience: Callable[[], Audience],
        clock: WorkerClock,
        stats: Stats,
        feeds: list[Feed] | None = None,
    ) -> None:
        self.id = room
        self.home: str | None = None
        """Where the publishers are: another worker's link address (`following.py`), or None: here."""
        self.feeds: list[Feed] = feeds if feeds is not None else []
        """What sibling workers take of this room."""
        self.publishers: dict[PeerId, Publisher] = {}
        self.captures: dict[CaptureId, Capture] = {}
        self.unflushed: dict[Layer, float] = {}
        """Layer → when its pending packets must go out."""
        self.events: list[Event] = []
        self._seating = Seating()
        self.auditorium = Auditorium(self._seating, audience, clock, stats)
        self.viewers = self.auditorium.viewers
        self._stats = stats
        self._speakers = Speakers()
        self._feedback_at = 0.0
        self._reports_at = 0.0
        self._review_at = 0.0

    @property
    def is_empty(self) -> bool:
        """Nobody of our own is in it: what a sibling sends or takes does not count."""
        return not (self.viewers or self.captures or any(not p.is_remote for p in self.publishers.values()))

    @property
    def decoded(self) -> frozenset[str]:
        """The rarer codecs that all viewers decode, those on sibling workers too."""
        return all_of([self.auditorium.decoded, *(feed.decoded for feed in self.feeds)])

    @property
    def carried(self) -> dict[str, Publication]:
        """Slot → what it carries."""
        return self._seating.carried

    # -- publishers ---------------------------------------------------------------------------------------------------

    def add_publisher(self, publisher: Publisher) -> None:
        self.publishers[publisher.peer.id] = publisher

    def remove_publisher(self, publisher: Publisher, now: float) -> None:
        """Its tracks end."""
        self.publishers.pop(publisher.peer.id, None)
        for publication in publisher.publications:
            self.end_publication(publication, now)
        for feed in self.feeds:
            feed.forget(publisher)
        # Publications and layers name each other: let them go at once, with the megabyte each layer remembers.
        for publication in publisher.publications:
            publication.layers.clear()
        publisher.layers.clear()
        if not any(p.peer.owner == publisher.peer.owner for p in self.publishers.values()):
            self._speakers.forget(publisher.peer.owner)

    def end_publication(self, publication: Publication, now: float) -> None:
        """One track ends."""
        publication.is_gone = True
        self._announce(self._seating.free(publication), now)
        for layer in publication.layers:
            self._abandon(layer)
        for capture in self.captures.values():
            capture.remove(publication, now)

    def receive_rtp(self, publisher: Publisher, packet: bytes, now: float) -> None:
        """Forward one decrypted packet. Raises Malformed."""
        placed = publisher.receive_rtp(packet, now)
        if placed is None:
            return
        layer, number, timestamp, packet, start, end, extensions = placed
        publication = layer.publication
        if layer.packets == 1:
            self._begin_layer(publication, now)
        if publication.muted:
            return
        is_video = publication.is_video
        is_key = False
        level = 0
        payload = packet[start:end]
        wrong = payloads.fault(layer.codec, payload, is_padded=packet[0] & 0x20 != 0)
        if wrong is not None:
            # Its number goes on, empty: a gap would make all its viewers ask, and their lines look as if they lost.
            self._stats.dropped[wrong] += 1
            packet, payload = payloads.emptied(packet, start), b""
        if is_video:
            frames_id = publication.section.extensions.get(sdp.DEPENDENCY_DESCRIPTOR)
            if frames_id is not None:
                level = layer.temporal.level(extensions.get(frames_id), timestamp, len(packet))
            if payload and rtp.starts_keyframe(layer.codec, payload):
                is_key = True
                self._receive_keyframe(layer, payload[: h264.LONGEST_BYTES], now)
        else:
            is_key = True
            loudness = extensions.get(publication.section.extensions.get(sdp.AUDIO_LEVEL, 0))
            if loudness and wrong is None:
                self._speakers.receive(publication.owner, loudness[0] & 127, now)
        if publication.wants_seat and wrong is None:
            self._announce(self._seating.take(publication), now)
        if self.captures:
            self._capture(layer, packet, is_key, now)
        for feed in layer.feeds:
            feed.receive_rtp(layer, packet)
        if is_key and (is_video or layer.has_waiting):
            self.auditorium.switch(layer, number, timestamp, now)
        if layer.has_lanes:
            marker = packet[1] & 0x80
            send_time = (int(now * 262144) & 0xFFFFFF).to_bytes(3, "big")
            if layer.codec == "vp9" and payload:
                payload = vp9.plain(payload, ends=marker != 0)
            pending = layer.prepare(number, timestamp, marker, payload, send_time, level)
            if is_video:
                is_whole, patience_s = marker or pending >= BURST_PACKETS, FLUSH_S
            else:
                is_whole, patience_s = layer.audience < PATIENT_FROM, SOUND_PATIENCE_S
            if is_whole:
                riders = [each for each in self.unflushed if not each.publication.is_video] if marker and is_video else []
                layer.flush(riders)
                for rider in riders:
                    if not rider.pending:
                        del self.unflushed[rider]
                self.unflushed.pop(layer, None)
                if marker and len(layer.renditions) > 1:
                    self.auditorium.slow_down(layer, now)
            elif pending == 1:
                self.unflushed[layer] = now + patience_s

    def receive_publisher_rtcp(self, publisher: Publisher, compound: bytes, now: float) -> None:
        """Sender reports go to recorders and, on our clock, to viewers. Raises Malformed."""
        for report in rtcp.parse(compound):
            if isinstance(report, rtcp.SenderReport):
                layer = publisher.receive_sender_report(report, now)
                if layer is None:
                    continue
                for capture in self.captures.values():
                    capture.receive_sender_report(layer, now)
                for feed in self.feeds:
                    feed.receive_report(publisher, report)
                for lane in layer.lanes():
                    if now - lane.reported_at >= SENDER_REPORT_S:
                        lane.reported_at = now
                        compound_out = self.auditorium.sender_report(lane)
                        if compound_out is not None:
                            lane.audience.send_report(compound_out)

    def mute(self, publisher: Publisher, sources: list[Source], now: float) -> None:
        """Drop what it sends on these sources (exactly these) from now on."""
        for publication in publisher.mute(sources):
            self.muted(publication, now)

    def muted(self, publication: Publication, now: float) -> None:
        """It was switched off or on: viewers leave it, or head for it again."""
        self._tell_feeds()
        if not publication.is_video:
            self._hear(now)
        if publication.muted:
            for layer in publication.layers:
                self._abandon(layer)
        else:
            self.auditorium.aim_at(publication, now)

    # -- spread over workers (`feed.py`, `following.py`) --------------------------------------------------------------

    def begin_following(self, home: str) -> None:
        """The slots carry from now on what the home says (`follow`)."""
        self.home = home

    def end_following(self, now: float) -> None:
        """This worker is the room's home from now on, with the publishers that have come here."""
        self.home = None
        for publisher in self.publishers.values():
            for publication in publisher.publications:
                if publication.started_at is not None and self._seating.slot_of(publication) is None:
                    publication.wants_seat = True
        self._announce(self._seating.restage(), now)
        self._hear(now)

    def follow(self, carried: dict[str, Publication], now: float) -> None:
        """The home's slots carry this; whoever has come here keeps the slot of its predecessor there."""
        mine = {peer for peer, publisher in self.publishers.items() if not publisher.is_remote}
        here = {name: p for name, p in self._seating.carried.items() if p.peer in mine} if mine else {}
        carried = carried | here
        if carried != self._seating.carried:
            self._seating.carried = carried
            self.auditorium.aim_everybody(now)

    def relayer(self, publication: Publication, now: float) -> None:
        """Its layers are others, or of other heights: viewers choose again."""
        self._tell_feeds()
        self.auditorium.aim_at(publication, now)

    def _tell_feeds(self) -> None:
        for feed in self.feeds:
            feed.is_stale = True

    # -- viewers ------------------------------------------------------------------------------------------------------

    def add_viewer(self, viewer: Viewer, now: float) -> None:
        """A viewer whose connection stands: it gets what the slots carry."""
        self.auditorium.add(viewer)
        self._ask_again(now)
        self.auditorium.aim(viewer, now)

    # -- captures -----------------------------------------------------------------------------------------------------

    def add_capture(self, capture: Capture) -> None:
        """Everything published from now on goes to its Sink too; each picture begins with a fresh key frame."""
        self.captures[capture.id] = capture
        self._review_at = float("-inf")  # who sends what it cannot write is asked to offer again
        for publisher in self.publishers.values():
            for publication in publisher.publications:
                if publication.record and publication.is_video:
                    publication.keyframes.want()

    def remove_capture(self, capture: CaptureId) -> Capture | None:
        return self.captures.pop(capture, None)

    def request_keyframe(self, capture: CaptureId, track: int) -> None:
        """A Sink's picture is broken."""
        found = self.captures.get(capture)
        layer = found.layer_of(track) if found else None
        if layer is not None:
            layer.publication.keyframes.want()

    # -- time ---------------------------------------------------------------------------------------------------------

    def flush_due(self, now: float) -> float | None:
        """Send frames that waited long enough; when to come again."""
        for layer, deadline in list(self.unflushed.items()):
            if deadline <= now:
                del self.unflushed[layer]
                layer.flush()
        return min(self.unflushed.values(), default=None)

    def on_deadline(self, now: float) -> None:
        """Everything periodic; call every 20–50 ms."""
        for publisher in self.publishers.values():
            self._stats.nacks_sent += publisher.ask_again(now)
            self._stats.keyframes_requested += publisher.ask_keyframes(now, len(self.viewers))
        self.auditorium.probe(now)
        if now - self._feedback_at >= FEEDBACK_S:
            self._feedback_at = now
            for publisher in self.publishers.values():
                publisher.report_arrivals()
        if now - self._reports_at >= RECEIVER_REPORT_S:
            self._reports_at = now
            for publisher in self.publishers.values():
                publisher.report_reception(now)
        owners = self._speakers.changes(now) if self.home is None else None
        if owners is not None:
            self._hear(now)
            self.events.append(SpeakersChanged(room=self.id, owners=owners))
            self._announce(self._seating.hear(self._speakers, now), now)
        if now - self._review_at >= REVIEW_S:
            self._review_at = now
            self._review(now)

    def state(self) -> RoomState:
        """Everything signalling must know to reconcile."""
        publications = [
            PublicationState(
                peer=p.peer, owner=p.owner, source=p.source, slot=self._seating.slot_of(p), codec=p.codec, muted=p.muted
            )
            for publisher in self.publishers.values()
            for p in publisher.publications
            if not publisher.is_remote
        ]
        return RoomState(
            room=self.id,
            publications=publications,
            viewers=list(self.viewers),
            publishers=[peer for peer, publisher in self.publishers.items() if not publisher.is_remote],
            captures=list(self.captures),
            home=self.home,
        )

    # -- inside -------------------------------------------------------------------------------------------------------

    def _capture(self, layer: Layer, packet: bytes, is_key: bool, now: float) -> None:
        """Give a packet to every recorder; one that fails is let go, and the class goes on."""
        for capture in list(self.captures.values()):
            try:
                capture.receive_rtp(layer, packet, is_key, now)
            except Exception:
                log.exception("! capture failed", room=self.id, capture=capture.id)
                capture.sink = None
                self.events.append(CaptureTrouble(room=self.id, capture=capture.id, code="disk-error"))

    def _begin_layer(self, publication: Publication, now: float) -> None:
        if publication.started_at is None:
            publication.started_at = now
        for capture in self.captures.values():
            capture.review(publication, now)
        self._reports_at = min(self._reports_at, now - RECEIVER_REPORT_S + 0.2)  # a report soon: it ends mid+rid on every packet
        self._tell_feeds()
        if len(publication.layers) > 1:
            self.auditorium.aim_at(publication, now)

    def _receive_keyframe(self, layer: Layer, payload: bytes, now: float) -> None:
        publication = layer.publication
        publication.keyframes.receive_keyframe()
        read = HEIGHTS.get(layer.codec)
        height = read(payload) if read is not None else None
        if height and height != layer.height and now - layer.resized_at >= RESIZE_GAP_S:
            layer.height, layer.resized_at = height, now
            publication.layers.sort(key=lambda each: each.height)
            self.relayer(publication, now)

    def _announce(self, names: list[str], now: float) -> None:
        """These slots carry something else now: tell signalling, move the viewers."""
        for name in names:
            publication = self._seating.carried.get(name)
            if name != STAGE.name and self.home is None:
                self.events.append(
                    SlotChanged(
                        room=self.id,
                        slot=name,
                        owner=publication.owner if publication else None,
                        source=publication.source if publication else None,
                    )
                )
        if names:
            self._hear(now)
            self._tell_feeds()
            self.auditorium.aim_everybody(now)

    def make_audible(self, voice: Publication, is_audible: bool, now: float) -> None:
        """Everybody is sent this voice, or nobody."""
        if voice.is_audible != is_audible:
            voice.is_audible = is_audible
            self._tell_feeds()
            self.auditorium.hear(voice, now)

    def _hear(self, now: float) -> None:
        """Decide anew which voices everybody is sent."""
        if self.home is not None:
            return
        voices = list(dict.fromkeys(p for p in self._seating.carried.values() if not (p.is_video or p.muted)))
        audible = choose_audible(voices, self._speakers, now)
        for voice in voices:
            self.make_audible(voice, voice in audible, now)

    def _abandon(self, layer: Layer) -> None:
        """Nobody gets this layer any more."""
        layer.flush()
        self.unflushed.pop(layer, None)
        self.auditorium.abandon(layer)

    def _review(self, now: float) -> None:
        """What changes without a packet: layers and sources that stopped, viewers whose trial is due."""
        for publisher in self.publishers.values():
            for publication in publisher.publications:
                if publication.started_at is None:
                    continue
                for capture in self.captures.values():
                    capture.review(publication, now)
                if now - publication.last_at > IDLE_S and not publication.wants_seat and self.home is None:
                    publication.wants_seat = True
                    self._announce(self._seating.free(publication), now)
                elif publication.is_video and len(publication.layers) > 1:
                    active = publication.active_layers(now)
                    if len(active) != publication.active_count:
                        publication.active_count = len(active)
                        self.auditorium.aim_at(publication, now)
                if publication.is_video:
                    self.auditorium.gather(publication, now)
        self._ask_again(now)
        if self.home is None:
            self._announce(self._seating.hear(self._speakers, now), now)
            self._hear(now)
        self.auditorium.try_more(now)

    def _ask_again(self, now: float) -> None:
        """Publishers whose codec not everybody decodes (any more)."""
        if self.home is None:
            publications = [p for publisher in self.publishers.values() for p in publisher.publications]
            self.events += ask_again(self.id, publications, self.decoded, now)

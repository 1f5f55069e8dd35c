"""The viewers of one room: who is sent which layer of what the slots carry, and what they ask for (pure).

A viewer's slot: `aim` chooses a layer → the subscription waits for its key frame → `switch` moves it into a lane.
"""

import random
from collections.abc import Callable

from media import rtcp
from media.clock import WorkerClock
from media.control import PeerId
from media.decoding import Decoding
from media.lane import Audience, Lane
from media.lines import Lines
from media.publication import Layer, Publication
from media.seating import Seating
from media.stats import Stats
from media.subscription import Subscription
from media.switching import FRESH_AUDIENCE, Switching
from media.viewer import Viewer

JUMP_GRACE_S = 0.4
"""Who notices that numbers were left out asks for a key frame, although one has just begun."""
ABSURD_BPS = 1 << 40
"""No line is so wide: an estimate that says so, or says 0, says nothing."""
GATHER_S = 10.0
"""A key frame for the sake of fewer lanes at most so often."""


class Auditorium:
    """Viewers before the slots of `seating`."""

    def __init__(self, seating: Seating, audience: Callable[[], Audience], clock: WorkerClock, stats: Stats) -> None:
        self.viewers: dict[PeerId, Viewer] = {}
        self._seating = seating
        self._clock = clock
        self._stats = stats
        self._decoding = Decoding()
        self._lines = Lines(seating)
        self._switching = Switching(audience, lambda: random.randrange(1, 1 << 15))

    @property
    def decoded(self) -> frozenset[str]:
        """The rarer codecs that all of them decode."""
        return self._decoding.by_all

    # -- who comes and goes -------------------------------------------------------------------------------------------

    def add(self, viewer: Viewer) -> None:
        """A viewer whose connection stands; `aim` comes next."""
        self.viewers[viewer.peer.id] = viewer
        self._decoding.add(viewer.decodes)

    def remove(self, viewer: Viewer) -> None:
        viewer.leave_all()
        if self.viewers.pop(viewer.peer.id, None) is not None:
            self._decoding.remove(viewer.decodes)
        self._lines.forget(viewer)

    def expect(self) -> None:
        """Somebody's handshake has begun: by the time it is through, a key frame shall have come."""
        for publication in self._seating.carried.values():
            # What nobody watches yet is not kept, and a great crowd's is not sent again (`Switching.catch_up`): the frame would
            # come too early, and the next one half a second later.
            watched = any(0 < layer.audience <= FRESH_AUDIENCE for layer in publication.layers)
            if publication.is_video and not publication.muted and watched:
                publication.keyframes.want()

    def prefer(self, viewer: Viewer, slot: str, max_height: int, now: float) -> None:
        viewer.prefer(slot, max_height)
        self.aim(viewer, now)

    def hold_pictures(self, viewer: Viewer, held: bool, line_bps: float | None, now: float) -> None:
        """A viewer over TCP fell behind (or caught up): its pictures stop whole, and go on at a key frame.

        line_bps: what its line took meanwhile, if known.
        """
        viewer.held = held
        if line_bps is not None:
            self._lines.receive_rate(viewer, line_bps, now)
        self.aim(viewer, now)

    # -- what they say ------------------------------------------------------------------------------------------------

    def receive_rtcp(self, viewer: Viewer, compound: bytes, now: float) -> None:
        """Answer what a viewer asks for, learn what its line takes. Raises Malformed."""
        fell = False
        for report in rtcp.parse(compound):
            if isinstance(report, rtcp.Remb):
                if 0 < report.bitrate_bps < ABSURD_BPS:
                    fell |= self._lines.receive_remb(viewer, report, now)
                else:
                    self._stats.dropped["absurd estimate"] += 1
            elif isinstance(report, rtcp.ReceiverReport):
                fell |= self._lines.receive_report(viewer, report, now)
            elif isinstance(report, rtcp.Nack):
                self._resend(viewer, report, now)
            elif isinstance(report, rtcp.KeyframeRequest):
                subscription = viewer.slot_by_ssrc(report.ssrc)
                self._stats.keyframe_requests_received += 1
                if subscription is not None and subscription.lane is not None and now - subscription.jumped_at > JUMP_GRACE_S:
                    subscription.lane.layer.publication.keyframes.want()
        if self._lines.receive_losses(viewer, now) or fell:
            self._send_less(viewer, now)

    def probe(self, now: float) -> None:
        """Ask the lines that are doubted."""
        for viewer in self._lines.probe(now):
            self._send_less(viewer, now)

    def try_more(self, now: float) -> None:
        """Viewers whose trial is due get more."""
        for viewer in self._lines.try_more(now):
            self.aim(viewer, now)

    def _resend(self, viewer: Viewer, nack: rtcp.Nack, now: float) -> None:
        subscription = viewer.slot_by_ssrc(nack.ssrc)
        if subscription is None:
            return
        self._stats.nacks_received += len(nack.sequences)
        if subscription.lane is not None:  # what is asked of a slot that carries nothing any more tells nothing of what is sent
            viewer.count_nacks(len(nack.sequences))
        for sequence in nack.sequences:
            packet = subscription.find(sequence)
            # What is gone must not use up what a narrow line may repeat: the new layer's first key frame needs it.
            if packet is not None and viewer.limiter.allows(nack.ssrc, sequence, now) and viewer.peer.send_rtp(packet):
                self._stats.packets_resent += 1

    def _send_less(self, viewer: Viewer, now: float) -> None:
        """Its line takes less than it gets."""
        self.aim(viewer, now, at_once=viewer.downlink.is_narrow)

    # -- what they are sent -------------------------------------------------------------------------------------------

    def aim_everybody(self, now: float) -> None:
        """The slots carry something else."""
        for viewer in self.viewers.values():
            self.aim(viewer, now)

    def aim_at(self, publication: Publication, now: float) -> None:
        """Its layers are others."""
        if publication in self._seating.carried.values():
            self.aim_everybody(now)

    def aim(self, viewer: Viewer, now: float, *, at_once: bool = False) -> None:
        """Let every slot of a viewer head for the layer it should carry.

        at_once: the line is congested. What is too much stops now: its queue plays on until the next key frame comes, and what
        was lost in it is not sent again.
        """
        for subscription, rendition in viewer.choose(self._seating.carried, now).items():
            current = subscription.lane.rendition if subscription.lane is not None else None
            if rendition is None:
                subscription.wait_for(None)
                subscription.leave()
                continue
            if current is not None and current.publication is not rendition.publication:
                subscription.leave()
                current = None
            if rendition is current:
                subscription.wait_for(None)
            elif subscription.waits_for is not rendition:
                subscription.wait_for(rendition)
                if current is not None and rendition.is_slower_than(current):
                    self._switching.slow_down(rendition.layer, now)
                elif rendition.publication.is_video and not self._catch_up(viewer, subscription, now):
                    rendition.publication.keyframes.want()
            if (
                at_once
                and subscription.lane is not None
                and rendition.publication.is_video
                and rendition.layer is not subscription.lane.layer
            ):
                subscription.leave()
                subscription.past.clear()

    def _catch_up(self, viewer: Viewer, subscription: Subscription, now: float) -> bool:
        """A key frame has just gone by: a newcomer is sent it and what followed; False: it waits for the next one."""
        packets = self._switching.catch_up(subscription, now)
        lane = subscription.lane
        if not packets or lane is None:
            return False
        if (report := self.sender_report(lane)) is not None:
            viewer.peer.send_rtcp(report)
        for packet in packets:
            viewer.peer.send_rtp(packet)
        return True

    def hear(self, voice: Publication, now: float) -> None:
        """It became audible, or stopped being so."""
        layers = voice.active_layers(now)
        for name in [name for name, carried in self._seating.carried.items() if carried is voice]:
            for viewer in self.viewers.values():
                subscription = viewer.subscriptions.get(name)
                if subscription is None or not viewer.may_receive(subscription, voice):
                    continue
                if voice.is_audible and layers:
                    subscription.wait_for(layers[-1].whole)
                else:
                    subscription.wait_for(None)
                    subscription.leave()

    def switch(self, layer: Layer, number: int, timestamp: int, now: float) -> None:
        """A key frame begins with `number`: everybody who waits for this layer enters it."""
        for subscription in self._switching.at_keyframe(layer, number, timestamp, now):
            lane = subscription.lane
            self._stats.layer_switches += subscription.continuation is not None
            compound = self.sender_report(lane) if lane is not None else None
            if compound is not None:
                self.viewers[subscription.viewer].peer.send_rtcp(compound)

    def slow_down(self, layer: Layer, now: float) -> None:
        """Between two frames: see `Switching.slow_down`."""
        self._switching.slow_down(layer, now)

    def abandon(self, layer: Layer) -> None:
        """Nobody gets this layer any more."""
        for rendition in layer.renditions:
            for subscription in list(rendition.waiting):
                subscription.wait_for(None)
            for lane in list(rendition.lanes):
                for subscription in list(lane.subscriptions):
                    subscription.leave()

    def gather(self, publication: Publication, now: float) -> None:
        """Bring viewers back together who went different ways."""
        for layer in publication.layers:
            has_many = self._switching.gather(layer, self._may_fill, now)
            if has_many and now - publication.gathered_at > GATHER_S:
                publication.gathered_at = now
                publication.keyframes.want()

    def _may_fill(self, subscription: Subscription) -> bool:
        """Only who has room for it is sent empty packets."""
        return not self.viewers[subscription.viewer].downlink.is_limited

    def sender_report(self, lane: Lane) -> bytes | None:
        at = lane.layer.report_monotonic
        return lane.sender_report(self._clock.ntp_64(at)) if at is not None else None

"""A peer that receives: its slots, its budget, its requests (pure)."""

from media.bandwidth import Downlink
from media.decoding import all_of
from media.layers import choose, fitting, least_bps, rate_of
from media.nack import ResendLimiter
from media.offers import OutgoingSection
from media.packet_train import PacketTrain
from media.peer import Peer
from media.publication import Layer, Publication
from media.rendition import Rendition, quality_steps
from media.rtcp import ReceiverReport
from media.serial import unwrap_16
from media.subscription import Subscription

LOSS_WINDOW_S = 1.0
LEAST_PACKETS = 50
"""Fewer packets in a window say nothing about loss."""
LONGEST_DELAY_S = 10.0
"""The time in a packet has a cycle of 64 s."""


class Viewer:
    """What one viewing peer gets."""

    def __init__(self, peer: Peer, now: float) -> None:
        self.peer = peer
        self.downlink = Downlink(now)
        self.limiter = ResendLimiter()
        self.subscriptions: dict[str, Subscription] = {}
        """By slot name."""
        self.heights: dict[str, int] = {}
        """Preferences, also those stated before the connection stood."""
        self.held = False
        """Its TCP connection cannot follow: no pictures until it has caught up."""
        self.train: PacketTrain | None = None
        """Its line is being asked what it carries."""
        self._nacked = 0
        self._sent_before = 0
        self._window_at = now

    def subscribe(self, sections: list[OutgoingSection], member: object) -> None:
        """The connection stands: one subscription per accepted m-line."""
        for section in sections:
            subscription = Subscription(
                section.slot, self.peer.id, self.peer.owner, section.payload_types, section.send_time_id, member
            )
            subscription.max_height = self.heights.get(section.slot.name, section.slot.default_height)
            self.subscriptions[section.slot.name] = subscription

    @property
    def decodes(self) -> frozenset[str]:
        """The rarer codecs it takes in every picture; one without pictures stands in nobody's way."""
        return all_of(s.codecs for s in self.subscriptions.values() if s.slot.media == "video")

    def prefer(self, slot: str, max_height: int) -> None:
        """Remember what this viewer shows in a slot."""
        self.heights[slot] = max_height
        if slot in self.subscriptions:
            self.subscriptions[slot].max_height = max_height

    def choose(self, carried: dict[str, Publication], now: float) -> dict[Subscription, Rendition | None]:
        """What each slot of this viewer should carry. carried: slot name → publication."""
        chosen: dict[Subscription, Rendition | None] = dict.fromkeys(self.subscriptions.values())
        for subscription, layers in self._heard(carried, now):
            chosen[subscription] = layers[-1].whole
        wishes = self._wishes(carried, now)
        downlink = self.downlink
        if not downlink.is_limited:
            for subscription, publication in wishes:
                fit = fitting(publication.active_layers(now), subscription.max_height)
                chosen[subscription] = fit[-1].whole if fit else None
        else:
            steps = [self._steps(subscription, publication, now) for subscription, publication in wishes]
            picked = choose(steps, downlink.budget_bps, downlink.sacrifice, self._audio_bps(carried, now))
            for (subscription, _), rendition in zip(wishes, picked, strict=True):
                chosen[subscription] = rendition
        return chosen

    def least_bps(self, carried: dict[str, Publication], now: float) -> float:
        """What goes to this viewer however little its line takes, until something is sacrificed."""
        steps = [self._steps(subscription, publication, now) for subscription, publication in self._wishes(carried, now)]
        return least_bps(steps, self.downlink.sacrifice, self._audio_bps(carried, now))

    def steps_up(self, carried: dict[str, Publication], now: float) -> list[float]:
        """For each picture that could be better: what the next whole layer costs more, in bit/s."""
        costs = []
        chosen = self.choose(carried, now)
        for subscription, publication in self._wishes(carried, now):
            steps, current = self._steps(subscription, publication, now), chosen[subscription]
            above = steps[steps.index(current) + 1 :] if current in steps else steps
            better = next((step for step in above if step.limit is None), None)
            if better is not None:
                costs.append(rate_of(better) - (rate_of(current) if current is not None else 0.0))
        return costs

    def _wishes(self, carried: dict[str, Publication], now: float) -> list[tuple[Subscription, Publication]]:
        """Pictures it could get, in the order of the slots."""
        if self.held:
            return []
        return [
            (subscription, publication)
            for name, subscription in self.subscriptions.items()
            if (publication := carried.get(name)) is not None
            and publication.is_video
            and self.may_receive(subscription, publication)
        ]

    def _steps(self, subscription: Subscription, publication: Publication, now: float) -> list[Rendition]:
        """What it could get of one picture, least first."""
        fit = fitting(publication.active_layers(now), subscription.max_height)
        return quality_steps([layer.whole for layer in fit], publication.source == "screen")

    def _heard(self, carried: dict[str, Publication], now: float) -> list[tuple[Subscription, list[Layer]]]:
        """Voices it gets."""
        return [
            (subscription, layers)
            for name, subscription in self.subscriptions.items()
            if (publication := carried.get(name)) is not None
            and not publication.is_video
            and publication.is_audible
            and self.may_receive(subscription, publication)
            and (layers := publication.active_layers(now))
        ]

    def _audio_bps(self, carried: dict[str, Publication], now: float) -> float:
        return sum(layers[-1].bitrate_bps for _, layers in self._heard(carried, now))

    def may_receive(self, subscription: Subscription, publication: Publication) -> bool:
        """Never one's own media, nothing muted, nothing one cannot decode."""
        return publication.owner != self.peer.owner and not publication.muted and publication.codec in subscription.codecs

    def sending_bps(self) -> float:
        """What goes to this viewer now."""
        total = 0.0
        for subscription in self.subscriptions.values():  # a loop: asked with every report of every viewer
            lane = subscription.lane
            if lane is not None:
                total += lane.rendition.bitrate_bps
        return total

    def receive_answer(self, took_s: float, now: float) -> None:
        """A check of ours was answered after so long."""
        self.downlink.receive_round_trip(took_s, now)
        if self.train is not None:
            self.train.receive(now)

    def count_nacks(self, count: int) -> None:
        self._nacked += count

    def limit_resends(self, now: float) -> None:
        """A narrow line must not be kept full by repetitions; a line that only loses needs them."""
        self.limiter.limit(self.downlink.budget_bps if self.downlink.is_narrow else float("inf"), now)

    def delay_s(self, report: ReceiverReport, now: float) -> float | None:
        """How long the packet after the last one that arrived is under way now, at least; None: not known, or all arrived.

        The time it left is written in it (abs-send-time). That all arrived is told to the downlink.
        """
        subscription = self.slot_by_ssrc(report.ssrc)
        lane = subscription.lane if subscription is not None else None
        if subscription is None or lane is None:
            return None
        last = lane.rendition.highest + lane.shift.number
        following = unwrap_16(report.highest_sequence + 1 & 0xFFFF, last)
        if following > last:
            self.downlink.receive_arrival(max(0.0, now - lane.layer.last_at), now)
            return None
        packet = subscription.find(following & 0xFFFF)
        if packet is None:
            return None
        left_at = int.from_bytes(packet[17:20], "big")
        delay_s = ((int(now * 262144) - left_at) & 0xFFFFFF) / 262144
        return delay_s if delay_s < LONGEST_DELAY_S else None

    def loss(self, now: float) -> float | None:
        """Fraction of packets asked for again in the window that just ended; None while it runs.

        Receiver reports hide the loss: a packet resent on its own SSRC counts as arrived [sfu-facts §6].
        """
        if now - self._window_at < LOSS_WINDOW_S:
            return None
        sent = sum(s.lane.packets for s in self.subscriptions.values() if s.lane is not None)
        nacked, passed = self._nacked, sent - self._sent_before
        self._nacked, self._sent_before, self._window_at = 0, sent, now
        # A lane that was left makes the difference meaningless: wait for the next window.
        return nacked / passed if passed >= LEAST_PACKETS else 0.0

    def slot_by_ssrc(self, ssrc: int) -> Subscription | None:
        for subscription in self.subscriptions.values():
            if subscription.slot.ssrc == ssrc:
                return subscription
        return None

    def leave_all(self) -> None:
        """Nothing more goes to this viewer."""
        for subscription in self.subscriptions.values():
            subscription.wait_for(None)
            subscription.leave()

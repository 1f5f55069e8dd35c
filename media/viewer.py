"""A peer that receives: its slots, its budget, its requests (pure)."""

from media.bandwidth import Downlink
from media.layers import choose, fitting
from media.nack import ResendLimiter
from media.offers import OutgoingSection
from media.peer import Peer
from media.publication import Layer, Publication
from media.subscription import Subscription

LOSS_WINDOW_S = 1.0
LEAST_PACKETS = 50
"""Fewer packets in a window say nothing about loss."""


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

    def prefer(self, slot: str, max_height: int) -> None:
        """Remember what this viewer shows in a slot."""
        self.heights[slot] = max_height
        if slot in self.subscriptions:
            self.subscriptions[slot].max_height = max_height

    def choose_layers(self, carried: dict[str, Publication], now: float) -> dict[Subscription, Layer | None]:
        """What each slot of this viewer should carry. carried: slot name → publication."""
        wishes: list[tuple[Subscription, list[Layer]]] = []
        chosen: dict[Subscription, Layer | None] = {}
        for name, subscription in self.subscriptions.items():
            publication = carried.get(name)
            chosen[subscription] = None
            if publication is None or not self.may_receive(subscription, publication):
                continue
            if self.held and publication.is_video:
                continue
            layers = publication.active_layers(now)
            if publication.is_video:
                wishes.append((subscription, layers))
            elif layers:
                chosen[subscription] = layers[-1]
        if self.downlink.budget_bps == float("inf"):
            for subscription, layers in wishes:
                fit = fitting(layers, subscription.max_height)
                chosen[subscription] = fit[-1] if fit else None
        else:
            picked = choose([(layers, s.max_height) for s, layers in wishes], self.downlink.budget_bps)
            for (subscription, _), layer in zip(wishes, picked, strict=True):
                chosen[subscription] = layer
        return chosen

    def may_receive(self, subscription: Subscription, publication: Publication) -> bool:
        """Never one's own media, nothing muted, nothing one cannot decode."""
        return publication.owner != self.peer.owner and not publication.muted and publication.codec in subscription.codecs

    def sending_bps(self) -> float:
        """What goes to this viewer now."""
        return sum(s.lane.layer.bitrate_bps for s in self.subscriptions.values() if s.lane is not None)

    def count_nacks(self, count: int) -> None:
        self._nacked += count

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

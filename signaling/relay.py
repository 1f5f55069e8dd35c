"""The relay comes and goes (pure): what a room keeps when its media worker is lost, and what it takes over when one is there.

The worker's snapshot is the truth after either side was away: connections it holds are adopted, or closed when nobody knows them.
"""

from collections.abc import Collection
from typing import Final

from media import control
from signaling import events
from signaling.effects import Broadcast, Effect, Forward
from signaling.place import PROGRAM, Place, Transport
from signaling.roster import KEPT_S
from signaling.stage import Direction, Stage, owner_of
from signaling.vocabulary import PeerId, Source

DIRECTIONS: Final[tuple[Direction, ...]] = ("publish", "view")


class Relay(Stage):
    def lose_media(self, now: float) -> list[Effect]:
        """The worker is gone, and every connection with it; places, hands, rights and chat stay."""
        if self.media == "moving":
            return []
        self.media = "moving"
        effects: list[Effect] = [Broadcast(events.MediaChanged(seq=self._next(), media="moving"))]
        for slot in list(self.slots):
            effects += self._set_slot(slot, None, now)
        for place in list(self.places.values()):
            place.publishing.clear()
            place.viewing.clear()
            if place.program:
                effects += self._leave(place, now, "lost")
            else:
                effects += self._now_sends(place, ())
        return effects

    def lose_transports(self, lost: Collection[control.PeerId], now: float) -> list[Effect]:
        """A worker that carried these connections is gone while another serves the room: their owners offer again."""
        effects: list[Effect] = []
        for place in list(self.places.values()):
            for direction in DIRECTIONS:
                for transport in place.line(direction).ids():
                    if transport in lost:
                        gone = control.PeerGone(
                            room=self.room,
                            peer=transport,
                            owner=place.peer,
                            direction=direction,
                            reason="silent",
                            last_seen_s=0.0,
                        )
                        effects += self._receive_gone(gone, now)
        return effects

    def change_home(self, kept: Collection[control.PeerId], now: float) -> list[Effect]:
        """The worker with the publishers is gone and one that carries viewers takes over at once: `kept` are on it, or on others.

        Nothing moves for those; everybody else offers again.
        """
        effects: list[Effect] = []
        for slot in list(self.slots):
            effects += self._set_slot(slot, None, now)
        held = {transport for place in self.places.values() for transport in place.transports()}
        return effects + self.lose_transports(held - set(kept), now)

    def publishing(self) -> set[control.PeerId]:
        """Connections that send now."""
        return {place.publishing.current.id for place in self.places.values() if place.publishing.current is not None}

    def renew(self, transports: Collection[control.PeerId]) -> list[Effect]:
        """These connections work, but their worker is about to end: their owners make new ones beside them.

        A program cannot; it is cut off when the worker ends, and comes again.
        """
        effects: list[Effect] = []
        for place in self.places.values():
            for direction in DIRECTIONS if not place.program else ():
                line = place.line(direction)
                if line.current is not None and line.current.id in transports and line.pending is None:
                    effects += self._error(place, "media-lost", direction)
        return effects

    def adopt_viewers(self, state: control.RoomState, now: float) -> list[Effect]:
        """A worker that carries only viewers of this room tells which: take over those we know, or did before our restart."""
        effects: list[Effect] = []
        for transport in state.viewers:
            effects += self._adopt(transport, "view", state, now)
        return effects

    def gain_media(self, state: control.RoomState | None, now: float) -> list[Effect]:
        """A worker serves this room; `state` is what it already knows of it."""
        effects = self._reconcile(state, now)
        if self.media == "moving":
            self.media = "up"
            effects.append(Broadcast(events.MediaChanged(seq=self._next(), media="up")))
        return effects

    def _reconcile(self, state: control.RoomState | None, now: float) -> list[Effect]:
        effects: list[Effect] = []
        held: set[control.PeerId] = set(state.publishers) | set(state.viewers) if state else set()
        for place in self.places.values():
            for line in (place.publishing, place.viewing):
                if line.current is not None and line.current.id not in held:
                    line.current = None
                if line.pending is not None and line.pending.id not in held:
                    line.pending = None
        if state is not None:
            for transport in state.publishers:
                effects += self._adopt(transport, "publish", state, now)
            for transport in state.viewers:
                effects += self._adopt(transport, "view", state, now)
        effects += self.adopt_slots(state, now)
        for place in list(self.places.values()):
            if place.program and not place.transports():
                effects += self._leave(place, now, "lost", place.last_seen)
            elif place.publishing.current is None:
                effects += self._now_sends(place, ())
        return effects

    def _adopt(self, transport: control.PeerId, direction: Direction, state: control.RoomState, now: float) -> list[Effect]:
        """A connection the worker holds: we know it, take it over after our own restart, or close it."""
        owner = owner_of(transport)
        place = self.places.get(owner)
        if place is None and direction == "view":
            place = self._expect_viewer(owner, now)
        if place is None:
            return [Forward(control.ClosePeer(request=0, peer=transport))]
        line = place.line(direction)
        if transport in line.ids():
            return []
        if line.current is not None:
            return [Forward(control.ClosePeer(request=0, peer=transport))]
        mine = [publication for publication in state.publications if publication.peer == transport]
        sources = tuple(dict.fromkeys(publication.source for publication in mine))
        line.current = Transport(transport, sources)
        if place.program:
            place.connected, place.last_seen = True, now
            place.counted_until = place.kept_until = float("inf")
            return self._changed(place)
        if direction == "view":
            return []
        place.muted |= {publication.source for publication in mine if publication.muted}
        return self._now_sends(place, sources)

    def _expect_viewer(self, owner: PeerId, now: float) -> Place:
        """Viewers leave no facts: after our restart only their connection tells of them. They have a minute to come back."""
        program = owner.startswith(PROGRAM)
        place = Place(owner, person="", name="", role="viewer", record=False, last_seen=now, program=program, connected=program)
        place.kept_until = float("inf") if program else now + KEPT_S
        self.places[owner] = place
        return place

    def adopt_slots(self, state: control.RoomState | None, now: float) -> list[Effect]:
        """What the slots carry is what the worker says."""
        truth: dict[str, tuple[PeerId, Source]] = {}
        for publication in state.publications if state else ():
            if publication.slot is not None and publication.owner in self.places:
                truth[publication.slot] = (PeerId(publication.owner), publication.source)
        effects: list[Effect] = []
        for slot in sorted(self.slots.keys() | truth.keys()):
            effects += self._set_slot(slot, truth.get(slot), now)
        return effects

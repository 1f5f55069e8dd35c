"""The room's media side (pure): connections to the relay and the slots everybody is offered.

Signalling knows wishes, the media worker knows truth: what is sent and where comes from its events. A browser has at most one
connection per direction in use and one on its way (make before break).
"""

from collections.abc import Callable
from typing import Literal

from media import control
from signaling import events, facts, replies, requests
from signaling.effects import Broadcast, Effect, Forward, Publish, Send
from signaling.errors import Refused, media_code
from signaling.place import Entrant, Place, Transport
from signaling.ports import LessonInfo
from signaling.roster import Roster
from signaling.vocabulary import PeerId, Source

Direction = Literal["publish", "view"]


class Stage(Roster):
    def __init__(self, info: LessonInfo, new_id: Callable[[], str]) -> None:
        super().__init__(info, new_id)
        self.media: Literal["up", "moving"] = "moving"
        self.slots: dict[str, tuple[PeerId, Source]] = {}
        self.room = control.RoomId(info.lesson)

    # -- a browser asks ---------------------------------------------------------------------------------------------

    def _publish(self, place: Place, message: requests.Publish) -> list[Effect]:
        if not place.may_publish:
            return self._error(place, "not-allowed", "publish")
        sources = tuple(dict.fromkeys(message.sources.values()))
        return self._open(place, "publish", "publish", sdp=message.sdp, sources=sources, named=message.sources)

    def _view(self, place: Place) -> list[Effect]:
        return self._open(place, "view", "view", sdp=None, sources=(), named={})

    def _open(
        self,
        place: Place,
        direction: Direction,
        about: str,
        *,
        sdp: str | None,
        sources: tuple[Source, ...],
        named: dict[str, Source],
    ) -> list[Effect]:
        if self.media == "moving":
            return self._error(place, "media-unavailable", about)
        line = place.line(direction)
        effects: list[Effect] = []
        if line.pending is not None:
            effects.append(Forward(control.ClosePeer(request=0, peer=line.pending.id)))
        line.pending = Transport(self._transport_id(place.peer, direction), sources)
        effects.append(Forward(self._open_peer(place, line.pending.id, direction, sdp, named)))
        return effects

    def _open_peer(
        self,
        who: Place | Entrant,
        transport: control.PeerId,
        direction: Direction,
        sdp: str | None,
        named: dict[str, Source],
        near: str | None = None,
    ) -> control.OpenPeer:
        return control.OpenPeer(
            request=0,
            peer=transport,
            room=self.room,
            owner=who.peer,
            direction=direction,
            sdp=sdp,
            sources=named,
            lead=direction == "publish" and who.role == "instructor",
            record=who.record,
            near=near,
        )

    def _transport_id(self, peer: PeerId, direction: Direction) -> control.PeerId:
        """The owner can be read from it after a restart (`owner_of`); the rest is unique for ever."""
        return control.PeerId(f"{peer}.{direction[0]}.{self._new_id()[:8]}")

    def _unpublish(self, place: Place) -> list[Effect]:
        effects: list[Effect] = [Forward(control.ClosePeer(request=0, peer=transport)) for transport in place.publishing.ids()]
        place.publishing.clear()
        return effects + self._now_sends(place, ())

    def _answer_view(self, place: Place, message: requests.ViewAnswer) -> list[Effect]:
        transport = place.viewing.latest()
        if transport is None:
            return self._error(place, "no-view", "view-answer")
        return [Forward(control.AnswerPeer(request=0, peer=transport.id, sdp=message.sdp))]

    def _prefer_layer(self, place: Place, message: requests.PreferLayer) -> list[Effect]:
        """To the connection in use and the one on its way; without any there is nothing to prefer, and nothing wrong."""
        return [
            Forward(control.PreferLayer(request=0, peer=transport, slot=message.slot, max_height=message.max_height))
            for transport in place.viewing.ids()
        ]

    def _mute(self, place: Place, sources: set[Source], *, muted: bool) -> list[Effect]:
        """Switch sources of one person off or on, here and in the relay."""
        after = place.muted | sources if muted else place.muted - sources
        if after == place.muted:
            return []
        shown = {source for source in place.sources if source in place.muted ^ after}
        place.muted = after
        return self._tell_muted(place) + (self._changed(place) if shown else [])

    def _tell_muted(self, place: Place) -> list[Effect]:
        return [
            Forward(control.MutePeer(request=0, peer=transport, sources=sorted(place.muted)))
            for transport in place.publishing.ids()
        ]

    # -- an outside program (WHIP, WHEP) ----------------------------------------------------------------------------

    def open_program(self, entrant: Entrant, direction: Direction, sdp: str, near: str | None) -> control.OpenPeer:
        """The command whose success lets the program in (`enter_program`). Raises Refused."""
        if self.media == "moving":
            raise Refused("media-unavailable")
        if entrant.person in self.removed:
            raise Refused("removed")
        return self._open_peer(entrant, self._transport_id(entrant.peer, direction), direction, sdp, {}, near)

    def enter_program(self, entrant: Entrant, command: control.OpenPeer, now: float) -> list[Effect]:
        """It has its answer; it stays while this connection lives. Raises Refused."""
        effects = self.enter(entrant, now, program=True)
        self.places[entrant.peer].line(command.direction).pending = Transport(command.peer)
        return effects

    # -- the relay answers ------------------------------------------------------------------------------------------

    def _receive_opened(self, command: control.OpenPeer, reply: control.Reply) -> list[Effect]:
        place = self.places.get(PeerId(command.owner))
        if place is None or place.program:
            return []
        pending = place.line(command.direction).pending
        if pending is None or pending.id != command.peer:
            return []  # replaced meanwhile: its ClosePeer is already on the way
        if isinstance(reply, control.PeerOpened):
            if command.direction == "view":
                return [Send(place.peer, replies.ViewOffered(sdp=reply.sdp, slots=reply.slots))]
            opened: list[Effect] = [Send(place.peer, replies.Published(sdp=reply.sdp))]
            return opened + (self._tell_muted(place) if place.muted else [])
        place.line(command.direction).pending = None
        return self._error(place, _failure(reply), command.direction)

    def _receive_answered(self, command: control.AnswerPeer, reply: control.Reply) -> list[Effect]:
        place = self.places.get(owner_of(command.peer))
        if place is None or isinstance(reply, control.Done) or command.peer not in place.viewing.ids():
            return []
        if place.viewing.pending is not None and place.viewing.pending.id == command.peer:
            place.viewing.pending = None
        return [
            Forward(control.ClosePeer(request=0, peer=command.peer)),
            *self._error(place, _failure(reply), "view-answer"),
        ]

    def _receive_connected(self, event: control.PeerConnected) -> list[Effect]:
        place = self.places.get(PeerId(event.owner))
        if place is None:
            return [Forward(control.ClosePeer(request=0, peer=event.peer))]
        line = place.line(event.direction)
        if line.pending is None or line.pending.id != event.peer:
            return []
        old, line.current, line.pending = line.current, line.pending, None
        effects: list[Effect] = [Forward(control.ClosePeer(request=0, peer=old.id))] if old is not None else []
        if event.direction == "publish" and not place.program:
            effects += self._now_sends(place, line.current.sources)
        return effects

    def _receive_gone(self, event: control.PeerGone, now: float) -> list[Effect]:
        """The connection ended by itself. The person stays: its page is told to offer again."""
        place = self.places.get(PeerId(event.owner))
        if place is None:
            return []
        line = place.line(event.direction)
        if event.peer not in line.ids():
            return []
        if place.program:
            line.clear()
            lasted_until = max(0.0, now - max(0.0, event.last_seen_s))
            return self._leave(place, now, "left" if event.reason == "closed" else "lost", lasted_until)
        effects: list[Effect] = []
        if line.current is not None and line.current.id == event.peer:
            line.current = None
            if event.direction == "publish":
                effects += self._now_sends(place, ())
        else:
            line.pending = None
        return effects if line.latest() else effects + self._error(place, "media-lost", event.direction)

    def _receive_unfit(self, event: control.OfferAgain) -> list[Effect]:
        """Not everybody decodes what it sends: a page makes a new connection beside the old; a program, once it is cut off."""
        place = self.places.get(PeerId(event.owner))
        if place is None or place.publishing.current is None or place.publishing.current.id != event.peer:
            return []  # gone, or being replaced already
        if place.program:
            return [Forward(control.ClosePeer(request=0, peer=event.peer))]
        if place.publishing.pending is not None:
            return []
        return [Send(place.peer, replies.OfferAgain(codecs=event.codecs))]

    def _receive_slot(self, event: control.SlotChanged, now: float) -> list[Effect]:
        owner = PeerId(event.owner) if event.owner is not None else None
        if owner is None or event.source is None or owner not in self.places:
            return self._set_slot(event.slot, None, now)
        return self._set_slot(event.slot, (owner, event.source), now)

    def _receive_speakers(self, event: control.SpeakersChanged) -> list[Effect]:
        peers = [PeerId(owner) for owner in event.owners if owner in self.places]
        return [Broadcast(events.Speaking(peers=peers))]

    def _set_slot(self, slot: str, after: tuple[PeerId, Source] | None, now: float) -> list[Effect]:
        before = self.slots.get(slot)
        if before == after:
            return []
        effects: list[Effect] = []
        if before is not None:
            del self.slots[slot]
            effects.append(Publish(facts.SourceStopped(**self._mark(now), peer=before[0], source=before[1], slot=slot)))
        if after is not None:
            self.slots[slot] = after
            effects.append(Publish(facts.SourceStarted(**self._mark(now), peer=after[0], source=after[1], slot=slot)))
        peer, source = after or (None, None)
        effects.append(Broadcast(events.SlotChanged(seq=self._next(), slot=slot, peer=peer, source=source)))
        for owner in {entry[0] for entry in (before, after) if entry is not None}:
            place = self.places.get(owner)
            if place is not None and place.program:  # its offer names no sources: what it sends is what is seen of it
                sent = [entry[1] for entry in self.slots.values() if entry[0] == owner]
                effects += self._now_sends(place, tuple(dict.fromkeys(sent)))
        return effects

    def _now_sends(self, place: Place, sources: tuple[Source, ...]) -> list[Effect]:
        place.muted &= set(sources) if sources else place.muted  # a screen shared anew begins unmuted
        if sources == place.sources:
            return []
        place.sources = sources
        return self._changed(place)

    def _leave(
        self, place: Place, now: float, reason: Literal["left", "lost", "removed"], at: float | None = None
    ) -> list[Effect]:
        effects: list[Effect] = []
        for slot in [slot for slot, entry in self.slots.items() if entry[0] == place.peer]:
            effects += self._set_slot(slot, None, now)
        return effects + super()._leave(place, now, reason, at)

    def _error(self, place: Place, code: str, about: str) -> list[Effect]:
        return [Send(place.peer, replies.Error(code=code, about=about))]


def owner_of(transport: str) -> PeerId:
    """Whose connection this is."""
    return PeerId(transport.split(".", 1)[0])


def _failure(reply: control.Reply) -> str:
    return media_code(reply.code) if isinstance(reply, control.Failed) else "media-unavailable"

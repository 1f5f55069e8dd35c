"""Who is in the room: coming in, getting lost, coming back, leaving (pure). The room's bottom layer.

    absent ──enter──► connected ──lose──► lost ──enter──► connected …
                          └──leave──► absent ◄──60 s──┘

A lost place keeps its hand, rights and name for 60 s. Attendance is stricter: after 15 s of silence `PeerLeft` is published,
dated at the last proof of life; who comes back before that keeps one interval.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal, TypedDict

from media import control
from signaling import events, facts
from signaling.effects import Broadcast, Effect, Forward, Publish
from signaling.errors import Refused
from signaling.place import BROWSER, LISTED, PROGRAM, Entrant, Place
from signaling.ports import LessonInfo
from signaling.vocabulary import PeerId

KEPT_S: Final = 60.0
"""A lift, a tunnel, a restarted phone."""
LOST_S: Final = 15.0
"""Attendance: silence that is leaving."""
SEEN_EVERY_S: Final = 4.0
FRESH_S: Final = 5.5
"""A heartbeat comes every 5 s: who is listed as seen has been heard since the last one was due."""
MAX_PLACES: Final = 5_000
MAX_PLACES_OF_ONE: Final = 20
"""Tabs and devices of one person: no honest life needs more, and one ticket must not fill the room."""


class Mark(TypedDict):
    """What every fact carries."""

    id: str
    lesson: str
    at: datetime


def utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def iso(at: float | datetime) -> str:
    """UTC with milliseconds, as on the wire."""
    moment = at.astimezone(UTC) if isinstance(at, datetime) else utc(at)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Roster:
    def __init__(self, info: LessonInfo, new_id: Callable[[], str]) -> None:
        self.info = info
        self.places: dict[PeerId, Place] = {}
        self.hands: list[PeerId] = []
        self.removed: set[str] = set()
        """Persons who may not come back."""
        self.started = False
        """The instructor has been in."""
        self.seq = 0
        self._new_id = new_id
        self._seen_at = float("-inf")
        self._departed: dict[PeerId, float] = {}  # left with the right to publish → until when a return brings it back

    def new_peer(self, *, program: bool = False) -> PeerId:
        return PeerId((PROGRAM if program else BROWSER) + self._new_id().replace("-", "")[:16])

    def enter(self, entrant: Entrant, now: float, *, program: bool = False) -> list[Effect]:
        """Take a place, or the one kept under this peer id. Raises Refused."""
        if entrant.person in self.removed:
            raise Refused("removed")
        place = self.places.get(entrant.peer)
        if place is not None:
            return self._come_back(place, entrant, now)
        self._check_capacity(entrant)
        place = Place(entrant.peer, entrant.person, entrant.name, entrant.role, entrant.record, last_seen=now, program=program)
        place.may_publish = place.role == "instructor"
        self.places[place.peer] = place
        effects = self._restore_right(place, now) + self._count(place, now)
        if place.listed:
            effects.append(Broadcast(events.PeerJoined(seq=self._next(), peer=place.view())))
        return effects

    def lose(self, peer: PeerId, now: float, last_seen: float) -> list[Effect]:
        """The connection ended without goodbye; `last_seen` was its last proof of life."""
        place = self.places.get(peer)
        if place is None or not place.connected:
            return []
        place.connected = False
        place.last_seen = last_seen
        place.counted_until = last_seen + LOST_S
        place.kept_until = now + KEPT_S
        return self._changed(place)

    def _come_back(self, place: Place, entrant: Entrant, now: float) -> list[Effect]:
        was_connected = place.connected
        place.name, place.record = entrant.name, entrant.record
        place.connected, place.last_seen = True, now
        place.counted_until = place.kept_until = float("inf")
        effects = self._count(place, now)
        if place.listed and not was_connected:
            place.json = None
            effects.append(Broadcast(events.PeerJoined(seq=self._next(), peer=place.view())))
        return effects

    def _check_capacity(self, entrant: Entrant) -> None:
        if len(self.places) >= MAX_PLACES:
            raise Refused("room-full")
        if entrant.role in LISTED:
            same = sum(place.person == entrant.person for place in self.places.values())
            if same >= MAX_PLACES_OF_ONE:
                raise Refused("room-full")

    def _count(self, place: Place, now: float) -> list[Effect]:
        """Attendance begins, or goes on."""
        if place.counted or not place.listed:
            return []
        place.counted = True
        joined = facts.PeerJoined(
            **self._mark(now), peer=place.peer, person=place.person, name=place.name, role=place.role, recorded=place.record
        )
        effects: list[Effect] = [Publish(joined)]
        if place.role == "instructor" and not self.started:
            self.started = True
            effects.append(Publish(facts.LessonStarted(**self._mark(now))))
        return effects

    def _restore_right(self, place: Place, now: float) -> list[Effect]:
        """A reloaded page says goodbye and is back a second later: it keeps the floor."""
        if self._departed.pop(place.peer, 0.0) <= now or place.role != "learner":
            return []
        place.may_publish = True
        return [Publish(facts.SpeakingAllowed(**self._mark(now), peer=place.peer))]

    def _leave(
        self, place: Place, now: float, reason: Literal["left", "lost", "removed"], at: float | None = None
    ) -> list[Effect]:
        """Give the place up. `at`: the last proof of life, when that is not now."""
        effects: list[Effect] = [
            Forward(control.ClosePeer(request=0, peer=transport)) for transport in place.transports()
        ] + self._put_hand_down(place.peer, now)
        if place.role == "learner" and place.may_publish:
            self._departed[place.peer] = now + KEPT_S
            effects.append(Publish(facts.SpeakingEnded(**self._mark(now), peer=place.peer)))
        effects += self._uncount(place, now if at is None else at, reason)
        del self.places[place.peer]
        if place.listed:
            effects.append(Broadcast(events.PeerLeft(seq=self._next(), peer=place.peer)))
        return effects

    def _uncount(self, place: Place, at: float, reason: Literal["left", "lost", "removed", "ended"]) -> list[Effect]:
        if not place.counted:
            return []
        place.counted = False
        return [Publish(facts.PeerLeft(**self._mark(at), peer=place.peer, person=place.person, reason=reason))]

    def _put_hand_down(self, peer: PeerId, now: float) -> list[Effect]:
        if peer not in self.hands:
            return []
        self.hands.remove(peer)
        return [
            Publish(facts.HandLowered(**self._mark(now), peer=peer)),
            Broadcast(events.HandLowered(seq=self._next(), peer=peer)),
        ]

    def _look_after_places(self, now: float) -> list[Effect]:
        """Publish leaves that are due, give up places nobody came back to, tell who is here."""
        effects: list[Effect] = []
        for place in list(self.places.values()):
            if place.counted_until <= now:
                effects += self._uncount(place, place.last_seen, "lost")
            if place.kept_until <= now:
                effects += self._leave(place, now, "lost", place.last_seen)
        if now >= self._seen_at + SEEN_EVERY_S:
            self._seen_at = now
            effects += self._tell_seen(now)
            self._departed = {peer: until for peer, until in self._departed.items() if until > now}
        return effects

    def _tell_seen(self, now: float) -> list[Effect]:
        seen = []
        for place in self.places.values():
            if place.program and place.connected:
                place.last_seen = now  # its media flows, or the relay would have said so
            if place.counted and place.connected and place.last_seen >= now - FRESH_S:
                seen.append(str(place.peer))
        return [Publish(facts.PeersSeen(**self._mark(now), peers=seen))] if seen else []

    def _changed(self, place: Place) -> list[Effect]:
        """Tell everybody how this person's entry reads now."""
        if not place.listed:
            return []
        place.json = None
        return [Broadcast(events.PeerChanged(seq=self._next(), peer=place.view()))]

    def _next(self) -> int:
        self.seq += 1
        return self.seq

    def _mark(self, at: float) -> Mark:
        return {"id": self._new_id(), "lesson": self.info.lesson, "at": utc(at)}

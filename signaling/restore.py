"""A room from its log: after a restart of this process everybody finds their place, hand, right and chat again (pure)."""

from collections.abc import Iterable

from signaling import facts
from signaling.facts import AnyFact
from signaling.place import PROGRAM, Place
from signaling.room import Room
from signaling.roster import KEPT_S, LOST_S, iso
from signaling.spot_check import OpenCheck
from signaling.views import ChatLine
from signaling.vocabulary import PeerId


def restore(room: Room, log: Iterable[AnyFact], now: float) -> None:
    """Bring a fresh `room` to where `log` (in the order it was appended) ends.

    Everybody is lost until they say hello; who was seen within the last minute has 15 s to do so and keeps one interval.
    A fact that stands twice in the log counts once.
    """
    known: set[str] = set()
    for fact in log:
        if fact.id not in known:
            known.add(fact.id)
            _take(room, fact)
    _start_waiting(room, now)


def _take(room: Room, fact: AnyFact) -> None:
    match fact:
        case facts.PeerJoined() | facts.PeerLeft() | facts.PeersSeen() | facts.PeerRemoved():
            _take_presence(room, fact)
        case facts.RecordingStarted(recording=recording, by=by, at=at):
            room.recorder.remember_started(recording, by, at.timestamp())
        case facts.RecordingStopped(at=at):
            room.recorder.remember_stopped(at.timestamp())
        case facts.LessonStarted():
            room.started = True
        case facts.LessonEnding(by=by, at=at):
            room.remember_ending(by, at.timestamp())
        case facts.LessonEnded():
            room.state = "over"
        case _:
            _take_floor(room, fact)


def _take_presence(room: Room, fact: facts.PeerJoined | facts.PeerLeft | facts.PeersSeen | facts.PeerRemoved) -> None:
    match fact:
        case facts.PeerJoined():
            _take_joined(room, fact)
        case facts.PeersSeen(peers=peers, at=at):
            for peer in peers:
                if PeerId(peer) in room.places:
                    room.places[PeerId(peer)].last_seen = at.timestamp()
        case facts.PeerLeft(peer=peer, reason="lost", at=at):
            place = room.places.get(PeerId(peer))
            if place is not None:
                place.counted, place.last_seen = False, at.timestamp()
        case facts.PeerLeft(peer=peer):
            _forget(room, PeerId(peer))
        case facts.PeerRemoved(peer=peer, person=person):
            room.removed.add(person)
            _forget(room, PeerId(peer))


def _take_joined(room: Room, fact: facts.PeerJoined) -> None:
    peer, at = PeerId(fact.peer), fact.at.timestamp()
    place = room.places.get(peer)
    if place is None:
        place = Place(peer, fact.person, fact.name, fact.role, fact.recorded, last_seen=at, program=peer.startswith(PROGRAM))
        place.may_publish = fact.role == "instructor"
        room.places[peer] = place
    place.connected, place.counted, place.last_seen = False, True, at


def _forget(room: Room, peer: PeerId) -> None:
    room.places.pop(peer, None)
    if peer in room.hands:
        room.hands.remove(peer)


def _take_floor(room: Room, fact: AnyFact) -> None:
    match fact:
        case facts.HandRaised(peer=peer):
            if peer not in room.hands:
                room.hands.append(PeerId(peer))
        case facts.HandLowered(peer=peer):
            if peer in room.hands:
                room.hands.remove(PeerId(peer))
        case facts.SpeakingAllowed(peer=peer) | facts.SpeakingEnded(peer=peer):
            place = room.places.get(PeerId(peer))
            if place is not None:
                place.may_publish = isinstance(fact, facts.SpeakingAllowed)
        case facts.ChatPosted():
            line = ChatLine(
                id=fact.line, peer=PeerId(fact.peer), name=fact.name, role=fact.role, text=fact.text, at=iso(fact.at.timestamp())
            )
            room.chat.add(line)
        case facts.CheckOpened(check=check, at=at, answer_s=answer_s, asked=asked):
            room.checks.open = OpenCheck(check, at.timestamp() + answer_s, dict(asked))
        case facts.CheckAnswered(check=check, person=person, name=name):
            if room.checks.open is not None and room.checks.open.id == check:
                room.checks.open.asked.setdefault(person, name)
                room.checks.open.answered.add(person)
        case facts.CheckClosed():
            room.checks.open = None
        case facts.ChatLockChanged(locked=locked):
            room.locked_chat = locked
        case facts.SourceStarted(peer=peer, source=source, slot=slot):
            room.slots[slot] = (PeerId(peer), source)
        case facts.SourceStopped(peer=peer, source=source, slot=slot):
            if room.slots.get(slot) == (peer, source):
                del room.slots[slot]


def _start_waiting(room: Room, now: float) -> None:
    if room.state != "open":  # everybody was sent off, also those whose leave was not written down any more
        room.places.clear()
        room.hands.clear()
    for place in list(room.places.values()):
        silent_s = now - place.last_seen
        if place.counted:
            place.counted_until = now + LOST_S if silent_s <= KEPT_S else now
            place.kept_until = now + KEPT_S
        else:
            place.kept_until = place.last_seen + KEPT_S
            invited_to_speak = place.may_publish and place.role == "learner"
            if place.kept_until <= now and not invited_to_speak and place.peer not in room.hands:
                del room.places[place.peer]  # given up before the restart: nothing is left to tell

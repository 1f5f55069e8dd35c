"""A room played by hand: people say things, the relay answers, a browser's copy follows along."""

from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

from media import control
from signaling import events, facts, replies, requests
from signaling.effects import Broadcast, Close, Effect, Forward, Publish, Send
from signaling.place import Entrant
from signaling.ports import LessonInfo
from signaling.room import Room
from signaling.views import PeerView, RoomView
from signaling.vocabulary import MAX_CHAT_LINES, Message, PeerId, Role, Source

STARTS_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ENDS_AT = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
START = STARTS_AT.timestamp()

M = TypeVar("M", bound=Message)
F = TypeVar("F", bound=facts.Fact)
C = TypeVar("C", bound=control.Model)


def make_info(*, auto_record: bool = False, lesson: str = "lesson-1") -> LessonInfo:
    return LessonInfo(lesson, "자료 정리", "엑셀 기초", STARTS_AT, ENDS_AT, auto_record)


class Ids:
    """uuid-shaped, but the same in every run; the first characters differ, since transports use only those."""

    def __init__(self, letter: str = "") -> None:
        self._numbers = count(1)
        self._letter = letter

    def __call__(self) -> str:
        return f"{self._letter}{next(self._numbers):07x}-0000-4000-8000-000000000000"


class Browser:
    """What a client makes of a snapshot and the events after it: the same as `room-state.js`."""

    def __init__(self, view: RoomView) -> None:
        self.state: dict[str, Any] = view.model_dump(mode="json")

    def take(self, message: Message) -> None:
        seq = getattr(message, "seq", None)
        if seq is None or seq <= self.state["seq"]:
            return
        assert seq == self.state["seq"] + 1, "no event is missing"
        self.state["seq"] = seq
        state = self.state
        match message:
            case events.PeerJoined(peer=peer) | events.PeerChanged(peer=peer):
                entry = peer.model_dump(mode="json")
                known = [index for index, other in enumerate(state["peers"]) if other["peer"] == peer.peer]
                if known:
                    state["peers"][known[0]] = entry
                else:
                    assert isinstance(message, events.PeerJoined), "nobody changes who is not there"
                    state["peers"].append(entry)
            case events.PeerLeft(peer=peer_id):
                state["peers"] = [other for other in state["peers"] if other["peer"] != peer_id]
            case events.HandRaised(peer=peer_id, position=position):
                state["hands"].append(peer_id)
                assert position == len(state["hands"]), "the position is the place in the queue"
            case events.HandLowered(peer=peer_id):
                state["hands"].remove(peer_id)
            case events.ChatPosted(line=line):
                state["chat"] = [*state["chat"], line.model_dump(mode="json")][-MAX_CHAT_LINES:]
            case events.CheckChanged(check=check):
                state["check"] = check.model_dump(mode="json") if check is not None else None
            case events.ChatLocked(locked=locked):
                state["locked_chat"] = locked
            case events.RecordingChanged(recording=recording, recording_since=since, recorded_s=recorded_s):
                state |= {"recording": recording, "recording_since": since, "recorded_s": recorded_s}
            case events.SlotChanged(slot=slot, peer=slot_peer, source=source):
                slots = {entry["slot"]: entry for entry in state["slots"]}
                slots.pop(slot, None)
                if slot_peer is not None:
                    slots[slot] = {"slot": slot, "peer": slot_peer, "source": source}
                state["slots"] = [slots[name] for name in sorted(slots)]
            case events.MediaChanged(media=media):
                state["media"] = media
            case _:
                raise AssertionError(f"{message} has a number but no meaning here")


class Play:
    """The room, its shell and everything that came out of it."""

    def __init__(self, room: Room | None = None, *, now: float = START, auto_record: bool = False, media: bool = True) -> None:
        self.now = now
        self.room = room or Room(
            make_info(auto_record=auto_record), new_id=Ids(), capture_directory=lambda recording: f"/data/{recording}"
        )
        self.effects: list[Effect] = []
        self.browser = Browser(self.room.snapshot())
        if media:
            self.do(self.room.gain_media(None, self.now))

    # -- what happens -----------------------------------------------------------------------------------------------

    def do(self, effects: list[Effect]) -> list[Effect]:
        self.effects += effects
        for effect in effects:
            if isinstance(effect, Broadcast):
                self.browser.take(effect.message)
        return effects

    def join(self, person: str = "kim", role: Role = "learner", *, peer: PeerId | None = None, record: bool = True) -> PeerId:
        peer = peer or self.room.new_peer()
        self.do(self.room.enter(Entrant(peer, person, person.title(), role, record), self.now))
        return peer

    def say(self, peer: PeerId, message: Message) -> list[Effect]:
        return self.do(self.room.receive(peer, message, self.now))

    def tell(self, event: control.Event) -> list[Effect]:
        return self.do(self.room.receive_event(event, self.now))

    def reply(self, command: control.Command, reply: control.Reply) -> list[Effect]:
        return self.do(self.room.receive_reply(command, reply, self.now))

    def wait(self, seconds: float, step_s: float = 0.5) -> list[Effect]:
        """Let time pass, with the room looking as often as its shell would."""
        passed: list[Effect] = []
        until = self.now + seconds
        while self.now < until:
            self.now = min(until, self.now + step_s)
            passed += self.do(self.room.on_deadline(self.now))
        return passed

    def lose(self, peer: PeerId) -> list[Effect]:
        return self.do(self.room.lose(peer, self.now, self.room.places[peer].last_seen))

    # -- the relay --------------------------------------------------------------------------------------------------

    def publish(self, peer: PeerId, *sources: Source) -> control.PeerId:
        """The whole way: offer, answer, connected; returns the transport."""
        named = {str(mid): source for mid, source in enumerate(sources or ("microphone", "camera"))}
        command = one(commands(self.say(peer, requests.Publish(sdp="offer", sources=named)), control.OpenPeer))
        self.reply(command, control.PeerOpened(request=1, peer=command.peer, sdp="answer"))
        self.tell(control.PeerConnected(room=command.room, peer=command.peer, owner=peer, direction="publish"))
        return command.peer

    def view(self, peer: PeerId) -> control.PeerId:
        command = one(commands(self.say(peer, requests.View()), control.OpenPeer))
        self.reply(command, control.PeerOpened(request=1, peer=command.peer, sdp="offer", slots={"0": "screen"}))
        self.tell(control.PeerConnected(room=command.room, peer=command.peer, owner=peer, direction="view"))
        return command.peer

    def slot(self, slot: str, owner: str | None, source: Source | None = "camera") -> list[Effect]:
        return self.tell(
            control.SlotChanged(room=self.room.room, slot=slot, owner=owner, source=source if owner is not None else None)
        )

    def gone(self, transport: control.PeerId, owner: PeerId, direction: Any = "publish", reason: Any = "silent") -> list[Effect]:
        return self.tell(
            control.PeerGone(
                room=self.room.room, peer=transport, owner=owner, direction=direction, reason=reason, last_seen_s=12.0
            )
        )

    def record(self, peer: PeerId) -> control.StartCapture:
        """Start, confirmed."""
        command = one(commands(self.say(peer, requests.StartRecording()), control.StartCapture))
        self.reply(command, DONE)
        return command

    # -- what came of it --------------------------------------------------------------------------------------------

    def entry(self, peer: PeerId) -> PeerView:
        return one([view for view in self.room.snapshot().peers if view.peer == peer])

    def published(self, kind: type[F]) -> list[F]:
        return published(self.effects, kind)

    def log(self) -> list[facts.AnyFact]:
        return [effect.fact for effect in self.effects if isinstance(effect, Publish)]


DONE = control.Done(request=1)


def one(things: Iterable[Any]) -> Any:
    found = list(things)
    assert len(found) == 1, found
    return found[0]


def told(effects: Iterable[Effect], kind: type[M]) -> list[M]:
    """Broadcasts of one kind."""
    return [effect.message for effect in effects if isinstance(effect, Broadcast) and isinstance(effect.message, kind)]


def sent(effects: Iterable[Effect], kind: type[M]) -> list[tuple[PeerId, M]]:
    return [(effect.peer, effect.message) for effect in effects if isinstance(effect, Send) and isinstance(effect.message, kind)]


def errors(effects: Iterable[Effect]) -> list[str]:
    return [message.code for _, message in sent(effects, replies.Error)]


def published(effects: Iterable[Effect], kind: type[F]) -> list[F]:
    return [effect.fact for effect in effects if isinstance(effect, Publish) and isinstance(effect.fact, kind)]


def commands(effects: Iterable[Effect], kind: type[C]) -> list[C]:
    return [effect.command for effect in effects if isinstance(effect, Forward) and isinstance(effect.command, kind)]


def closed(effects: Iterable[Effect]) -> dict[PeerId, str]:
    return {effect.peer: effect.code for effect in effects if isinstance(effect, Close)}

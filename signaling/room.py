"""One lesson while it lives (pure): messages and `now` in, effects out. The one door to everything under it.

Five layers, each its own file: `roster` (who is here) ◄ `stage` (what the relay carries) ◄ `relay` (its coming and going) ◄
`studio` (recording, the end) ◄ this one (who may say what: hands, chat, rights). They share one running number `seq`:
*old snapshot + events = new snapshot*.

Not tidy yet: whoever is invited when the server is restarted must be invited again (no fact tells of an unanswered invitation).
"""

from collections.abc import Callable
from typing import Any, Final, get_args

from media import control
from signaling import events, facts, replies, requests
from signaling.chat import Chat, clean
from signaling.effects import Broadcast, Close, Effect, Publish, Send
from signaling.place import LISTED, Place
from signaling.ports import LessonInfo
from signaling.roster import iso
from signaling.spot_check import ANSWER_S, OpenCheck, SpotChecks
from signaling.studio import Studio
from signaling.views import ChatLine, CheckView, RoomView, SlotView
from signaling.vocabulary import Language, Message, PeerId, Role, Source

EVERYBODY: Final[frozenset[Role]] = frozenset(get_args(Role))
LEADING: Final[frozenset[Role]] = frozenset({"instructor"})

MAY: Final[dict[type[Message], frozenset[Role]]] = {
    requests.Heartbeat: EVERYBODY,
    requests.Publish: LISTED,
    requests.Unpublish: LISTED,
    requests.View: EVERYBODY,
    requests.ViewAnswer: EVERYBODY,
    requests.PreferLayer: EVERYBODY,
    requests.SetMuted: LISTED,
    requests.SendChat: LISTED,
    requests.PostCaption: LEADING | {"captioner"},
    requests.RaiseHand: LISTED,
    requests.LowerHand: LISTED,
    requests.React: LISTED,
    requests.InviteToSpeak: LEADING,
    requests.AnswerInvitation: LISTED,
    requests.EndSpeaking: LISTED,
    requests.MutePeer: LEADING,
    requests.RemovePeer: LEADING,
    requests.LockChat: LEADING,
    requests.StartRecording: LEADING,
    requests.StopRecording: LEADING,
    requests.StartCheck: LEADING,
    requests.AnswerCheck: frozenset({"learner"}),
    requests.EndClass: LEADING,
    requests.Leave: EVERYBODY,
}
"""Which role may say what at all; a message without a line here fails a test."""

SOUND: Final[set[Source]] = {"microphone", "screen-audio"}


class Room(Studio):
    def __init__(self, info: LessonInfo, *, new_id: Callable[[], str], capture_directory: Callable[[str], str]) -> None:
        super().__init__(info, new_id, capture_directory)
        self.chat = Chat()
        self.locked_chat = False
        self.checks = SpotChecks()

    # -- what comes in ----------------------------------------------------------------------------------------------

    def receive(self, sender: PeerId, message: Message, now: float) -> list[Effect]:
        """Carry out one message of somebody in the room."""
        place = self.places.get(sender)
        if place is None or self.state != "open":
            return []
        place.last_seen = now
        about: str = message.type  # type: ignore[attr-defined]  # every ClientMessage has one; their base does not
        if place.role not in MAY.get(type(message), frozenset()):
            return self._error(place, "not-allowed", about)
        return self._media_message(place, message) or self._floor_message(place, message, now)

    def leave(self, peer: PeerId, now: float) -> list[Effect]:
        """Goodbye from outside the WebSocket. Twice is silent."""
        place = self.places.get(peer)
        return self._leave(place, now, "left") if place is not None and self.state == "open" else []

    def receive_reply(self, command: control.Command, reply: control.Reply, now: float) -> list[Effect]:
        """What the media worker said to a command of ours (`Failed` "worker-lost" when it could not say anything)."""
        match command:
            case control.OpenPeer():
                return self._receive_opened(command, reply)
            case control.AnswerPeer():
                return self._receive_answered(command, reply)
            case control.StartCapture():
                return self._receive_capture_started(reply, now)
            case control.StopCapture(capture=capture) if capture == self.recorder.recording:
                return self._receive_capture_stopped(now)
            case _:
                return []  # closing, muting, preferring: done, or the thing is gone already

    def receive_event(self, event: control.Event, now: float) -> list[Effect]:
        """What the media worker says unasked."""
        if self.state != "open":
            return []
        match event:
            case control.PeerConnected():
                return self._receive_connected(event) + self._record_by_itself(now)
            case control.PeerGone():
                return self._receive_gone(event, now)
            case control.SlotChanged():
                return self._receive_slot(event, now)
            case control.SpeakersChanged():
                return self._receive_speakers(event)
            case control.OfferAgain():
                return self._receive_unfit(event)
            case control.CaptureTrouble():
                return self._receive_trouble(event)

    def _media_message(self, place: Place, message: Message) -> list[Effect]:
        match message:
            case requests.Publish():
                return self._publish(place, message)
            case requests.Unpublish():
                return self._unpublish(place)
            case requests.View():
                return self._view(place)
            case requests.ViewAnswer():
                return self._answer_view(place, message)
            case requests.PreferLayer():
                return self._prefer_layer(place, message)
            case requests.StartRecording():
                return self._start_recording(place)
        return []

    def _floor_message(self, place: Place, message: Message, now: float) -> list[Effect]:
        match message:
            case requests.SetMuted(source=source, muted=muted):
                return self._set_muted(place, source, muted)
            case requests.SendChat():
                return self._send_chat(place, message, now)
            case requests.PostCaption(text=text, language=language):
                return self.caption(place.person, text, language, now) or self._error(place, "empty", "post-caption")
            case requests.RaiseHand():
                return self._raise_hand(place, now)
            case requests.LowerHand(peer=peer):
                return self._lower_hand(place, peer, now)
            case requests.React(reaction=reaction):
                return [Broadcast(events.Reacted(peer=place.peer, reaction=reaction))]
            case requests.InviteToSpeak(peer=peer):
                return self._invite(place, peer, now)
            case requests.AnswerInvitation(accept=accept):
                return self._answer_invitation(place, accept, now)
            case requests.EndSpeaking(peer=peer):
                return self._end_speaking(place, peer, now)
            case requests.MutePeer(peer=peer):
                return self._mute_others(place, peer)
            case requests.RemovePeer(peer=peer):
                return self._remove(place, peer, now)
            case requests.LockChat(locked=locked):
                return self._lock_chat(locked, now)
            case requests.StopRecording():
                return self._stop_recording(place, now)
            case requests.StartCheck():
                return self._open_check(place.peer, now)
            case requests.AnswerCheck(check=check):
                return self._answer_check(place, check, now)
            case requests.EndClass():
                return self.end(place.peer, now)
            case requests.Leave():
                return [*self._leave(place, now, "left"), Close(place.peer, "left")]
        return []

    # -- hands and the floor ----------------------------------------------------------------------------------------

    def _raise_hand(self, place: Place, now: float) -> list[Effect]:
        if place.peer in self.hands:
            return []
        self.hands.append(place.peer)
        return [
            Publish(facts.HandRaised(**self._mark(now), peer=place.peer)),
            Broadcast(events.HandRaised(seq=self._next(), peer=place.peer, position=len(self.hands))),
        ]

    def _lower_hand(self, place: Place, peer: PeerId, now: float) -> list[Effect]:
        if place.peer != peer and place.role != "instructor":
            return self._error(place, "not-allowed", "lower-hand")
        return self._put_hand_down(peer, now)

    def _invite(self, place: Place, peer: PeerId, now: float) -> list[Effect]:
        learner = self._learner(peer)
        if learner is None:
            return self._error(place, "unknown-peer", "invite-to-speak")
        effects = self._put_hand_down(peer, now)
        if learner.may_publish or learner.invited:
            return effects
        learner.invited = True
        return [*effects, *self._changed(learner), Send(peer, replies.Invited(by=place.name))]

    def _answer_invitation(self, place: Place, accept: bool, now: float) -> list[Effect]:
        if not place.invited:
            return self._error(place, "not-invited", "answer-invitation")
        place.invited, place.may_publish = False, accept
        effects = self._changed(place)
        return [Publish(facts.SpeakingAllowed(**self._mark(now), peer=place.peer)), *effects] if accept else effects

    def _end_speaking(self, place: Place, peer: PeerId, now: float) -> list[Effect]:
        if place.peer != peer and place.role != "instructor":
            return self._error(place, "not-allowed", "end-speaking")
        speaker = self._learner(peer)
        if speaker is None:
            return self._error(place, "unknown-peer", "end-speaking")
        if not speaker.may_publish and not speaker.invited:
            return []
        allowed, speaker.may_publish, speaker.invited = speaker.may_publish, False, False
        effects = self._unpublish(speaker) + self._changed(speaker)
        return [Publish(facts.SpeakingEnded(**self._mark(now), peer=peer)), *effects] if allowed else effects

    def _set_muted(self, place: Place, source: Source, muted: bool) -> list[Effect]:
        if not place.may_publish:
            return self._error(place, "not-allowed", "set-muted")
        return self._mute(place, {source}, muted=muted)

    def _mute_others(self, place: Place, peer: PeerId | None) -> list[Effect]:
        if peer is None:
            everyone = [other for other in self.places.values() if other.role == "learner" and other.may_publish]
            return [effect for other in everyone for effect in self._mute(other, SOUND, muted=True)]
        learner = self._learner(peer)
        if learner is None:
            return self._error(place, "unknown-peer", "mute-peer")
        return self._mute(learner, SOUND, muted=True)

    def _remove(self, place: Place, peer: PeerId, now: float) -> list[Effect]:
        """With every tab and device of that person."""
        learner = self._learner(peer)
        if learner is None:
            return self._error(place, "unknown-peer", "remove-peer")
        person = learner.person
        self.removed.add(person)
        removed = Publish(facts.PeerRemoved(**self._mark(now), peer=peer, person=person))
        return [removed, *self.put_out(person, "removed", now)]

    def put_out(self, person: str, code: str, now: float, *, only: Role | None = None) -> list[Effect]:
        """With every tab, device and program of theirs (only: in that role). Whether they may come back is not decided here."""
        effects: list[Effect] = []
        for other in [other for other in self.places.values() if other.person == person and only in (None, other.role)]:
            last_seen = now if other.connected else other.last_seen
            effects += [*self._leave(other, now, "removed", last_seen), Close(other.peer, code)]
        return effects

    def _learner(self, peer: PeerId) -> Place | None:
        place = self.places.get(peer)
        return place if place is not None and place.role == "learner" else None

    # -- chat -------------------------------------------------------------------------------------------------------

    def _send_chat(self, place: Place, message: requests.SendChat, now: float) -> list[Effect]:
        if self.chat.knows(place.peer, message.id):
            return []
        if self.locked_chat and place.role != "instructor":
            return self._error(place, "chat-locked", "send-chat")
        text = clean(message.text)
        if not text:
            return self._error(place, "empty", "send-chat")
        line = ChatLine(id=message.id, peer=place.peer, name=place.name, role=place.role, text=text, at=iso(now))
        self.chat.add(line)
        posted = facts.ChatPosted(
            **self._mark(now), line=line.id, peer=place.peer, person=place.person, name=place.name, role=place.role, text=text
        )
        return [Publish(posted), Broadcast(events.ChatPosted(seq=self._next(), line=line))]

    def caption(self, person: str, text: str, language: Language, now: float) -> list[Effect]:
        """Show everybody a line of what is being said, and keep it. Nothing when nothing of it could be seen."""
        plain = " ".join(clean(text).split())
        if not plain or self.state != "open":
            return []
        fact = facts.CaptionPosted(**self._mark(now), person=person, language=language, text=plain)
        return [Publish(fact), Broadcast(events.Captioned(text=plain, language=language))]

    def _lock_chat(self, locked: bool, now: float) -> list[Effect]:
        if locked == self.locked_chat:
            return []
        self.locked_chat = locked
        return [
            Publish(facts.ChatLockChanged(**self._mark(now), locked=locked)),
            Broadcast(events.ChatLocked(seq=self._next(), locked=locked)),
        ]

    # -- are you there? ---------------------------------------------------------------------------------------------

    def on_deadline(self, now: float) -> list[Effect]:
        is_time = now >= self.deadline()
        effects = super().on_deadline(now)
        return effects + self._look_after_check(now) if is_time and self.state == "open" else effects

    def _look_after_check(self, now: float) -> list[Effect]:
        opened = self.checks.open
        if opened is not None and now >= opened.until:
            return self._close_check(opened, now)
        if not self._leaders() or not any(place.role == "learner" and place.counted for place in self.places.values()):
            return []  # nobody would see the answers, or nobody is there to answer
        if self.checks.is_due(self.info.checks_per_hour, self.info.ends_at.timestamp(), now, self._new_id()):
            return self._open_check("schedule", now)
        return []

    def _open_check(self, by: str, now: float) -> list[Effect]:
        if self.checks.open is not None:
            return []
        asked = {place.person: place.name for place in self.places.values() if place.role == "learner" and place.counted}
        opened = OpenCheck(self._new_id(), now + ANSWER_S, asked)
        self.checks.open, self.checks.next_at = opened, None
        fact = facts.CheckOpened(**self._mark(now), check=opened.id, by=by, answer_s=ANSWER_S, asked=asked)
        changed = events.CheckChanged(seq=self._next(), check=self._check_view())
        return [Publish(fact), Broadcast(changed), *self._tell_check(opened, over=False)]

    def _answer_check(self, place: Place, check: str, now: float) -> list[Effect]:
        """Too late is said by nobody: the question is gone already."""
        opened = self.checks.open
        if opened is None or opened.id != check or place.person in opened.answered:
            return []
        opened.asked.setdefault(place.person, place.name)
        opened.answered.add(place.person)
        fact = facts.CheckAnswered(**self._mark(now), check=check, peer=place.peer, person=place.person, name=place.name)
        return [Publish(fact), *self._tell_check(opened, over=False)]

    def _close_check(self, opened: OpenCheck, now: float) -> list[Effect]:
        self.checks.open = None
        closed = facts.CheckClosed(**self._mark(now), check=opened.id)
        changed = events.CheckChanged(seq=self._next(), check=None)
        return [Publish(closed), Broadcast(changed), *self._tell_check(opened, over=True)]

    def _tell_check(self, opened: OpenCheck, *, over: bool) -> list[Effect]:
        progress = replies.CheckProgress(
            check=opened.id,
            asked=len(opened.asked),
            answered=len(opened.answered),
            over=over,
            missing=opened.missing() if over else [],
        )
        return [Send(place.peer, progress) for place in self._leaders()]

    def _check_view(self) -> CheckView | None:
        opened = self.checks.open
        return CheckView(check=opened.id, until=iso(opened.until)) if opened is not None else None

    # -- what goes out ----------------------------------------------------------------------------------------------

    def snapshot(self) -> RoomView:
        """All a newcomer must know."""
        return RoomView(**self._all_but_peers(), peers=[place.view() for place in self.places.values() if place.listed])

    def snapshot_json(self) -> str:
        """The same as JSON, pieced together from entries that are serialised once per change, not once per newcomer."""
        rest = RoomView(**self._all_but_peers(), peers=[]).model_dump_json()
        peers = ",".join(place.view_json() for place in self.places.values() if place.listed)
        return rest.replace(
            '"peers":[]', f'"peers":[{peers}]', 1
        )  # quotes inside texts are escaped: the first match is the field

    def _all_but_peers(self) -> dict[str, Any]:
        recorder = self.recorder
        return {
            "lesson": self.info.lesson,
            "title": self.info.title,
            "course": self.info.course,
            "starts_at": iso(self.info.starts_at),
            "ends_at": iso(self.info.ends_at),
            "seq": self.seq,
            "hands": list(self.hands),
            "chat": list(self.chat.lines),
            "slots": [SlotView(slot=slot, peer=entry[0], source=entry[1]) for slot, entry in sorted(self.slots.items())],
            "recording": "on" if recorder.on else "off",
            "recording_since": iso(recorder.since) if recorder.since is not None else None,
            "recorded_s": round(recorder.recorded_s, 3),
            "locked_chat": self.locked_chat,
            "check": self._check_view(),
            "media": self.media,
        }

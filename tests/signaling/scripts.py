"""Random lessons: a list of drawn numbers becomes people who come, speak, fall off, while the relay does what it likes."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from media import control
from signaling import requests
from signaling.errors import Refused
from signaling.vocabulary import Message, PeerId, Role, Source
from tests.signaling.play import DONE, Play, commands

STEPS = st.lists(st.tuples(st.integers(0, 29), st.integers(0, 7), st.integers(0, 7)), min_size=15, max_size=150)
PERSONS: list[tuple[str, Role]] = [
    ("kim", "learner"),
    ("lee", "learner"),
    ("park", "learner"),
    ("choi", "instructor"),
    ("jung", "instructor"),
    ("staff", "viewer"),
]
SOURCES: list[Source] = ["microphone", "camera", "screen", "screen-audio"]
SLOTS = ["screen", "camera-0", "camera-1", "audio-0"]


class Script:
    """Plays one drawn list of steps; every step is legal for *somebody* to attempt, refusals included."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.known: list[PeerId] = []
        self.roles: dict[PeerId, tuple[str, Role]] = {}

    def run(self, steps: list[tuple[int, int, int]]) -> None:
        for kind, a, b in steps:
            if self.play.room.state == "over":
                return
            self.play.now += 0.3 + kind / 7
            self.step(kind, a, b)
            self.play.do(self.play.room.on_deadline(self.play.now))

    def check(self, b: int) -> requests.StartCheck | requests.AnswerCheck:
        opened = self.play.room.checks.open
        return requests.AnswerCheck(check=opened.id if b else "another") if opened is not None else requests.StartCheck()

    def step(self, kind: int, a: int, b: int) -> None:
        if kind < 5 or not self.known:
            return self.join(a, b)
        peer, other = self.known[a % len(self.known)], self.known[b % len(self.known)]
        acts: dict[int, Callable[[], Any]] = {
            5: lambda: self.play.lose(peer) if peer in self.play.room.places else None,
            6: lambda: self.come_back(peer),
            7: lambda: self.say(peer, requests.Leave()),
            8: lambda: self.say(peer, requests.RaiseHand()),
            9: lambda: self.say(peer, requests.LowerHand(peer=other)),
            10: lambda: self.say(peer, requests.InviteToSpeak(peer=other)),
            11: lambda: self.say(peer, requests.AnswerInvitation(accept=b != 0)),
            12: lambda: self.say(peer, requests.EndSpeaking(peer=other)),
            13: lambda: self.say(peer, requests.SendChat(id=str(b), text=f"줄 {a}")),
            14: lambda: self.say(peer, requests.LockChat(locked=b % 2 == 0) if a < 4 else self.check(b)),
            15: lambda: self.say(peer, requests.MutePeer(peer=other if b else None)),
            16: lambda: self.say(peer, requests.SetMuted(source=SOURCES[b % 4], muted=b < 4)),
            17: lambda: self.publish(peer, b),
            18: lambda: self.say(peer, requests.Unpublish()),
            19: lambda: self.play.slot(SLOTS[a % 4], other if b else None, SOURCES[b % 4]),
            20: lambda: self.recording(peer, requests.StartRecording(), b),
            21: lambda: self.recording(peer, requests.StopRecording(), b),
            22: lambda: self.play.do(self.play.room.lose_media(self.play.now)),
            23: lambda: self.regain(b),
            24: lambda: self.say(peer, requests.Heartbeat()),
            25: lambda: self.play.wait(4 * b),
            26: lambda: self.say(peer, requests.RemovePeer(peer=other)) if b == 1 else None,
            27: lambda: self.gone(peer),
            28: lambda: self.say(peer, requests.React(reaction="clap")),
            29: lambda: self.say(peer, requests.EndClass()) if (a, b) == (1, 1) else None,
        }
        acts[kind]()

    def join(self, a: int, b: int) -> None:
        person, role = PERSONS[a % len(PERSONS)]
        try:
            peer = self.play.join(person, role)
        except Refused:
            return
        self.known.append(peer)
        self.roles[peer] = (person, role)

    def come_back(self, peer: PeerId) -> None:
        person, role = self.roles[peer]
        try:
            self.play.join(person, role, peer=peer)
        except Refused:
            return

    def say(self, peer: PeerId, message: Message) -> list[Any]:
        place = self.play.room.places.get(peer)
        return self.play.say(peer, message) if place is not None and place.connected else []

    def publish(self, peer: PeerId, b: int) -> None:
        effects = self.say(peer, requests.Publish(sdp="o", sources={"0": SOURCES[b % 4], "1": SOURCES[b // 2 % 4]}))
        for command in commands(effects, control.OpenPeer):
            if b == 7:
                self.play.reply(command, control.Failed(request=1, code="bad-sdp", message=""))
            else:
                self.play.reply(command, control.PeerOpened(request=1, peer=command.peer, sdp="a"))
                self.play.tell(
                    control.PeerConnected(room=command.room, peer=command.peer, owner=command.owner, direction="publish")
                )

    def recording(self, peer: PeerId, message: Message, b: int) -> None:
        self.answer_captures(self.say(peer, message), b)

    def regain(self, b: int) -> None:
        self.answer_captures(self.play.do(self.play.room.gain_media(None, self.play.now)), b)

    def answer_captures(self, effects: list[Any], b: int) -> None:
        for command in [*commands(effects, control.StartCapture), *commands(effects, control.StopCapture)]:
            self.play.now += 0.2
            self.play.reply(command, DONE if b else control.Failed(request=1, code="disk", message="full"))

    def gone(self, peer: PeerId) -> None:
        place = self.play.room.places.get(peer)
        for transport in place.publishing.ids() if place else ():
            self.play.gone(transport, peer)

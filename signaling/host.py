"""One live room's shell: carries out the effects of its state machine, and knows which connection belongs to which peer.

It awaits nothing: sockets are `server.py`'s, the worker's replies arrive as callbacks.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

import structlog

from media import control
from signaling.bus import Bus
from signaling.effects import Broadcast, Close, Effect, Forward, Publish, Send
from signaling.gather import Gather, frame
from signaling.media_link import MediaLink, lost
from signaling.messages import Message, PeerId
from signaling.room import Room

log = structlog.get_logger()


class Receiver(Protocol):
    """A client's connection, as a room sees it."""

    def send(self, text: str) -> None: ...

    def close(self, code: str) -> None: ...


class RoomHost:
    def __init__(self, room: Room, bus: Bus, now: Callable[[], float], on_over: Callable[[str], None]) -> None:
        self.room = room
        self.lesson = room.info.lesson
        self.link: MediaLink | None = None
        """The worker that carries this room, while it is up."""
        self.receivers: dict[PeerId, Receiver] = {}
        self._skip: dict[PeerId, int] = {}  # newcomer → how many waiting broadcasts its snapshot already contains
        self._bus = bus
        self._now = now
        self._on_over = on_over
        self._gather = Gather()
        self._flush: asyncio.TimerHandle | None = None

    def apply(self, effects: Iterable[Effect]) -> None:
        """Carry out, in order."""
        for effect in effects:
            match effect:
                case Broadcast(message=message):
                    self._broadcast(message)
                case Publish(fact=fact):
                    self._bus.publish(fact)
                case Send(peer=peer, message=message):
                    self._send(peer, message)
                case Forward(command=command):
                    self._forward(command)
                case Close(peer=peer, code=code):
                    self._close(peer, code)
        if self.room.state == "over":
            self._on_over(self.lesson)

    def receive(self, sender: PeerId, message: Message) -> None:
        self.apply(self.room.receive(sender, message, self._now()))

    def attach(self, peer: PeerId, receiver: Receiver, welcome: str) -> None:
        """From now on `receiver` is the peer's connection: the welcome first, then everything its snapshot does not contain."""
        old = self.receivers.pop(peer, None)
        if old is not None:
            old.close("replaced")
        receiver.send(welcome)
        self.receivers[peer] = receiver
        self._skip[peer] = len(self._gather)

    def detach(self, peer: PeerId, receiver: Receiver, last_seen: float) -> None:
        """The connection is gone; the place is kept, unless another connection has taken it over."""
        if self.receivers.get(peer) is receiver:
            self._forget(peer)
            self.apply(self.room.lose(peer, self._now(), last_seen))

    def on_tick(self, now: float) -> None:
        if self.room.deadline() <= now:
            self.apply(self.room.on_deadline(now))

    def stop(self) -> None:
        """No more broadcasts. Twice is silent."""
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None

    # -- the worker -------------------------------------------------------------------------------------------------

    def media_up(self, link: MediaLink, state: control.RoomState | None) -> None:
        self.link = link
        self.apply(self.room.gain_media(state, self._now()))

    def media_down(self) -> None:
        self.link = None
        self.apply(self.room.lose_media(self._now()))

    def _forward(self, command: control.Command) -> None:
        if self.link is None:
            asyncio.get_running_loop().call_soon(self._replied, command, lost(0))
            return
        self.link.request(command).add_done_callback(lambda future: self._replied(command, future.result()))

    def _replied(self, command: control.Command, reply: control.Reply) -> None:
        if isinstance(reply, control.Failed):
            log.info("! media command failed", lesson=self.lesson, command=command.type, code=reply.code)
        self.apply(self.room.receive_reply(command, reply, self._now()))

    # -- the clients ------------------------------------------------------------------------------------------------

    def _send(self, peer: PeerId, message: Message) -> None:
        receiver = self.receivers.get(peer)
        if receiver is not None:
            receiver.send(message.model_dump_json())

    def _close(self, peer: PeerId, code: str) -> None:
        receiver = self.receivers.get(peer)
        if receiver is not None:
            self._forget(peer)
            receiver.close(code)

    def _forget(self, peer: PeerId) -> None:
        self.receivers.pop(peer, None)
        self._skip.pop(peer, None)

    def _broadcast(self, message: Message) -> None:
        self._gather.add(message.model_dump_json())
        if self._flush is None:
            loop = asyncio.get_running_loop()
            wait_s = max(0.0, self._gather.due_at(len(self.receivers)) - loop.time())
            self._flush = loop.call_later(wait_s, self._send_gathered)

    def _send_gathered(self) -> None:
        """One frame for all, serialised once; those who came in meanwhile get only what is news to them."""
        self._flush = None
        waiting = self._gather.take(asyncio.get_running_loop().time())
        for peer, skipped in self._skip.items():
            news = waiting[skipped:]
            if skipped and news:
                self.receivers[peer].send(frame(news))
        whole = frame(waiting)
        for peer, receiver in list(self.receivers.items()):
            if not self._skip.get(peer):
                receiver.send(whole)
        self._skip.clear()

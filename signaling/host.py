"""One live room's shell: carries out the effects of its state machine, and knows which connection belongs to which peer.

A command goes to the worker it concerns (`_route`): the room's home, or the branch that carries that viewer.
It awaits nothing: sockets are `server.py`'s, the worker's replies arrive as callbacks.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog

from media import control
from signaling.bus import Bus
from signaling.effects import Broadcast, Close, Effect, Forward, Publish, Send
from signaling.gather import Gather, frame
from signaling.media_link import MediaLink, lost
from signaling.move import Move
from signaling.room import Room
from signaling.spread import Spread
from signaling.vocabulary import Message, PeerId

log = structlog.get_logger()


class Receiver(Protocol):
    """A client's connection, as a room sees it."""

    def send(self, text: str) -> None: ...

    def close(self, code: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one more viewer goes."""

    link: MediaLink
    home: str | None
    """On a branch: what it dials to reach the room's home."""


class RoomHost:
    def __init__(
        self,
        room: Room,
        bus: Bus,
        now: Callable[[], float],
        on_over: Callable[[str], None],
        seat_viewer: Callable[["RoomHost"], "Seat | None"] = lambda host: None,
    ) -> None:
        self.room = room
        self.lesson = room.info.lesson
        self.link: MediaLink | None = None
        """The worker at which this room is at home, while it is up."""
        self.spread = Spread()
        self.branches: dict[str, MediaLink] = {}
        """Workers other than the home that carry a part of the room."""
        self.move: Move | None = None
        """Under way to another home, because this one leaves."""
        self.receivers: dict[PeerId, Receiver] = {}
        self._skip: dict[PeerId, int] = {}  # newcomer → how many waiting broadcasts its snapshot already contains
        self._bus = bus
        self.now = now
        self._on_over = on_over
        self._seat_viewer = seat_viewer
        self._asked: set[control.PeerId] = set()
        """Viewers on a branch that leaves who know it."""
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

    def receive_event(self, worker: str, event: control.Event) -> None:
        """What a worker says: the home anything, a branch only of its own connections."""
        if isinstance(event, control.PeerGone):
            self.spread.release(event.peer)
        if worker == self.spread.home or isinstance(event, control.PeerConnected | control.PeerGone):
            self.apply(self.room.receive_event(event, self.now()))

    def receive(self, sender: PeerId, message: Message) -> None:
        self.apply(self.room.receive(sender, message, self.now()))

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
            self.apply(self.room.lose(peer, self.now(), last_seen))

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
        """This worker is the room's home; `state` is what it knows of the room already."""
        self.link, self.spread.home = link, link.worker
        for transport in state.viewers if state is not None else ():
            self.spread.carry(transport, link.worker)
        self.apply(self.room.gain_media(state, self.now()))

    def media_down(self) -> None:
        """The home is gone and nobody takes over: the room moves, with everybody in it."""
        self.link, self.spread.home = None, None
        for link in self.branches.values():
            link.request(control.CloseRoom(request=0, room=self.room.room))
        self.branches.clear()
        self.spread.clear()
        self.apply(self.room.lose_media(self.now()))

    def branch_up(self, link: MediaLink, state: control.RoomState) -> None:
        """A worker carries viewers of this room already: we were restarted, or its channel was cut."""
        self.branches[link.worker] = link
        for transport in state.viewers:
            self.spread.carry(transport, link.worker)
        self.apply(self.room.adopt_viewers(state, self.now()))

    def branch_down(self, worker: str) -> None:
        """Its viewers offer again, and are seated elsewhere."""
        if self.branches.pop(worker, None) is not None:
            self.apply(self.room.lose_transports(self.spread.lose(worker), self.now()))

    def change_home(self, link: MediaLink, address: str) -> None:
        """The home is gone; `link`'s worker, a branch until now, is the home from now on. Its viewers stay where they are."""
        before = self.spread.home
        if before is not None:
            self.spread.lose(before)
        self.link, self.spread.home = link, link.worker
        self.branches.pop(link.worker, None)
        link.request(control.FollowRoom(request=0, room=self.room.room, home=None))
        kept = set(self.spread.on(link.worker))
        for worker in self.spread.branches:
            self.branches[worker].request(control.FollowRoom(request=0, room=self.room.room, home=address))
            kept |= self.spread.on(worker)
        self.apply(self.room.change_home(kept, self.now()))

    def begin_move(self, link: MediaLink, old_address: str, new_address: str, on_home: Callable[[str], None]) -> None:
        """Go to another home of the same machine while this one still carries everything."""
        self.move = Move(self, link, old_address, new_address, on_home, self.now())
        self.advance_move()

    def advance_move(self) -> None:
        if self.move is not None and self.move.advance(self.now()):
            self.move = None

    def end_move_without(self, worker: str) -> None:
        """This worker is gone: a move it is part of is over."""
        move = self.move
        if move is not None and worker in (move.old.worker, move.new.worker):
            self.move = None
            move.end_without(worker, self.now())

    def leave_branch(self, worker: str) -> None:
        """A branch was told to end: its viewers are seated elsewhere, each beside the old connection."""
        left = self.spread.on(worker)
        self.apply(self.room.renew(left - self._asked))
        self._asked = left
        if not left:
            self.branches.pop(worker, None)

    def carries(self, worker: str) -> bool:
        """Whether this worker has any part of the room."""
        return worker in self.branches or (self.link is not None and self.link.worker == worker)

    def request(self, command: control.Command) -> "asyncio.Future[control.Reply]":
        """Send a command to the worker it concerns; the future is always given a reply."""
        link = self._route(command)
        if link is None:
            future: asyncio.Future[control.Reply] = asyncio.get_running_loop().create_future()
            future.set_result(lost(0))
            return future
        if isinstance(command, control.CloseRoom):
            for branch in self.branches.values():
                branch.request(command)
        return link.request(command)

    def _route(self, command: control.Command) -> MediaLink | None:
        match command:
            case control.OpenPeer(direction="view"):
                return self._seat(command)
            case control.AnswerPeer(peer=peer) | control.PreferLayer(peer=peer) | control.MutePeer(peer=peer):
                return self._carrier(peer)
            case control.StartCapture() | control.StopCapture() if self.move is not None:
                return self.move.old
            case control.ClosePeer(peer=peer):
                carrier = self._carrier(peer)
                self.spread.release(peer)
                return carrier
            case _:
                return self.link

    def _seat(self, command: control.OpenPeer) -> MediaLink | None:
        """One more viewer: at home, or on a branch when the home has its share."""
        seat = self._seat_viewer(self) if self.link is not None else None
        if seat is None:
            if self.link is not None:
                self.spread.carry(command.peer, self.link.worker)
            return self.link
        self.spread.carry(command.peer, seat.link.worker)
        if seat.home is not None:
            self.branches[seat.link.worker] = seat.link
            seat.link.request(control.FollowRoom(request=0, room=self.room.room, home=seat.home))
        return seat.link

    def _carrier(self, transport: control.PeerId) -> MediaLink | None:
        moving = self.move.carrier(transport) if self.move is not None else None
        return moving or self.branches.get(self.spread.worker_of(transport) or "", self.link)

    def _forward(self, command: control.Command) -> None:
        self.request(command).add_done_callback(lambda future: self._replied(command, future.result()))

    def _replied(self, command: control.Command, reply: control.Reply) -> None:
        if isinstance(reply, control.Failed):
            log.info("! media command failed", lesson=self.lesson, command=command.type, code=reply.code)
            if isinstance(command, control.OpenPeer):
                self.spread.release(command.peer)
        self.apply(self.room.receive_reply(command, reply, self.now()))

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

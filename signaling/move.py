"""A room on its way from a worker that was told to end to another of the same machine, while both live.

    viewers ──all are on the new worker, which follows the old──► publishers ──all have come over──► over

Everybody makes the new connection beside the old one and is asked to by the same `media-lost` as when a connection broke. The new
worker carries a publisher's picture from its new connection as soon as it comes, and the old worker's until then. Who does not
come within a while is dropped with the old worker and offers again. The recording goes on at the new one when the old has written
everything: two runs must not overlap.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from media import control
from signaling.media_link import MediaLink

if TYPE_CHECKING:
    from signaling.host import RoomHost

PHASE_S: Final = 4.0
"""After the last were asked: browsers connect within a second, and ask again after a failure."""
VIEWERS_AT_ONCE: Final = 20
"""Asked per quarter of a second: a worker makes a few hundred connections a second, and other rooms move too."""


class Move:
    """One room's move; `advance` it often, until it says that it is over."""

    def __init__(
        self, host: "RoomHost", new: MediaLink, old_address: str, new_address: str, on_home: Callable[[str], None], now: float
    ) -> None:
        assert host.link is not None, "only a room that has a home moves"
        self.old = host.link
        self.new = new
        self.has_new_home = False
        self._host = host
        self._old_address = old_address
        self._new_address = new_address
        self._on_home = on_home
        self._asked: set[control.PeerId] = set()
        self._publishers: set[control.PeerId] = set()
        self._deadline = now + PHASE_S
        host.branches[new.worker] = new
        new.request(control.FollowRoom(request=0, room=host.room.room, home=old_address))

    def advance(self, now: float) -> bool:
        """Ask whom to ask; True when the room is at home at the new worker and the old one is rid of it."""
        if not self.has_new_home:
            waiting = self._host.spread.on(self.old.worker)
            self._ask([viewer for viewer in waiting if viewer not in self._asked][:VIEWERS_AT_ONCE], now)
            if waiting and now < self._deadline:
                return False
            self._change_home(now)
        if self._publishers & self._host.room.publishing() and now < self._deadline:
            return False
        self._finish(now)
        return True

    def carrier(self, transport: control.PeerId) -> MediaLink | None:
        """Publishers are not in the room's `Spread`: the old worker's, while the room is between both."""
        return self.old if transport in self._publishers else None

    def end_without(self, worker: str, now: float) -> None:
        """One of both workers is gone: the room stays where it is, with whoever has come."""
        if worker == self.old.worker and self.has_new_home:
            self._finish(now)

    def _ask(self, transports: list[control.PeerId], now: float) -> None:
        if transports:
            self._asked |= set(transports)
            self._deadline = now + PHASE_S
            self._host.apply(self._host.room.renew(transports))

    def _change_home(self, now: float) -> None:
        """From now on publishers are opened at the new worker; the recording stays at the old one for a moment."""
        host, room = self._host, self._host.room.room
        self.has_new_home = True
        self._publishers = host.room.publishing()
        host.branches.pop(self.new.worker, None)
        for branch in host.branches.values():
            branch.request(control.FollowRoom(request=0, room=room, home=self._new_address))
        host.branches[self.old.worker] = self.old
        host.link, host.spread.home = self.new, self.new.worker
        self.new.request(control.FollowRoom(request=0, room=room, home=self._old_address))  # it forgets a room that was empty
        self._on_home(self.new.worker)
        self._ask(sorted(self._publishers), now)

    def _finish(self, now: float) -> None:
        host, room = self._host, self._host.room
        self.new.request(control.FollowRoom(request=0, room=room.room, home=None))
        if (stop := room.interrupt_capture()) is not None:
            self.old.request(stop).add_done_callback(lambda _: host.apply(room.capture_moved(host.now())))
        self.old.request(control.CloseRoom(request=0, room=room.room))
        left = host.spread.lose(self.old.worker) | (self._publishers & room.publishing())
        host.branches.pop(self.old.worker, None)
        host.apply(room.lose_transports(left, now))
        seats = self.new.request(control.TakeSnapshot(request=0))
        seats.add_done_callback(self._take_seats)

    def _take_seats(self, reply: "asyncio.Future[control.Reply]") -> None:
        """Who sits in which slot may differ from where they sat."""
        host = self._host
        snapshot = reply.result()
        if isinstance(snapshot, control.Snapshot) and host.link is self.new:
            state = next((state for state in snapshot.rooms if state.room == host.room.room), None)
            host.apply(host.room.adopt_slots(state, host.now()))

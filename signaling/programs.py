"""Outside programs in a room: WHIP publishes, WHEP plays. No WebSocket; they stay while their media flows."""

import hashlib
import hmac

import structlog

from media import control
from signaling.errors import Refused, media_code
from signaling.hall import Hall
from signaling.messages import PeerId
from signaling.place import Entrant
from signaling.stage import Direction
from signaling.ticket import TicketRefused, verify

log = structlog.get_logger()


class Programs:
    def __init__(self, secret: str, hall: Hall) -> None:
        self._secret = secret
        self._hall = hall

    async def join(self, lesson: str, ticket: str, offer_sdp: str, near: str | None, direction: Direction) -> tuple[str, str]:
        """(resource id, answer). Raises Refused."""
        try:
            holder = verify(self._secret, ticket, lesson=lesson)
        except TicketRefused as refused:
            raise Refused(refused.code) from refused
        if direction == "publish" and holder.role != "instructor":
            raise Refused("not-allowed")
        host = await self._hall.open(lesson)
        role = holder.role if direction == "publish" else "viewer"  # a player is neither listed nor counted
        entrant = Entrant(host.room.new_peer(program=True), holder.person, holder.name, role, holder.record)
        command = host.room.open_program(entrant, direction, offer_sdp, near)
        reply = await host.request(command)
        if not isinstance(reply, control.PeerOpened):
            host.spread.release(command.peer)
            raise Refused(media_code(reply.code) if isinstance(reply, control.Failed) else "media-unavailable")
        try:
            host.apply(host.room.enter_program(entrant, command, self._hall.now()))
        except Refused:
            host.request(control.ClosePeer(request=0, peer=command.peer))
            raise
        self._hall.weigh(host)
        log.info("= program joined", lesson=lesson, peer=entrant.peer, direction=direction)
        return self._resource(entrant.peer), reply.sdp

    def hang_up(self, resource: str) -> None:
        """Raises Refused("unknown-resource")."""
        peer = PeerId(resource.partition(".")[0])
        if hmac.compare_digest(resource.encode(errors="replace"), self._resource(peer).encode(errors="replace")):
            for host in self._hall.hosts.values():
                place = host.room.places.get(peer)
                if place is not None and place.program:
                    host.apply(host.room.leave(peer, self._hall.now()))
                    return
        raise Refused("unknown-resource")

    def _resource(self, peer: PeerId) -> str:
        """A peer id is known to everybody in the room: the seal makes it the secret of who opened it."""
        message = f"resource {peer}".encode(errors="replace")
        return f"{peer}.{hmac.new(self._secret.encode(), message, hashlib.sha256).hexdigest()[:32]}"

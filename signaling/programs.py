"""Outside programs in a room: WHIP publishes, WHEP plays. No WebSocket; they stay while their media flows."""

import hashlib
import hmac

import structlog

from media import control
from signaling.errors import Refused, media_code
from signaling.hall import Hall
from signaling.limits import LIMITS, TokenBucket
from signaling.place import Entrant
from signaling.requests import PostCaption
from signaling.room import MAY
from signaling.shut_out import ShutOut
from signaling.stage import Direction
from signaling.ticket import TicketRefused, verify
from signaling.vocabulary import Language, PeerId

MAX_PACES = 1_000
log = structlog.get_logger()


class Programs:
    def __init__(self, secret: str, hall: Hall, shut_out: ShutOut) -> None:
        self._secret = secret
        self._hall = hall
        self._shut_out = shut_out
        self._paces: dict[str, TokenBucket] = {}

    async def join(self, lesson: str, ticket: str, offer_sdp: str, near: str | None, direction: Direction) -> tuple[str, str]:
        """(resource id, answer). Raises Refused."""
        try:
            holder = verify(self._secret, ticket, lesson=lesson)
        except TicketRefused as refused:
            raise Refused(refused.code) from refused
        if direction == "publish" and holder.role != "instructor":
            raise Refused("not-allowed")
        await self._shut_out.check(holder.person, lesson, holder.role)
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

    async def caption(self, lesson: str, ticket: str, text: str, language: Language) -> None:
        """A line of a program that writes down what is being said. It takes no place in the room. Raises Refused."""
        try:
            holder = verify(self._secret, ticket, lesson=lesson)
        except TicketRefused as refused:
            raise Refused(refused.code) from refused
        if holder.role not in MAY[PostCaption]:
            raise Refused("not-allowed")
        await self._shut_out.check(holder.person, lesson, holder.role)
        host = await self._hall.open(lesson)
        now = self._hall.now()
        if holder.person in host.room.removed:
            raise Refused("removed")
        if not self._pace(lesson).take(now):
            raise Refused("too-fast")
        effects = host.room.caption(holder.person, text, language, now)
        if not effects:
            raise Refused("empty")
        host.apply(effects)

    def _pace(self, lesson: str) -> TokenBucket:
        """One for all programs of a lesson."""
        if len(self._paces) >= MAX_PACES:
            self._paces.clear()
        return self._paces.setdefault(lesson, TokenBucket(*LIMITS["post-caption"]))

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

"""The signed join ticket: who may enter which lesson as what, for a short time.

`web` mints it after asking `classroom`; signalling and WHIP/WHEP verify it. It is a JWT signed with HMAC-SHA-256 and nothing
else is accepted (RFC 8725 §3.1: the verifier decides the algorithm).
"""

import secrets
import time
from dataclasses import asdict, dataclass
from typing import cast, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from signaling.vocabulary import Role

AUDIENCE = "classroom-ticket"
LEEWAY_S = 2


class TicketRefused(Exception):
    """`code`: "ticket-expired" or "ticket-invalid"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Ticket:
    """One person's right to enter one lesson."""

    person: str
    lesson: str
    role: Role
    name: str
    record: bool
    """Agreed to being recorded; False = their media is never written."""
    expires_at: float
    """Unix seconds."""
    jti: str


def mint(secret: str, *, person: str, lesson: str, role: Role, name: str, record: bool = True, ttl_s: float = 60.0) -> str:
    """Sign a ticket that is good for `ttl_s` seconds from now."""
    expires_at = time.time() + ttl_s
    ticket = Ticket(person, lesson, role, name, record, expires_at, secrets.token_urlsafe(12))
    claims = {"aud": AUDIENCE, "exp": int(expires_at + 0.999)} | asdict(ticket)
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret), algorithms=["HS256"])


def verify(secret: str, token: str, *, lesson: str) -> Ticket:
    """Read a ticket for `lesson`. Raises TicketRefused for a forged, altered, expired or misdirected one."""
    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
        if claims.get("aud") != AUDIENCE:
            raise TicketRefused("ticket-invalid")
        ticket = Ticket(
            person=str(claims["person"]),
            lesson=str(claims["lesson"]),
            role=cast(Role, str(claims["role"])),
            name=str(claims["name"]),
            record=claims["record"] is True,
            expires_at=float(claims["expires_at"]),
            jti=str(claims["jti"]),
        )
    except (JoseError, ValueError, KeyError, TypeError) as wrong:
        raise TicketRefused("ticket-invalid") from wrong
    if ticket.lesson != lesson or ticket.role not in get_args(Role):
        raise TicketRefused("ticket-invalid")
    if ticket.expires_at + LEEWAY_S < time.time():
        raise TicketRefused("ticket-expired")
    return ticket

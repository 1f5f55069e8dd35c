"""The answering agent on one port (RFC 8445 §2.5) with consent by its peer's checks (RFC 7675); pure.

Only an authenticated request tells us an address of the peer, and only one with USE-CANDIDATE moves its media there.
"""

import secrets
from dataclasses import dataclass, field

from media.address import Address, unpack_sockaddr
from media.stun import BindingRequest, pack_success

MAX_VERIFIED = 8
"""Addresses remembered per peer: a phone has perhaps four; the least recently proven is forgotten first."""


@dataclass(slots=True)
class IceLite:
    """One peer's ICE session: our credentials, its proven addresses, where its media goes."""

    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))
    password: bytes = field(default_factory=lambda: secrets.token_hex(12).encode())
    verified: dict[Address, float] = field(default_factory=dict)
    """Address → when it was last proven, oldest first."""
    selected: Address | None = None

    def receive(self, request: BindingRequest, source: Address, now: float) -> tuple[bytes, Address | None] | None:
        """Answer an authentic request and learn from it: (answer, address forgotten for it); None (nothing learnt) for any other.

        The answer is never longer than the request was: a spoofed source gains nothing. (A browser's request carries PRIORITY,
        a role and FINGERPRINT and is longer than our answer; a shorter one is nobody's.)
        """
        if not request.is_authentic(self.password):
            return None
        answer = pack_success(request.transaction_id, unpack_sockaddr(source[1]), self.password)
        if _amplifies(answer, request):
            return None
        self.verified.pop(source, None)
        self.verified[source] = now
        if request.use_candidate or self.selected not in self.verified:
            self.selected = source
        forgotten: Address | None = None
        if len(self.verified) > MAX_VERIFIED:
            forgotten = next(address for address in self.verified if address != self.selected)
            del self.verified[forgotten]
        return answer, forgotten

    def forget(self, address: Address) -> Address | None:
        """An address that cannot be reached any more (its TCP connection ended): where media goes instead, if it must move.

        With no other proven address `selected` stays, reaching nobody, until the next authentic check.
        """
        self.verified.pop(address, None)
        if self.selected != address or not self.verified:
            return None
        self.selected = next(reversed(self.verified))
        return self.selected


def _amplifies(answer: bytes, request: BindingRequest) -> bool:
    return len(answer) > request.size

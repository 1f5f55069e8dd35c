"""The answering agent on one port (RFC 8445 §2.5) with consent (RFC 7675); pure.

Only an authenticated request tells us an address of the peer, and only one with USE-CANDIDATE moves its media there. A check can
be sent with anybody's address as its source, so once media flows the new address must answer a check of ours before the media
follows. (A lite agent need not ask; browsers answer all the same.) A TCP connection is not asked: nobody opens one for another.
"""

import secrets
from collections import deque
from dataclasses import dataclass, field

from media.address import Address, is_stream, unpack_sockaddr
from media.stun import Binding, pack_check, pack_success

MAX_VERIFIED = 8
"""Addresses remembered per peer: a phone has perhaps four; the least recently proven is forgotten first."""
MAX_CHECKS = 8
"""Of ours that wait for their answer; the oldest is forgotten first."""
CHECK_GAP_S = 0.05
"""We ask no faster, however often a new address is named to us."""


@dataclass(slots=True)
class IceLite:
    """One peer's ICE session: our credentials, its proven addresses, where its media goes."""

    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))
    password: bytes = field(default_factory=lambda: secrets.token_hex(12).encode())
    verified: dict[Address, float] = field(default_factory=dict)
    """Address → when it was last proven, oldest first."""
    selected: Address | None = None
    nominated: Address | None = None
    """Where the peer wants its media from now on; it goes there when that address has answered us."""
    remote: tuple[str, bytes] | None = None
    """Its ufrag and password; None: it cannot be asked."""
    asks: bool = False
    """Media flows: a new address must answer first."""
    moves: int = 0
    """How often `selected` changed."""
    _checks: deque[tuple[bytes, Address, float]] = field(default_factory=lambda: deque(maxlen=MAX_CHECKS))
    """(transaction id, address, when) of our checks."""

    def receive(self, request: Binding, source: Address, now: float) -> tuple[bytes, Address | None] | None:
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
            if source == self.selected or not self.asks or self.remote is None or is_stream(source):
                self._select(source)
            else:
                self.nominated = source
        forgotten: Address | None = None
        if len(self.verified) > MAX_VERIFIED:
            forgotten = next(address for address in self.verified if address != self.selected)
            del self.verified[forgotten]
        return answer, forgotten

    def check(self, address: Address, now: float) -> bytes | None:
        """Ask this address whether it wants what we send; None: not now, or it cannot be asked."""
        if self.remote is None or now - self.asked_at < CHECK_GAP_S:
            return None
        if self._checks and self._checks[-1][1] != address:
            self._checks.clear()
        return self._ask(address, self.remote, now)

    def train(self, count: int, now: float) -> list[bytes]:
        """So many checks at once to where media goes; none when that cannot be asked, or another address is being asked."""
        if self.remote is None or self.selected is None or self.nominated is not None or is_stream(self.selected):
            return []
        self._checks.clear()
        return [self._ask(self.selected, self.remote, now) for _ in range(min(count, MAX_CHECKS))]

    def _ask(self, address: Address, remote: tuple[str, bytes], now: float) -> bytes:
        transaction_id = secrets.token_bytes(12)
        self._checks.append((transaction_id, address, now))
        return pack_check(transaction_id, f"{remote[0]}:{self.ufrag}", remote[1])

    def receive_answer(self, answer: Binding, source: Address, now: float) -> float | None:
        """Take the answer to a check of ours: how long it took; None when it is none."""
        asked = next((check for check in self._checks if check[0] == answer.transaction_id), None)
        if asked is None or asked[1] != source or self.remote is None or not answer.is_authentic(self.remote[1]):
            return None
        while self._checks and self._checks.popleft() is not asked:
            pass  # older ones were lost
        if source == self.nominated:
            self._select(source)
        return now - asked[2]

    @property
    def asked_at(self) -> float:
        """When the last check that is not answered went out."""
        return self._checks[-1][2] if self._checks else float("-inf")

    def silent_s(self, now: float) -> float:
        """For how long the last two checks that are not answered have been waiting; 0: there are no two."""
        return now - self._checks[1][2] if len(self._checks) > 1 else 0.0

    def _select(self, address: Address) -> None:
        self.moves += address != self.selected
        self.selected, self.nominated = address, None

    def forget(self, address: Address) -> Address | None:
        """An address that cannot be reached any more (its TCP connection ended): where media goes instead, if it must move.

        With no other proven address `selected` stays, reaching nobody, until the next authentic check.
        """
        self.verified.pop(address, None)
        if self.selected != address or not self.verified:
            return None
        self.selected = next(reversed(self.verified))
        return self.selected


def _amplifies(answer: bytes, request: Binding) -> bool:
    return len(answer) > request.size

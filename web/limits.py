"""Guessing passwords is limited; signing in is not.

Only failures count. A school or a library is one address with hundreds of people, so the address's limit is wide, and a browser
that signed in to this account before (it holds a signed cookie) is not held up by what its neighbours do.
"""

import asyncio
import hashlib
import hmac
import ipaddress
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, MovingWindowSupport, Storage
from limits.aio.strategies import MovingWindowRateLimiter

PER_ACCOUNT: RateLimitItem = RateLimitItemPerMinute(10, 15, "account")
PER_ADDRESS: RateLimitItem = RateLimitItemPerMinute(100, 15, "address")
WAIT_MINUTES = 15
MAILS_PER_MAILBOX: RateLimitItem = RateLimitItemPerMinute(5, 60, "mailbox")
MAILS_PER_NETWORK: RateLimitItem = RateLimitItemPerMinute(300, 60, "mail-network")


class SignInGuard:
    """Counts failed sign-ins. Works on one account happen one after the other, so that parallel guesses are counted too."""

    def __init__(self, storage: Storage | None = None) -> None:
        chosen = storage if storage is not None else MemoryStorage()
        assert isinstance(chosen, MovingWindowSupport), "this storage cannot count in a moving window"
        self._window = MovingWindowRateLimiter(chosen)
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def attempt(self, account: str, address: str, known_device: bool) -> AsyncIterator["Attempt"]:
        """One try at a time per account. Look at `refused` first, then say `fail()` or `succeed()`."""
        key = _digest(account)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            bucket = f"{key}:{'device' if known_device else 'any'}"
            where = network(address)
            allowed = await self._window.test(PER_ACCOUNT, bucket)
            if allowed and not known_device:
                allowed = await self._window.test(PER_ADDRESS, where)
            yield Attempt(self._window, bucket, where, refused=not allowed)


class Attempt:
    """One try to sign in."""

    def __init__(self, window: MovingWindowRateLimiter, bucket: str, where: str, refused: bool) -> None:
        self._window = window
        self._bucket = bucket
        self._where = where
        self.refused = refused

    async def fail(self) -> None:
        await self._window.hit(PER_ACCOUNT, self._bucket)
        await self._window.hit(PER_ADDRESS, self._where)

    async def succeed(self) -> None:
        await self._window.clear(PER_ACCOUNT, self._bucket)


class MailGuard:
    """How many mails our forms may send to one address, or for one network address, in an hour."""

    def __init__(self, storage: Storage | None = None) -> None:
        chosen = storage if storage is not None else MemoryStorage()
        assert isinstance(chosen, MovingWindowSupport), "this storage cannot count in a moving window"
        self._window = MovingWindowRateLimiter(chosen)

    async def allows(self, email: str, address: str) -> bool:
        """Counts this one. False: enough for now."""
        where = network(address)
        if not await self._window.test(MAILS_PER_NETWORK, where):
            return False
        if not await self._window.hit(MAILS_PER_MAILBOX, _digest(email.strip().lower())):
            return False
        return await self._window.hit(MAILS_PER_NETWORK, where)


def network(address: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 an IPv6 subscriber chooses addresses from."""
    try:
        parsed = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return "unknown"
    if parsed.version == 6:
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def device_mark(secret: str, account: str) -> str:
    """What the cookie of a browser that signed in to `account` says."""
    return hmac.new(secret.encode(), b"known-device\0" + account.encode(), hashlib.sha256).hexdigest()


def _digest(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()[:32]

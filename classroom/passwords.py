"""Password hashing with argon2id, off the event loop and never many at once."""

import asyncio

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

AT_ONCE = 2
"""Each takes 64 MiB and a core for some 50 ms: a crowd signing in waits its turn instead of taking the memory."""


class Passwords:
    """Satisfies `classroom.people_ports.PasswordHasher`. One per process (and event loop)."""

    def __init__(self, *, memory_kib: int = 65_536, rounds: int = 3) -> None:
        self._hasher = PasswordHash((Argon2Hasher(time_cost=rounds, memory_cost=memory_kib),))
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        """False for a wrong password and, after the same work, for None or "" (an account without a password)."""
        if self._nobodys is None:
            self._nobodys = await self.hash("nobody's password")
        async with self._turn:
            is_right = await asyncio.to_thread(self._verify, password, password_hash or self._nobodys)
        return is_right and bool(password_hash)

    def _verify(self, password: str, password_hash: str) -> bool:
        try:
            return self._hasher.verify(password, password_hash)
        except UnknownHashError:
            return False

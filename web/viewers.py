"""Who is signed in, for all requests of one moment by one look at the sessions."""

from collections.abc import Callable
from datetime import datetime

from classroom.people import Viewer, token_hash
from web.crowd import Crowd
from web.services import Store


class Viewers:
    """One per application. A session that was ended is dead for the very next request."""

    def __init__(self, store: Store, now: Callable[[], datetime]) -> None:
        self._store = store
        self._now = now
        self._crowd: Crowd[None, str, Viewer] = Crowd(self._look)

    async def of(self, token: str) -> Viewer | None:
        """None when unknown, expired or revoked."""
        return await self._crowd.ask(None, token_hash(token))

    async def _look(self, _: None, token_hashes: list[str]) -> dict[str, Viewer]:
        return await self._store.queries.viewers(token_hashes, self._now())

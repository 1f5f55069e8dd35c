"""The secret addresses of calendars: by their hash only."""

from sqlalchemy import select

from classroom.people import PersonId
from classroom.store.applying import calendar_feeds
from classroom.store.repository import Repository


class Calendars(Repository):
    async def generation(self, person: PersonId) -> int | None:
        """Of the address that works now; None: there is none yet."""
        found = await self.scalar(select(calendar_feeds.c.generation).where(calendar_feeds.c.person == person))
        return int(found) if found is not None else None

    async def put(self, person: PersonId, token_hash: str, generation: int) -> None:
        """The only address that works from now on."""
        values = {"person": person, "token_hash": token_hash, "generation": generation}
        changes = {"token_hash": token_hash, "generation": generation}
        statement = self.insert(calendar_feeds).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["person"], set_=changes))

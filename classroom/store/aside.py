"""Facts beside the log."""

from collections.abc import Collection

from sqlalchemy import delete, select, update

from classroom.aside import FactAside, as_text
from classroom.people import PersonId
from classroom.store.accounts import ERASED_NAME
from classroom.store.aside_tables import facts_aside
from classroom.store.repository import Repository


class FactsAside(Repository):
    async def put(self, each: FactAside) -> None:
        changed = {"reason": each.reason, "retries": each.retries}
        statement = self.insert(facts_aside).values(digest=each.digest, fact=each.text, at=each.at, **changed)
        await self.run(statement.on_conflict_do_update(index_elements=["digest"], set_=changed))

    async def waiting(self) -> list[FactAside]:
        statement = select(facts_aside).order_by(facts_aside.c.at, facts_aside.c.digest)
        return [FactAside(row.digest, row.fact, row.reason, row.at, row.retries) for row in await self.all(statement)]

    async def remove(self, digest: str) -> bool:
        return bool((await self.run(delete(facts_aside).where(facts_aside.c.digest == digest))).rowcount)

    async def forget_names(self, people: Collection[PersonId]) -> None:
        for each in await self.waiting():
            fields = each.fields
            if fields.get("person") in people:
                said = {name: words for name, words in (("name", ERASED_NAME), ("text", "")) if name in fields}
                row = facts_aside.c.digest == each.digest
                await self.run(update(facts_aside).where(row).values(fact=as_text(fields | said)))

"""Accounts as people come to them: by the mails they get."""

import re
from typing import Any

from sqlalchemy import text

from tests.web.world import World

WISH = {
    "name": "김하늘",
    "email": "sky@home.example",
    "password": "a long enough one",
    "again": "a long enough one",
    "born_on": "1950-02-28",
    "home": "suwon",
    "agrees": "on",
}


def mails(world: World, to: str) -> list[dict[str, Any]]:
    """What waits in the queue for this address, oldest first."""

    async def look() -> list[dict[str, Any]]:
        async with world.store._reading.connect() as connection:
            found = await connection.execute(text("SELECT kind, data FROM mails WHERE address = :to ORDER BY number"), {"to": to})
            return [{"kind": row.kind, "href": re.search(r'"href":"([^"]*)"', row.data)[1]} for row in found]  # type: ignore[index]

    found: list[dict[str, Any]] = world.query(look)
    return found


def last_link(world: World, to: str) -> str:
    return str(mails(world, to)[-1]["href"])


def sign_up(world: World, **changes: str) -> Any:
    return world.post("/sign-up", data=WISH | changes)

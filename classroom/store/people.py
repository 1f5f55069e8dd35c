"""Municipalities, people, their rights and their sessions."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, update

from classroom.municipalities import Municipality
from classroom.people import Grant, MunicipalityCode, Person, PersonId, Role, Session, Viewer
from classroom.store import rows
from classroom.store.repository import Repository
from classroom.store.tables import home_moves, municipalities, people, role_grants, sessions


class Municipalities(Repository):
    async def get(self, code: MunicipalityCode) -> Municipality | None:
        found = await self.first(select(municipalities).where(municipalities.c.code == code))
        return rows.municipality(found) if found else None

    async def update(self, municipality: Municipality) -> None:
        values = {"brand": municipality.brand, "phone": municipality.phone, "opened_at": municipality.opened_at}
        await self.run(update(municipalities).where(municipalities.c.code == municipality.code).values(values))


class People(Repository):
    async def get(self, person: PersonId) -> Person | None:
        found = await self.first(select(people).where(people.c.id == person))
        return rows.person(found) if found else None

    async def by_email(self, email: str) -> tuple[Person, str] | None:
        found = await self.first(select(people).where(people.c.email == email))
        return (rows.person(found), found.password_hash) if found else None

    async def add(self, person: Person, password_hash: str) -> bool:
        values = {
            "id": person.id,
            "email": person.email,
            "password_hash": password_hash,
            "name": person.name,
            "locale": person.locale,
            "home": person.home,
            "created_at": person.created_at,
        }
        statement = self.insert(people).values(values).on_conflict_do_nothing(index_elements=["email"])
        if not await self.all(statement.returning(people.c.id)):
            return False
        if person.home is not None:
            move = {"person": person.id, "municipality": person.home, "since": person.created_at}
            await self.run(home_moves.insert().values(move))
        return True

    async def set_password(self, person: PersonId, password_hash: str) -> None:
        await self.run(update(people).where(people.c.id == person).values(password_hash=password_hash))

    async def set_locale(self, person: PersonId, locale: str) -> None:
        await self.run(update(people).where(people.c.id == person).values(locale=locale))

    async def move_home(self, person: PersonId, municipality: MunicipalityCode, since: datetime) -> None:
        """The latest move is the home of today, whatever order moves are entered in."""
        await self.run(home_moves.insert().values(person=person, municipality=municipality, since=since))
        latest = (
            select(home_moves.c.municipality)
            .where(home_moves.c.person == person)
            .order_by(home_moves.c.since.desc(), home_moves.c.number.desc())
            .limit(1)
        )
        await self.run(update(people).where(people.c.id == person).values(home=latest.scalar_subquery()))

    async def grant(self, person: PersonId, grant: Grant, now: datetime) -> bool:
        values = {"person": person, "role": str(grant.role), "municipality": grant.municipality, "granted_at": now}
        statement = self.insert(role_grants).values(values).on_conflict_do_nothing()
        return bool(await self.all(statement.returning(role_grants.c.number)))

    async def province_staff(self) -> list[PersonId]:
        """Who administers the platform itself."""
        mine = (role_grants.c.role == str(Role.PROVINCIAL_ADMINISTRATOR)) & (people.c.state == "active")
        statement = select(role_grants.c.person).join(people, people.c.id == role_grants.c.person).where(mine)
        return [PersonId(row.person) for row in await self.all(statement.order_by(role_grants.c.number))]

    async def revoke(self, person: PersonId, grant: Grant) -> bool:
        found = await self.first(self._grant(person, grant))
        if found is not None:
            await self.run(role_grants.delete().where(role_grants.c.number == found.number))
        return found is not None

    async def viewer(self, person: PersonId) -> Viewer | None:
        return viewer_of(await self.all(viewer_select().where(people.c.id == person)))

    def _grant(self, person: PersonId, grant: Grant) -> Select[Any]:
        return select(role_grants).where(
            role_grants.c.person == person,
            role_grants.c.role == str(grant.role),
            func.coalesce(role_grants.c.municipality, "") == (grant.municipality or ""),
        )


class Sessions(Repository):
    async def add(self, token_hash: str, session: Session) -> None:
        values = {
            "token_hash": token_hash,
            "person": session.person,
            "created_at": session.created_at,
            "expires_at": session.expires_at,
        }
        await self.run(sessions.insert().values(values))

    async def revoke(self, token_hash: str, now: datetime) -> None:
        mine = (sessions.c.token_hash == token_hash) & sessions.c.revoked_at.is_(None)
        await self.run(update(sessions).where(mine).values(revoked_at=now))

    async def revoke_all(self, person: PersonId, now: datetime, keep: str | None = None) -> int:
        alive = (sessions.c.person == person) & sessions.c.revoked_at.is_(None) & (sessions.c.expires_at > now)
        result = await self.run(update(sessions).where(alive & (sessions.c.token_hash != (keep or ""))).values(revoked_at=now))
        return int(result.rowcount)


def viewer_select() -> Select[Any]:
    """A person with one row per right."""
    return select(people, role_grants.c.role, role_grants.c.municipality).join_from(
        people, role_grants, role_grants.c.person == people.c.id, isouter=True
    )


def viewer_of(found: list[Any]) -> Viewer | None:
    """From the rows of `viewer_select` for one person."""
    if not found:
        return None
    grants = frozenset(rows.grant(row.role, row.municipality) for row in found if row.role)
    return Viewer(rows.person(found[0]), grants, found[0]._mapping.get("unread", 0))

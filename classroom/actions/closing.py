"""Closing an account, locking one out, erasing what was closed, making two of one human into one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from classroom.accounts import ERASED_AFTER, LASTS, PersonState
from classroom.actions.people import revoke_sessions
from classroom.errors import Invalid, NotFound
from classroom.people import Person, PersonId, Viewer
from classroom.ports import Transactions, UnitOfWork


async def close_account(uow: UnitOfWork, person: Person, now: datetime) -> None:
    """Signed out everywhere at once; erased after ERASED_AFTER unless they sign in again."""
    await uow.accounts.set(person.id, state=PersonState.CLOSED, closed_at=now)
    await revoke_sessions(uow, person.id, now)
    words = {"name": person.name, "href": "/sign-in", "days": ERASED_AFTER.days}
    await uow.mails.queue(person.email, "account-closed", words, person.locale, now)


_SUSPENDABLE = (PersonState.ACTIVE, PersonState.SUSPENDED)


async def set_suspended(uow: UnitOfWork, person: PersonId, suspended: bool, *, by: Viewer, now: datetime) -> None:
    """The province locks an account out, or lets it in again. Raises NotFound."""
    profile = await uow.accounts.profile(person)
    # One that was closed stays closed: its owner's wish, and the day it is erased, are not ours to change.
    if not by.is_province or by.id == person or profile is None or profile.state not in _SUSPENDABLE:
        raise NotFound
    await uow.accounts.set(person, state=PersonState.SUSPENDED if suspended else PersonState.ACTIVE, closed_at=None)
    if suspended:
        await revoke_sessions(uow, person, now)


async def _nothing(key: str) -> None:
    pass


async def erase_due(store: Transactions, now: datetime, drop_file: Callable[[str], Awaitable[None]] = _nothing) -> int:
    """Erase what was closed long enough ago, and forget links nobody used. Returns how many accounts.

    `drop_file` takes a file somebody handed in out of the storage; it goes first, while its row still tells where it is.
    """
    async with store.writing() as uow:
        await uow.accounts.forget_links(now - max(LASTS.values()))
        due = await uow.accounts.due_for_erasure(now - ERASED_AFTER)
    if not due:
        return 0
    async with store.reading() as uow:
        # An account that went over into this one is the same human: their old name and address go too.
        all_of = {person: [person, *await uow.accounts.merged_into(person)] for person in due}
        naming = await uow.facts.naming([each for ids in all_of.values() for each in ids])
    erased, failure = 0, None
    for ids in all_of.values():
        try:
            said = [number for each in ids for number in naming.get(each, ())]
            erased += await _erase(store, ids, said, drop_file)
        except Exception as error:  # one file that will not go must not keep everybody else's data here for good
            failure = error
    if failure is not None:
        raise failure
    return erased


async def _erase(
    store: Transactions, ids: Sequence[PersonId], said: Sequence[int], drop_file: Callable[[str], Awaitable[None]]
) -> bool:
    """All accounts of one human, the closed one first, and the facts that say their name.

    False: its owner has taken it up again since it was found due.
    """
    person = ids[0]
    async with store.reading() as uow:
        if not await _is_closed(uow, person):
            return False
        files = [file for one in ids for file in await uow.uploads.of_person(one)]
    for file in files:
        await drop_file(file.key)
    async with store.writing() as uow:
        if not await _is_closed(uow, person):
            return False
        for each in ids:
            await uow.accounts.erase(each)
        await uow.facts.forget_names(said)
        await uow.facts_aside.forget_names(ids)
    return True


async def _is_closed(uow: UnitOfWork, person: PersonId) -> bool:
    profile = await uow.accounts.profile(person)
    return profile is not None and profile.state is PersonState.CLOSED


async def merge_people(
    uow: UnitOfWork, *, kept: PersonId, dropped: PersonId, reason: str, by: Viewer, now: datetime
) -> dict[str, int]:
    """Two accounts of one person become one; what was moved is kept as a record. Raises NotFound, Invalid("reason-missing")."""
    if not by.is_province or kept == dropped or dropped == by.id:
        raise NotFound
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    for person in (kept, dropped):
        profile = await uow.accounts.profile(person)
        if profile is None or profile.state is not PersonState.ACTIVE:
            raise NotFound
    moved = await uow.accounts.merge(kept, dropped)
    await uow.accounts.note_merge(
        {"kept": kept, "dropped": dropped, "by": by.id, "at": now, "reason": reason.strip()[:500], "moved": moved}
    )
    return moved

"""Giving seats away: everything here runs with the course locked, so that no seat is ever given twice.

A seat on offer is a taken seat. Offers lapse by the clock: whoever touches the course next (somebody applying, cancelling or
accepting, or the half-minutely round of `applications.lapse_offers`) takes the lapsed ones back first and offers them on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from classroom.admission import Waiting, accept_until, moving_up
from classroom.courses import Course
from classroom.enrolment import Book, Enrolment, EnrolmentState, seats_of
from classroom.fees import Charge, ChargeState, refund_won
from classroom.messages import MessageKind, about_course
from classroom.people import PersonId
from classroom.ports import UnitOfWork


async def settled_book(uow: UnitOfWork, course: Course, now: datetime) -> Book:
    """The seats of a locked course, after lapsed offers went to the next in line."""
    book = await uow.enrolments.book(course.id)
    if book.lapses_at is None or book.lapses_at > now:
        return book
    lapsed = [
        replace(each, state=EnrolmentState.LAPSED, offer_until=None, changed_at=now)
        for each in await uow.enrolments.in_state(course.id, EnrolmentState.OFFERED)
        if each.offer_until is not None and each.offer_until <= now
    ]
    await uow.enrolments.put_all(lapsed, course.municipality)
    await tell(uow, course, [each.person for each in lapsed], MessageKind.LAPSED, now)
    await move_up(uow, course, await uow.enrolments.book(course.id), now)
    return await uow.enrolments.book(course.id)


async def move_up(uow: UnitOfWork, course: Course, book: Book, now: datetime) -> None:
    """Offer free seats to those who wait, in order; once the course has begun nobody moves up by itself."""
    if not book.waiting or book.total >= course.capacity:
        return
    first = await uow.courses.first_starts_at(course.id)
    if first is not None and now >= first:
        return
    waiting = {each.person: each for each in await uow.enrolments.in_state(course.id, EnrolmentState.WAITING)}
    line = (Waiting(each.person, each.home, each.rank) for each in waiting.values())
    up = [waiting[each.person] for each in moving_up(seats_of(course, book), line)]
    if course.admission.accept_hours == 0:
        for each in up:
            await seat(uow, course, each, MessageKind.MOVED_UP, now)
        return
    until = accept_until(course.admission, first, now)
    offered = [replace(each, state=EnrolmentState.OFFERED, offer_until=until, changed_at=now) for each in up]
    await uow.enrolments.put_all(offered, course.municipality)
    await tell(uow, course, [each.person for each in offered], MessageKind.OFFERED, now, until=until.isoformat())


async def seat(uow: UnitOfWork, course: Course, who: Enrolment, kind: MessageKind | None, now: datetime) -> Enrolment:
    """A seat that is there; with a fee it is owed from now on."""
    seated = replace(who, state=EnrolmentState.ENROLLED, offer_until=None, changed_at=now)
    await take_in(uow, course, [seated], kind, now)
    return seated


async def take_in(uow: UnitOfWork, course: Course, seated: Sequence[Enrolment], kind: MessageKind | None, now: datetime) -> None:
    """Write down who has a seat from now on, and what they owe."""
    await uow.enrolments.put_all(seated, course.municipality)
    if course.admission.fee_won:
        for each in seated:
            owed = Charge(course.id, each.person, course.admission.fee_won, ChargeState.DUE, now)
            await uow.charges.put(owed, course.municipality)
    if kind is not None:
        await tell(uow, course, [each.person for each in seated], kind, now)


async def give_back(uow: UnitOfWork, course: Course, who: Enrolment, state: EnrolmentState, now: datetime) -> Enrolment:
    """Somebody leaves: what they paid comes back by the table, the seat goes to the next in line."""
    gone = replace(who, state=state, offer_until=None, changed_at=now)
    await uow.enrolments.put(gone, course.municipality)
    known = await uow.charges.get(course.id, who.person) if course.admission.fee_won else None
    if known is not None and known.state is ChargeState.DUE:
        await uow.charges.put(replace(known, state=ChargeState.DROPPED, changed_at=now), course.municipality)
    elif known is not None and known.state is ChargeState.PAID:
        times = [(lesson.starts_at, lesson.ends_at) for lesson in await uow.courses.lessons(course.id)]
        won = refund_won(known.won, times, now)
        refund = ChargeState.REFUND_DUE if won else ChargeState.PAID
        await uow.charges.put(replace(known, state=refund, refund_won=won, changed_at=now), course.municipality)
    await move_up(uow, course, await settled_book(uow, course, now), now)
    return gone


async def tell(
    uow: UnitOfWork, course: Course, people: Iterable[PersonId], kind: MessageKind, now: datetime, **more: object
) -> None:
    to = list(people)
    if to:
        await uow.messages.send(to, kind, about_course(course, **more), now)


async def tell_each(
    uow: UnitOfWork, course: Course, people: Mapping[PersonId, Mapping[str, object]], kind: MessageKind, now: datetime
) -> None:
    """`tell`, with something different for each."""
    if people:
        letters = {person: about_course(course, **more) for person, more in people.items()}
        await uow.messages.send_each(letters, kind, now)

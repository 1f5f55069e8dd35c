"""Applying for a course and everything that follows: accepting, drawing, deciding, paying."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from classroom.actions.courses import must_administer
from classroom.actions.people import municipality_of
from classroom.actions.seating import give_back, move_up, seat, settled_book, take_in, tell, tell_each
from classroom.admission import Mode, drawn_order, new_seed
from classroom.courses import Course, CourseState
from classroom.enrolment import ACTIVE, Enrolment, EnrolmentState, granted, seats_of
from classroom.errors import ClassroomError, NotFound, Refused
from classroom.fees import Charge, ChargeState
from classroom.messages import MessageKind
from classroom.people import CourseId, PersonId, Viewer
from classroom.ports import Transactions, UnitOfWork


async def apply(uow: UnitOfWork, *, course: CourseId, person: PersonId, now: datetime) -> Enrolment:
    """Apply: a seat, a waitlist place, or a place in the draw or on the pile, by the course's rule.

    Exact with any number of others at the same moment, and in the order they came. Raises Refused: "already-applied",
    "applications-not-open", "applications-closed", "course-full", "not-for-your-municipality", "site-not-open"; NotFound.
    """
    outcome = (await apply_in_turn(uow, course=course, people=[person], now=now))[person]
    if isinstance(outcome, ClassroomError):
        raise outcome
    return outcome


async def apply_in_turn(
    uow: UnitOfWork, *, course: CourseId, people: Collection[PersonId], now: datetime
) -> dict[PersonId, Enrolment | ClassroomError]:
    """`apply` for several people, as if they came one after the other: each gets an enrolment or a refusal of their own.

    One transaction for all costs hardly more than one for each: what makes two thousand within seconds bearable. Raises what is
    true for everybody: Refused("site-not-open"), NotFound.
    """
    found = await _locked(uow, course)
    if found.state is not CourseState.PUBLISHED:
        raise NotFound
    if not (await municipality_of(uow, found.municipality)).is_open:
        raise Refused("site-not-open")
    book = await settled_book(uow, found, now)
    is_late = now >= found.applies_until and found.admission.late
    first = await uow.courses.first_starts_at(course) if is_late else None
    outcomes: dict[PersonId, Enrolment | ClassroomError] = dict.fromkeys(people, NotFound())
    known = await uow.enrolments.standing(course, outcomes)
    places: dict[PersonId, int] = {}
    for person in [each for each in outcomes if each in known]:
        mine, home = known[person]
        try:
            outcomes[person] = one = granted(found, book, person, mine, home, now, first_starts_at=first)
        except Refused as refused:
            outcomes[person] = refused
            continue
        book = book.with_one_more(one)
        places[person] = book.waiting if one.state is EnrolmentState.WAITING else one.number
    new = [each for each in outcomes.values() if isinstance(each, Enrolment)]
    await take_in(uow, found, [each for each in new if each.state is EnrolmentState.ENROLLED], MessageKind.SEAT, now)
    waits = [each for each in new if each.state is EnrolmentState.WAITING]
    collected = [each for each in new if each.state is EnrolmentState.APPLIED]
    await uow.enrolments.put_all([*waits, *collected], found.municipality)
    await tell_each(uow, found, {each.person: {"place": places[each.person]} for each in waits}, MessageKind.WAITING, now)
    await tell_each(uow, found, {each.person: {"number": each.number} for each in collected}, MessageKind.APPLIED, now)
    return outcomes


async def refusals_in_sight(
    uow: UnitOfWork, course: Course, people: Collection[PersonId], now: datetime
) -> dict[PersonId, Refused]:
    """What `apply` would raise for certain for each of `people`, from one moment of the database, without taking the lock.

    Nobody is in it who might be granted something there: whenever the clock may free a seat, `apply` looks itself.
    """
    if course.state is not CourseState.PUBLISHED or now >= course.applies_until:
        return {}
    book = await uow.enrolments.book(course.id)
    if book.lapses_at is not None and book.lapses_at <= now:
        return {}
    refusals = {}
    for person, (mine, home) in (await uow.enrolments.standing(course.id, people)).items():
        try:
            granted(course, book, person, mine, home, now)
        except Refused as refused:
            refusals[person] = refused
    return refusals


async def enrol(uow: UnitOfWork, *, course: CourseId, person: PersonId, by: Viewer | None, now: datetime) -> Enrolment:
    """Staff seat somebody, outside the application window too but never beyond the capacity; they are told. Again is silent."""
    found = await uow.courses.lock(course)
    if found is None or await uow.people.get(person) is None:
        raise NotFound
    must_administer(by, found.municipality)
    book = await settled_book(uow, found, now)
    mine = await uow.enrolments.get(course, person)
    if mine is not None and mine.state is EnrolmentState.ENROLLED:
        return mine
    kind = MessageKind.SEAT if by else None
    if mine is not None and mine.state is EnrolmentState.OFFERED:
        return await seat(uow, found, mine, kind, now)
    if book.total >= found.capacity:
        raise Refused("course-full", capacity=found.capacity)
    if mine is None:
        home = await uow.enrolments.home_of(person)
        mine = Enrolment(course, person, EnrolmentState.APPLIED, now, now, book.last_number + 1, book.last_rank + 1, home)
    return await seat(uow, found, mine, kind, now)


async def cancel_application(uow: UnitOfWork, *, course: CourseId, person: PersonId, now: datetime) -> Enrolment:
    """Withdraw, or give the seat back: it goes to the next on the waitlist.

    Raises Refused: "not-applied", "course-over"; NotFound.
    """
    found = await _locked(uow, course)
    mine = await uow.enrolments.get(course, person)
    if mine is None or mine.state not in ACTIVE:
        raise Refused("not-applied")
    await _must_go_on(uow, found, mine, now)
    gone = await give_back(uow, found, mine, EnrolmentState.CANCELLED, now)
    await tell(uow, found, [person], MessageKind.CANCELLED, now)
    return gone


async def take_seat_back(uow: UnitOfWork, *, course: CourseId, person: PersonId, by: Viewer | None, now: datetime) -> Enrolment:
    """Staff cancel for somebody who asked them to, as `cancel_application`; with nothing to cancel Refused("not-seated")."""
    found = await _locked(uow, course)
    must_administer(by, found.municipality)
    mine = await uow.enrolments.get(course, person)
    if mine is None or mine.state not in ACTIVE:
        raise Refused("not-seated")
    await _must_go_on(uow, found, mine, now)
    gone = await give_back(uow, found, mine, EnrolmentState.CANCELLED, now)
    await tell(uow, found, [person], MessageKind.SEAT_BACK, now)
    return gone


async def accept_offer(uow: UnitOfWork, *, course: CourseId, person: PersonId, now: datetime) -> Enrolment:
    """Take the seat on offer. Again is silent. Raises Refused: "offer-lapsed", "no-offer"; NotFound.

    A lapsed offer is taken back by the clock even when this is refused: call `lapse_offers` for the course afterwards.
    """
    found = await _locked(uow, course)
    mine = await uow.enrolments.get(course, person)
    if mine is not None and mine.state is EnrolmentState.ENROLLED:
        return mine
    if mine is not None and mine.state is EnrolmentState.LAPSED:
        raise Refused("offer-lapsed")
    if mine is None or mine.state is not EnrolmentState.OFFERED or mine.offer_until is None:
        raise Refused("no-offer")
    if mine.offer_until <= now:
        raise Refused("offer-lapsed")
    return await seat(uow, found, mine, MessageKind.SEAT, now)


async def lapse_offers(uow: UnitOfWork, course: CourseId, now: datetime) -> None:
    """Offers whose time is over go to the next in line."""
    await settled_book(uow, await _locked(uow, course), now)


async def decide(
    uow: UnitOfWork, *, course: CourseId, person: PersonId, accepted: bool, by: Viewer | None, now: datetime
) -> Enrolment:
    """Staff say yes or no to an application. A yes without a free seat is a waitlist place where there is a waitlist.

    Raises Refused: "nothing-to-decide", "course-full"; NotFound when `by` may not.
    """
    found = await _locked(uow, course)
    must_administer(by, found.municipality)
    mine = await uow.enrolments.get(course, person)
    if mine is None or mine.state not in (EnrolmentState.APPLIED, EnrolmentState.WAITING):
        raise Refused("nothing-to-decide")
    if not accepted:
        declined = replace(mine, state=EnrolmentState.DECLINED, changed_at=now)
        await uow.enrolments.put(declined, found.municipality)
        await tell(uow, found, [person], MessageKind.DECLINED, now)
        return declined
    book = await settled_book(uow, found, now)
    if seats_of(found, book).has_seat(mine.home):
        return await seat(uow, found, mine, MessageKind.SEAT, now)
    if mine.state is EnrolmentState.WAITING or book.waiting >= found.admission.waitlist:
        raise Refused("course-full", capacity=found.capacity)
    waits = replace(mine, state=EnrolmentState.WAITING, changed_at=now)
    await uow.enrolments.put(waits, found.municipality)
    await tell(uow, found, [person], MessageKind.WAITING, now, place=book.waiting + 1)
    return waits


async def draw(uow: UnitOfWork, course: CourseId, *, by: Viewer | None, now: datetime) -> list[Enrolment]:
    """Draw the lottery: seats in drawn order as far as kept seats and quotas allow, the others onto the waitlist.

    The order follows from the seed alone, whose hash was shown before: anybody can repeat it. Returns everybody, in drawn order.
    Raises Refused: "draw-too-early", "drawn-already"; NotFound.
    """
    found = await _locked(uow, course)
    must_administer(by, found.municipality)
    if found.admission.mode != Mode.LOTTERY:
        raise NotFound
    if found.drawn_at is not None:
        raise Refused("drawn-already")
    if now < found.applies_until:
        raise Refused("draw-too-early", closed_at=found.applies_until)
    seed = await uow.courses.draw_seed(course)
    if seed is None:
        seed = new_seed()
        await uow.courses.set_draw_seed(course, seed)
    applied = {each.number: each for each in await uow.enrolments.in_state(course, EnrolmentState.APPLIED)}
    order = [applied[number] for number in drawn_order(seed, list(applied))]
    book = await settled_book(uow, found, now)
    seats, waiting = seats_of(found, book), book.waiting
    drawn: list[Enrolment] = []
    places: dict[PersonId, int] = {}
    for rank, each in enumerate(order, 1):
        state = EnrolmentState.NOT_DRAWN
        if seats.has_seat(each.home):
            seats.take(each.home)
            state = EnrolmentState.ENROLLED
        elif waiting < found.admission.waitlist:
            state = EnrolmentState.WAITING
            waiting += 1
            places[each.person] = waiting
        drawn.append(replace(each, rank=rank, state=state, changed_at=now))
    await take_in(uow, found, [each for each in drawn if each.state is EnrolmentState.ENROLLED], MessageKind.SEAT, now)
    others = [each for each in drawn if each.state is not EnrolmentState.ENROLLED]
    await uow.enrolments.put_all(others, found.municipality)
    await tell_each(uow, found, {person: {"place": place} for person, place in places.items()}, MessageKind.WAITING, now)
    not_drawn = [each.person for each in others if each.state is EnrolmentState.NOT_DRAWN]
    await tell(uow, found, not_drawn, MessageKind.NOT_DRAWN, now)
    await uow.courses.update(replace(found, drawn_at=now))
    return drawn


async def open_seats_again(uow: UnitOfWork, course: CourseId, now: datetime) -> None:
    """More seats, or other rules: whoever waits and can have one now is offered it."""
    found = await _locked(uow, course)
    await move_up(uow, found, await settled_book(uow, found, now), now)


async def settle_charge(
    uow: UnitOfWork, *, course: CourseId, person: PersonId, note: str, by: Viewer | None, now: datetime
) -> Charge:
    """Staff write down that what was due was paid, or that what was to come back was given back.

    Raises Refused("charge-state"), NotFound.
    """
    must_administer(by, (await _locked(uow, course)).municipality)
    return await note_settled(uow, course=course, person=person, note=note, now=now)


async def note_settled(uow: UnitOfWork, *, course: CourseId, person: PersonId, note: str, now: datetime) -> Charge:
    """What was due is paid, or what was to come back is given back. Raises Refused("charge-state"), NotFound."""
    found = await _locked(uow, course)
    known = await uow.charges.get(course, person)
    if known is None:
        raise NotFound
    following = {ChargeState.DUE: ChargeState.PAID, ChargeState.REFUND_DUE: ChargeState.REFUNDED}
    if known.state not in following:
        raise Refused("charge-state")
    settled = replace(known, state=following[known.state], note=note.strip()[:500], changed_at=now)
    await uow.charges.put(settled, found.municipality)
    if settled.state is ChargeState.REFUNDED:
        await tell(uow, found, [person], MessageKind.REFUND, now, won=settled.refund_won)
    return settled


async def round_of_offers(store: Transactions, lapsed: list[CourseId], drawable: list[CourseId], now: datetime) -> None:
    """What happens by the clock: pass what `queries.due_seats` answers, every half minute."""
    for course in lapsed:
        async with store.writing() as uow:
            await lapse_offers(uow, course, now)
    for course in drawable:
        async with store.writing() as uow:
            found = await uow.courses.lock(course)
            if found is not None and found.drawn_at is None and now >= found.applies_until:
                await draw(uow, course, by=None, now=now)


async def _locked(uow: UnitOfWork, course: CourseId) -> Course:
    """Raises NotFound."""
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    return found


async def _must_go_on(uow: UnitOfWork, course: Course, mine: Enrolment, now: datetime) -> None:
    """What was learned to its end is no application any more: cancelling would take it out of the history. Raises Refused."""
    if mine.state is not EnrolmentState.ENROLLED:
        return
    lessons = await uow.courses.lessons(course.id)
    is_over = bool(lessons) and all(each.state(now) == "ended" for each in lessons)
    if is_over or mine.person in await uow.certificates.holders(course.id):
        raise Refused("course-over")

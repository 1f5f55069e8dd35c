"""Issuing and revoking certificates."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime

from classroom.actions.courses import must_administer
from classroom.actions.people import municipality_of
from classroom.actions.study import WatchSums, watch_sums
from classroom.attendance import Verdict
from classroom.certificates import Certificate, Progress, new_code, paper, progress
from classroom.completion import Evidence, Standing, standing
from classroom.courses import Course
from classroom.errors import Invalid, NotFound, Refused
from classroom.history import SEOUL, HistoryYear
from classroom.people import CertificateId, CourseId, MunicipalityCode, PersonId, Viewer, new_id
from classroom.ports import Transactions, UnitOfWork
from classroom.sites import Logo
from classroom.statements import Statement, StatementId, lines_of
from classroom.watching import MakeUpRule, make_up

AT_ONCE = 200
"""Certificates per transaction when staff issue to a whole course."""


async def issue_certificate(
    uow: UnitOfWork, *, course: CourseId, person: PersonId, by: Viewer | None = None, now: datetime
) -> Certificate:
    """The certificate of one person for one course; the same one, with its number, however often it is asked for.

    Raises Refused: "not-earned" (fields `share`, `needed`), "certificate-revoked"; NotFound.
    """
    found = await uow.courses.lock(course)
    someone = await uow.people.get(person)
    if found is None or someone is None:
        raise NotFound
    must_administer(by, found.municipality)
    known = await uow.certificates.of(course, person)
    if known is not None:
        if known.revoked_at is not None:
            raise Refused("certificate-revoked")
        return known
    earned = (await standings(uow, found, [person]))[person]
    if not (earned.is_earned and found.completion.certificate):
        raise Refused("not-earned", share=round(earned.progress.share, 3), needed=found.completion.minimum_share)
    return (await _issue(uow, found, [(person, someone.name, earned.progress)], now))[0]


async def issue_earned(
    uow: UnitOfWork, course: CourseId, now: datetime, *, people: Sequence[PersonId] | None = None, chosen: bool = False
) -> list[Certificate]:
    """What an event calls: issue to everybody enrolled (or to `people`) who has completed the course and has none yet.

    Nothing where staff choose the day (`CompletionRule.automatic`), unless this is what was `chosen`. Returns the new ones.
    """
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    if not found.completion.certificate or not (found.completion.automatic or chosen):
        return []
    names = await uow.enrolments.enrolled(course)
    if people is not None:
        names = {person: names[person] for person in people if person in names}
    holders = await uow.certificates.holders(course)
    left = [each for each in names if each not in holders]
    earned = await standings(uow, found, left if people is not None else None)
    due = [
        (each, names[each], earned[each].progress)
        for each in sorted(left, key=lambda each: (names[each], each))
        if each in earned and earned[each].is_earned
    ]
    return await _issue(uow, found, due, now) if due else []


async def due_people(uow: UnitOfWork, course: CourseId) -> list[PersonId]:
    """Who has completed the course and has no certificate yet, by name. Raises NotFound."""
    found = await uow.courses.get(course)
    if found is None:
        raise NotFound
    names, holders = await uow.enrolments.enrolled(course), await uow.certificates.holders(course)
    earned = await standings(uow, found)
    due = [person for person in names if person not in holders and earned[person].is_earned]
    return sorted(due, key=lambda person: (names[person], person)) if found.completion.certificate else []


async def issue_in_bulk(
    store: Transactions, course: CourseId, *, by: Viewer | None, now: datetime
) -> AsyncIterator[tuple[int, int]]:
    """Issue to all who are due, piece by piece; yields (done, of how many). Broken off and begun again, it goes on.

    Each piece is a short transaction: a class that runs meanwhile has its facts written. Raises NotFound.
    """
    async with store.reading() as uow:
        found = await uow.courses.get(course)
        if found is None:
            raise NotFound
        must_administer(by, found.municipality)
        due = await due_people(uow, course)
    for start in range(0, len(due), AT_ONCE):
        async with store.writing() as uow:
            await issue_earned(uow, course, now, people=due[start : start + AT_ONCE], chosen=True)
        yield min(start + AT_ONCE, len(due)), len(due)


async def reissue_certificate(
    uow: UnitOfWork, certificate: CertificateId, *, reason: str, by: Viewer, now: datetime
) -> Certificate:
    """With the person's name as it is today and today's seal; number and code stay, and so does what was there before.

    A revoked one is good again. Raises Invalid("reason-missing"), NotFound.
    """
    found = await uow.certificates.get(certificate)
    if found is None:
        raise NotFound
    must_administer(by, found.municipality)
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    someone = await uow.people.get(found.person)
    seal = await uow.certificates.seal(found.municipality)
    assert someone is not None, "certificates belong to people"
    renewed = replace(found.paper, name=someone.name, seal=seal.mark if seal else "")
    await uow.certificates.replace_paper(found, renewed, reason.strip()[:500], by.id, now)
    return replace(found, paper=renewed, revoked_at=None, revoked_reason=None)


async def set_seal(uow: UnitOfWork, municipality: MunicipalityCode, seal: Logo, *, by: Viewer, now: datetime) -> None:
    """From now on certificates carry it; those issued before keep theirs. Raises NotFound."""
    must_administer(by, municipality)
    await municipality_of(uow, municipality)
    await uow.certificates.put_seal(municipality, seal, by.id, now)


async def state_learning(uow: UnitOfWork, *, viewer: Viewer, years: Sequence[HistoryYear], now: datetime) -> Statement:
    """A statement of everything `years` hold, frozen. Raises Refused("nothing-learned")."""
    lines = lines_of(years)
    if not lines:
        raise Refused("nothing-learned")
    statement = Statement(StatementId(new_id()), new_code(), viewer.id, now, viewer.person.name, lines)
    await uow.certificates.add_statement(statement)
    return statement


async def standings(uow: UnitOfWork, course: Course, people: Sequence[PersonId] | None = None) -> dict[PersonId, Standing]:
    """Of `people`, or for None of everybody enrolled: every condition of the course, met or missing.

    A fixed number of statements, however many they are.
    """
    lessons = await uow.courses.lessons(course.id)
    verdicts = await uow.attendance.of_course(course.id, people)
    tasks = await uow.completions.tasks(course.id)
    evidence = await uow.completions.evidence(course.id, people)
    rule = course.completion
    watched = await uow.watching.of_course(course.id, people) if rule.makeup_weight else {}
    sums = await watch_sums(uow, course.id, people) if rule.watch_share else WatchSums()
    makes_up = MakeUpRule(bool(rule.makeup_weight), rule.makeup_days, rule.makeup_weight)
    found: dict[PersonId, Standing] = {}
    for person in people if people is not None else await uow.enrolments.enrolled(course.id):
        done = evidence.get(person, Evidence())
        # Who has no row in a lesson that was held came to the course later: absent.
        mine = [verdicts[each.id].get(person, Verdict.ABSENT) if each.id in verdicts else None for each in lessons]
        seen = watched.get(person, {})
        missed = [each for each, verdict in zip(lessons, mine, strict=True) if verdict is Verdict.ABSENT]
        made_up = sum(make_up(seen.get(each.id), makes_up, each.ends_at) > 0 for each in missed)
        watched_s, length_s = sums.of(person)
        done = replace(done, watched_s=watched_s, length_s=length_s)
        found[person] = standing(progress(mine, rule, made_up), rule, tasks, done)
    return found


async def revoke_certificate(
    uow: UnitOfWork, certificate: CertificateId, *, reason: str, by: Viewer | None, now: datetime
) -> None:
    """It stays in the register and verifies as revoked. Raises Invalid("reason-missing"), NotFound. Twice is silent."""
    found = await uow.certificates.get(certificate)
    if found is None:
        raise NotFound
    must_administer(by, found.municipality)
    if not reason.strip():
        raise Invalid("reason-missing", field="reason")
    if found.revoked_at is None:
        await uow.certificates.revoke(certificate, reason.strip()[:500], now)


async def _issue(uow: UnitOfWork, course: Course, due: list[tuple[PersonId, str, Progress]], now: datetime) -> list[Certificate]:
    """To all of `due`, with consecutive numbers."""
    lessons = await uow.courses.lessons(course.id)
    items = [each for each in await uow.course_items.of_course(course.id) if each.needed and each.is_shown]
    items_s = sum(each.length_s for each in items)
    municipality = await municipality_of(uow, course.municipality)
    year = now.astimezone(SEOUL).year
    first = await uow.certificates.next_number(course.municipality, year, len(due))
    seal = await uow.certificates.seal(course.municipality)
    issued = [
        Certificate(
            CertificateId(new_id()),
            new_code(),
            course.municipality,
            course.id,
            person,
            now,
            paper(number, municipality, course, lessons, name, earned, now, seal.mark if seal else "", items_s),
        )
        for number, (person, name, earned) in enumerate(due, first)
    ]
    await uow.certificates.add(list(enumerate(issued, first)), year)
    return issued

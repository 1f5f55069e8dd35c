"""Issuing and revoking certificates."""

from datetime import datetime

from classroom.actions.courses import must_administer
from classroom.actions.people import municipality_of
from classroom.attendance import Verdict
from classroom.certificates import Certificate, Progress, checked_earned, new_code, paper, progress
from classroom.courses import Course, Lesson
from classroom.errors import Invalid, NotFound, Refused
from classroom.history import SEOUL
from classroom.people import CertificateId, CourseId, PersonId, Viewer, new_id
from classroom.ports import UnitOfWork


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
    lessons = await uow.courses.lessons(course)
    earned = (await _progress(uow, found, lessons)).get(person)
    checked_earned(earned or progress([None] * len(lessons), found.completion), found.completion)
    assert earned is not None, "nothing attended is nothing earned"
    return (await _issue(uow, found, lessons, [(person, someone.name, earned)], now))[0]


async def issue_earned(uow: UnitOfWork, course: CourseId, now: datetime) -> list[Certificate]:
    """Issue to everybody enrolled who has completed the course and has no certificate yet; returns the new ones."""
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    lessons = await uow.courses.lessons(course)
    earned = {person: each for person, each in (await _progress(uow, found, lessons)).items() if each.is_earned}
    if not earned or not found.completion.certificate:
        return []
    holders = await uow.certificates.holders(course)
    names = await uow.enrolments.enrolled(course)
    due = [
        (person, name, earned[person])
        for person, name in sorted(names.items(), key=lambda item: (item[1], item[0]))
        if person in earned and person not in holders
    ]
    return await _issue(uow, found, lessons, due, now) if due else []


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


async def _progress(uow: UnitOfWork, course: Course, lessons: list[Lesson]) -> dict[PersonId, Progress]:
    """Of everybody with at least one verdict."""
    verdicts = await uow.attendance.of_course(course.id)
    people = {person for rows in verdicts.values() for person in rows}
    return {
        person: progress(
            # Who has no row in a lesson that was held came to the course later: absent.
            [verdicts[lesson.id].get(person, Verdict.ABSENT) if lesson.id in verdicts else None for lesson in lessons],
            course.completion,
        )
        for person in people
    }


async def _issue(
    uow: UnitOfWork, course: Course, lessons: list[Lesson], due: list[tuple[PersonId, str, Progress]], now: datetime
) -> list[Certificate]:
    """To all of `due`, with consecutive numbers."""
    municipality = await municipality_of(uow, course.municipality)
    year = now.astimezone(SEOUL).year
    first = await uow.certificates.next_number(course.municipality, year, len(due))
    issued = [
        Certificate(
            CertificateId(new_id()),
            new_code(),
            course.municipality,
            course.id,
            person,
            now,
            paper(number, municipality, course, lessons, name, earned, now),
        )
        for number, (person, name, earned) in enumerate(due, first)
    ]
    await uow.certificates.add(list(enumerate(issued, first)), year)
    return issued

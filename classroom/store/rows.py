"""Rows of tables ↔ the domain's frozen data."""

from dataclasses import fields
from datetime import datetime
from typing import Any

from classroom.admission import AdmissionRule
from classroom.attendance import Attendance, Interval, Verdict
from classroom.catalogue import Recording, RecordingState
from classroom.certificates import Certificate, Paper
from classroom.courses import Course, CourseKind, CourseState, Lesson, OnlineItem
from classroom.enrolment import Enrolment, EnrolmentState
from classroom.events import Fact
from classroom.municipalities import Municipality
from classroom.people import Grant, MunicipalityCode, Person, PersonId, Role
from classroom.rules import AttendanceRule, CompletionRule
from classroom.texts import Text


def text(row: Any, name: str) -> Text:
    """The pair of columns `name_ko`, `name_en`; `row` may be a row or a mapping."""
    values = row._mapping
    return Text(values[f"{name}_ko"], values[f"{name}_en"])


def _texts(**texts: Text) -> dict[str, str]:
    return {f"{name}_{locale}": getattr(each, locale) for name, each in texts.items() for locale in ("ko", "en")}


def _columns(record: Any, *without: str) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record) if each.name not in without}


def municipality(row: Any) -> Municipality:
    return Municipality(row.code, text(row, "name"), row.short, row.brand, row.phone, row.opened_at, row.logo)


def person(row: Any) -> Person:
    return Person(row.id, row.email, row.name, row.locale, row.home, row.created_at)


def grant(role: str, code: str | None) -> Grant:
    return Grant(Role(role), MunicipalityCode(code) if code is not None else None)


def course(row: Any) -> Course:
    return Course(
        row.id,
        row.municipality,
        row.slug,
        text(row, "title"),
        text(row, "summary"),
        text(row, "description"),
        row.category,
        CourseKind(row.kind),
        row.instructor,
        text(row, "place"),
        row.capacity,
        row.applies_from,
        row.applies_until,
        AttendanceRule(**row.attendance),
        CompletionRule(**row.completion),
        row.auto_record,
        CourseState(row.state),
        AdmissionRule(**row.admission),
        row.level,
        row.audience,
        row.version,
        row.drawn_at,
    )


def course_values(each: Course) -> dict[str, Any]:
    values = _columns(each, "title", "summary", "description", "place", "attendance", "completion", "admission", "kind", "state")
    rules = {
        "attendance": each.attendance.to_json(),
        "completion": each.completion.to_json(),
        "admission": each.admission.to_json(),
    }
    texts = _texts(title=each.title, summary=each.summary, description=each.description, place=each.place)
    return values | texts | rules | {"kind": str(each.kind), "state": str(each.state)}


def lesson(row: Any) -> Lesson:
    return Lesson(
        row.id,
        row.course,
        row.municipality,
        row.number,
        text(row, "title"),
        row.starts_at,
        row.ends_at,
        row.started_at,
        row.ended_at,
        row.substitute,
        row.captioner,
        row.cancelled_at,
        row.cancel_reason,
        row.sequence,
    )


def lesson_values(each: Lesson) -> dict[str, Any]:
    return _columns(each, "title") | _texts(title=each.title)


def enrolment(row: Any) -> Enrolment:
    return Enrolment(
        row.course,
        row.person,
        EnrolmentState(row.state),
        row.applied_at,
        row.changed_at,
        row.number,
        row.rank,
        row.home,
        row.offer_until,
    )


def item(row: Any) -> OnlineItem:
    texts = (text(row, "title"), text(row, "summary"), text(row, "body"))
    return OnlineItem(row.id, row.municipality, *texts, row.category, row.minutes, row.published_at, row.recording)


def item_values(each: OnlineItem) -> dict[str, Any]:
    values = _columns(each, "title", "summary", "body")
    return values | _texts(title=each.title, summary=each.summary, body=each.body)


def fact(row: Any) -> Fact:
    return Fact(row.id, row.lesson, row.at, row.type, row.data)


def intervals_json(intervals: tuple[Interval, ...]) -> list[list[str]]:
    return [[each.begin.isoformat(), each.end.isoformat()] for each in intervals]


def attendance(row: Any) -> Attendance:
    intervals = tuple(Interval(datetime.fromisoformat(begin), datetime.fromisoformat(end)) for begin, end in row.intervals)
    return Attendance(PersonId(row.person), row.name, intervals, Verdict(row.verdict))


def recording(row: Any) -> Recording:
    return Recording(
        row.id,
        row.lesson,
        row.course,
        row.municipality,
        row.instructor,
        text(row, "title"),
        RecordingState(row.state),
        row.started_at,
        row.duration_s,
        tuple(row.gaps),
        row.manifest,
        row.path,
        row.thumbnail,
        row.keys,
        row.published,
        row.shared,
        row.failure,
        row.kept,
        row.deleted_at,
    )


def recording_values(each: Recording) -> dict[str, Any]:
    values = _columns(each, "title", "state", "gaps")
    return values | _texts(title=each.title) | {"state": str(each.state), "gaps": list(each.gaps)}


def certificate(row: Any) -> Certificate:
    return Certificate(
        row.id,
        row.code,
        row.municipality,
        row.course,
        row.person,
        row.issued_at,
        Paper.from_json(row.paper),
        row.revoked_at,
        row.revoked_reason,
    )

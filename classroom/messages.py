"""Messages to people: what happened, as data. The words are written by the web, in the language of who reads them (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from classroom.courses import Course, Lesson
from classroom.people import PersonId

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)
"""How long after the first, second … failed try a mail is tried again; after the last it is given up."""


class MessageKind(StrEnum):
    SEAT = "seat"
    APPLIED = "applied"
    WAITING = "waiting"
    OFFERED = "offered"
    MOVED_UP = "moved-up"
    LAPSED = "lapsed"
    NOT_DRAWN = "not-drawn"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    SEAT_BACK = "seat-back"
    CALLED_OFF = "called-off"
    LESSON_MOVED = "lesson-moved"
    LESSON_CANCELLED = "lesson-cancelled"
    SUBSTITUTE = "substitute"
    CAPTIONER = "captioner"
    REMINDER = "reminder"
    REFUND = "refund"
    STORAGE_LOW = "storage-low"
    STORAGE_FULL = "storage-full"
    RECORDING_STOPPED = "recording-stopped"
    STORAGE_WELL = "storage-well"


@dataclass(frozen=True, slots=True)
class Message:
    """One line of somebody's inbox."""

    id: str
    person: PersonId
    kind: str
    data: Mapping[str, Any]
    at: datetime
    read_at: datetime | None = None


def about_course(course: Course, **more: Any) -> dict[str, Any]:
    """What a message about a course carries: enough to name it and to link to it."""
    return {
        "municipality": course.municipality,
        "slug": course.slug,
        "course_ko": course.title.ko,
        "course_en": course.title.en,
    } | more


def about_lesson(course: Course, lesson: Lesson, **more: Any) -> dict[str, Any]:
    times = {"starts_at": lesson.starts_at.isoformat(), "ends_at": lesson.ends_at.isoformat()}
    return about_course(course, lesson=lesson.id, number=lesson.number, **times, **more)


def try_again_at(tries: int, now: datetime) -> datetime | None:
    """When a mail that failed `tries` times is tried again; None: given up."""
    return now + RETRY_AFTER[tries - 1] if tries <= len(RETRY_AFTER) else None

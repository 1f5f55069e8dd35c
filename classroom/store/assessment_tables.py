"""The tables of what a course asks for beside coming: quizzes, assignments, surveys, excuses and the files handed in.

`survey_answers` and `survey_receipts` share nothing but the course: no time, no order, no person beside an answer.
"""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from classroom.store.tables import metadata
from classroom.store.types import Json, UtcDateTime


def _course() -> tuple[Column[str], Column[str]]:
    return (
        Column("course", String(64), ForeignKey("courses.id"), nullable=False, index=True),
        Column("municipality", String(64), ForeignKey("municipalities.code"), nullable=False),
    )


def _title() -> tuple[Column[str], Column[str]]:
    return Column("title_ko", Text, nullable=False), Column("title_en", Text, nullable=False)


def _person(name: str = "person", *, nullable: bool = False, key: bool = False) -> Column[str]:
    return Column(name, String(64), ForeignKey("people.id"), nullable=nullable, primary_key=key, index=not key)


quizzes = Table(
    "quizzes",
    metadata,
    Column("id", String(64), primary_key=True),
    *_course(),
    *_title(),
    Column("questions", Json, nullable=False),
    Column("pass_percent", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("opens_at", UtcDateTime, nullable=True),
    Column("closes_at", UtcDateTime, nullable=True),
    Column("minutes", Integer, nullable=False),
    Column("shuffled", Boolean, nullable=False),
    Column("needed", Boolean, nullable=False),
)
quiz_attempts = Table(
    "quiz_attempts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("quiz", String(64), ForeignKey("quizzes.id"), nullable=False),
    *_course(),
    _person(),
    Column("number", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=True),
    Column("answers", Json, nullable=True),
    Column("percent", Integer, nullable=True),
    Column("submitted_at", UtcDateTime, nullable=True),
    UniqueConstraint("quiz", "person", "number"),
)
uploads = Table(
    "uploads",
    metadata,
    Column("id", String(64), primary_key=True),
    _person(),
    *_course(),
    Column("name", String(200), nullable=False),
    Column("mime", String(40), nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
assignments = Table(
    "assignments",
    metadata,
    Column("id", String(64), primary_key=True),
    *_course(),
    *_title(),
    Column("instructions", Text, nullable=False),
    Column("due_at", UtcDateTime, nullable=True),
    Column("needed", Boolean, nullable=False),
)
submissions = Table(
    "submissions",
    metadata,
    Column("assignment", String(64), ForeignKey("assignments.id"), primary_key=True),
    _person(key=True),
    *_course(),
    Column("text", Text, nullable=False),
    Column("upload", String(64), ForeignKey("uploads.id"), nullable=True),
    Column("state", String(20), nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("score", Integer, nullable=True),
    Column("feedback", Text, nullable=False),
    _person("graded_by", nullable=True),
    Column("graded_at", UtcDateTime, nullable=True),
)
survey_answers = Table(
    "survey_answers",
    metadata,
    # A random id and no row number: what lies in the file tells nothing of the order people answered in.
    Column("id", String(64), primary_key=True),
    *_course(),
    Column("ratings", Json, nullable=False),
    Column("comment", Text, nullable=False),
    sqlite_with_rowid=False,
)
survey_receipts = Table(
    "survey_receipts",
    metadata,
    Column("course", String(64), ForeignKey("courses.id"), primary_key=True),
    _person(key=True),
    sqlite_with_rowid=False,
)
excuses = Table(
    "excuses",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("lesson", String(64), ForeignKey("lessons.id"), nullable=False),
    *_course(),
    _person(),
    Column("reason", Text, nullable=False),
    Column("upload", String(64), ForeignKey("uploads.id"), nullable=True),
    Column("state", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    _person("decided_by", nullable=True),
    Column("decided_at", UtcDateTime, nullable=True),
    Column("answer", Text, nullable=False),
    Index("ix_excuses_lesson_person", "lesson", "person"),
)
municipal_rules = Table(
    "municipal_rules",
    metadata,
    Column("municipality", String(64), ForeignKey("municipalities.code"), primary_key=True),
    Column("attendance", Json, nullable=False),
    Column("completion", Json, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

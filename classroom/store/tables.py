"""The tables. Every row that belongs to a municipality carries its code, also where a join would tell: scoping needs no join.

`facts`, `attendance_corrections` and `access_log` are append-only: triggers made by the migrations refuse UPDATE and DELETE
(but let the name of an erased person be taken out of a fact).
`attendance` is derived from `facts` and can be thrown away.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
)

from classroom.store.types import NAMING, Json, UtcDateTime

metadata = MetaData(naming_convention=NAMING)
APPEND_ONLY = ("facts", "attendance_corrections", "access_log")
_Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up by itself only an INTEGER primary key."""


def _id(*constraints: Any) -> Column[str]:
    return Column("id", String(64), *constraints, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False, primary_key: bool = False, index: bool = False) -> Column[Any]:
    return Column(name, String(64), ForeignKey(target), nullable=nullable, primary_key=primary_key, index=index)


def _at(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable)


def _texts(name: str) -> tuple[Column[str], Column[str]]:
    return Column(f"{name}_ko", Text, nullable=False), Column(f"{name}_en", Text, nullable=False)


municipalities = Table(
    "municipalities",
    metadata,
    Column("code", String(64), primary_key=True),
    *_texts("name"),
    Column("short", String(20), nullable=False),
    Column("brand", String(7), nullable=False),
    Column("phone", String(40), nullable=False),
    _at("opened_at", nullable=True),
    Column("logo", String(16), nullable=True),
)
people = Table(
    "people",
    metadata,
    _id(),
    Column("email", String(254), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("name", String(80), nullable=False),
    Column("locale", String(2), nullable=False),
    _ref("home", "municipalities.code", nullable=True, index=True),
    _at("created_at"),
    Index("ix_people_name_id", "name", "id"),
    Column("state", String(20), nullable=False, server_default="active"),
    Column("born_on", Date, nullable=True),
    _at("closed_at", nullable=True),
    Index("ix_people_name", "name"),
    Index("ix_people_state_closed_at", "state", "closed_at"),
)
home_moves = Table(
    "home_moves",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    _ref("person", "people.id", index=True),
    _ref("municipality", "municipalities.code"),
    _at("since"),
)
role_grants = Table(
    "role_grants",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    _ref("person", "people.id"),
    Column("role", String(40), nullable=False),
    _ref("municipality", "municipalities.code", nullable=True, index=True),
    _at("granted_at"),
)
Index("uq_role_grants", role_grants.c.person, role_grants.c.role, func.coalesce(role_grants.c.municipality, ""), unique=True)
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    _ref("person", "people.id", index=True),
    _at("created_at"),
    _at("expires_at"),
    _at("revoked_at", nullable=True),
)
courses = Table(
    "courses",
    metadata,
    _id(),
    _ref("municipality", "municipalities.code"),
    Column("slug", String(64), nullable=False),
    *_texts("title"),
    *_texts("summary"),
    *_texts("description"),
    Column("category", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    _ref("instructor", "people.id", nullable=True, index=True),
    *_texts("place"),
    Column("capacity", Integer, nullable=False),
    _at("applies_from"),
    _at("applies_until"),
    Column("attendance", Json, nullable=False),
    Column("completion", Json, nullable=False),
    Column("auto_record", Boolean, nullable=False),
    Column("state", String(20), nullable=False),
    Column("admission", Json, nullable=False, server_default="{}"),
    Column("level", String(20), nullable=False, server_default="all"),
    Column("audience", String(20), nullable=False, server_default="everybody"),
    Column("version", Integer, nullable=False, server_default="1"),
    # Secret until the lottery is drawn.
    Column("draw_seed", String(64), nullable=True),
    _at("drawn_at", nullable=True),
    UniqueConstraint("municipality", "slug"),
    CheckConstraint("capacity >= 1", name="capacity"),
)
lessons = Table(
    "lessons",
    metadata,
    _id(),
    _ref("course", "courses.id"),
    _ref("municipality", "municipalities.code"),
    Column("number", Integer, nullable=False),
    *_texts("title"),
    _at("starts_at"),
    _at("ends_at"),
    _at("started_at", nullable=True),
    _at("ended_at", nullable=True),
    _at("settled_at", nullable=True),
    # No foreign keys: SQLite adds none to a table that exists.
    Column("substitute", String(64), nullable=True, index=True),
    Column("captioner", String(64), nullable=True, index=True),
    _at("cancelled_at", nullable=True),
    Column("cancel_reason", Text, nullable=False, server_default=""),
    Column("sequence", Integer, nullable=False, server_default="0"),
    _at("reminded_at", nullable=True),
    UniqueConstraint("course", "number"),
    CheckConstraint("ends_at > starts_at", name="times"),
    Index("ix_lessons_municipality_starts_at", "municipality", "starts_at"),
    Index("ix_lessons_starts_at", "starts_at"),
    Index("ix_lessons_ends_at_starts_at", "ends_at", "starts_at"),
    Index("ix_lessons_municipality_ends_at_starts_at", "municipality", "ends_at", "starts_at"),
)
enrolments = Table(
    "enrolments",
    metadata,
    _ref("course", "courses.id", primary_key=True),
    _ref("person", "people.id", primary_key=True, index=True),
    _ref("municipality", "municipalities.code"),
    Column("state", String(20), nullable=False),
    _at("applied_at"),
    _at("changed_at"),
    Column("number", Integer, nullable=False, server_default="0"),
    Column("rank", Integer, nullable=False, server_default="0"),
    Column("home", String(64), nullable=True),
    _at("offer_until", nullable=True),
    Index("ix_enrolments_course_state", "course", "state"),
    Index("ix_enrolments_offer_until", "offer_until"),
    Index("ix_enrolments_applied_at", "applied_at"),
    Index("ix_enrolments_municipality_applied_at", "municipality", "applied_at"),
)
online_items = Table(
    "online_items",
    metadata,
    _id(),
    _ref("municipality", "municipalities.code", index=True),
    *_texts("title"),
    *_texts("summary"),
    *_texts("body"),
    Column("category", String(40), nullable=False),
    Column("minutes", Integer, nullable=False),
    _at("published_at"),
    Column("recording", String(64), nullable=True),
    Index("ix_online_items_published_at", "published_at"),
)
facts = Table(
    "facts",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("id", String(64), nullable=False, unique=True),
    # No foreign key: the log takes whatever happened, also in a lesson this database does not know.
    Column("lesson", String(64), nullable=False),
    _at("at"),
    Column("type", String(40), nullable=False),
    Column("data", Json, nullable=False),
    _at("arrived_at"),
    Index("ix_facts_lesson_at_number", "lesson", "at", "number"),
    Index("ix_facts_lesson_type_number", "lesson", "type", "number"),
    sqlite_autoincrement=True,
)
attendance = Table(
    "attendance",
    metadata,
    _ref("lesson", "lessons.id", primary_key=True),
    # No foreign key: a guest with a ticket from the command line has no account.
    Column("person", String(64), primary_key=True, index=True),
    _ref("course", "courses.id", index=True),
    _ref("municipality", "municipalities.code"),
    Column("name", String(200), nullable=False),
    Column("intervals", Json, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("verdict", String(20), nullable=False),
    _at("derived_at"),
    Index("ix_attendance_derived_at_verdict", "derived_at", "verdict"),
    Index("ix_attendance_municipality_derived_at_verdict", "municipality", "derived_at", "verdict"),
)
attendance_corrections = Table(
    "attendance_corrections",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    _ref("lesson", "lessons.id"),
    Column("person", String(64), nullable=False),
    _ref("course", "courses.id", index=True),
    _ref("municipality", "municipalities.code"),
    Column("original", String(20), nullable=False),
    Column("verdict", String(20), nullable=False),
    Column("reason", Text, nullable=False),
    _ref("by", "people.id"),
    _at("at"),
    Index("ix_attendance_corrections_lesson_person", "lesson", "person"),
)
recordings = Table(
    "recordings",
    metadata,
    _id(),
    # A ready-made video has neither lesson nor course.
    Column("lesson", String(64), ForeignKey("lessons.id"), nullable=True, unique=True),
    _ref("course", "courses.id", nullable=True, index=True),
    _ref("municipality", "municipalities.code"),
    _ref("instructor", "people.id", nullable=True, index=True),
    *_texts("title"),
    Column("state", String(20), nullable=False, index=True),
    _at("started_at"),
    _at("changed_at"),
    Column("duration_s", Float, nullable=True),
    Column("gaps", Json, nullable=False),
    Column("manifest", Text, nullable=True),
    Column("path", Text, nullable=True),
    Column("thumbnail", Text, nullable=True),
    Column("keys", Json, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("failure", Text, nullable=True),
    Column("kept", Boolean, nullable=False, server_default=false()),
    _at("deleted_at", nullable=True),
    Column("deleted_reason", String(200), nullable=True),
    _at("purged_at", nullable=True),
    Column("size_bytes", BigInteger, nullable=True),
    _at("measured_at", nullable=True),
    Column("search", Text, nullable=False, server_default=""),
    Index("ix_recordings_municipality_started_at", "municipality", "started_at"),
    Index("ix_recordings_started_at", "started_at"),
)
certificates = Table(
    "certificates",
    metadata,
    _id(),
    Column("code", String(12), nullable=False, unique=True),
    _ref("municipality", "municipalities.code"),
    Column("year", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    _ref("course", "courses.id"),
    _ref("person", "people.id", index=True),
    _at("issued_at"),
    Column("paper", Json, nullable=False),
    _at("revoked_at", nullable=True),
    Column("revoked_reason", Text, nullable=True),
    Index("ix_certificates_issued_at", "issued_at"),
    Index("ix_certificates_municipality_issued_at", "municipality", "issued_at"),
    UniqueConstraint("municipality", "year", "number"),
    UniqueConstraint("course", "person"),
)
certificate_series = Table(
    "certificate_series",
    metadata,
    _ref("municipality", "municipalities.code", primary_key=True),
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("last", Integer, nullable=False),
)
access_log = Table(
    "access_log",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    _at("at"),
    Column("actor", String(64), nullable=True),
    Column("address", String(64), nullable=False),
    Column("person", String(64), nullable=True, index=True),
    Column("what", String(200), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("municipality", String(64), nullable=True, index=True),
    Column("chain", String(64), nullable=False),
    Index("ix_access_log_at", "at"),
    sqlite_autoincrement=True,
)

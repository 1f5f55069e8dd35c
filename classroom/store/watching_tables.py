"""Tables of what people have watched. `watched` is one row per person and recording, `watch_clocks` one per person."""

from sqlalchemy import Column, Float, ForeignKey, String, Table

from classroom.store.tables import metadata
from classroom.store.types import Json, UtcDateTime

watched = Table(
    "watched",
    metadata,
    Column("recording", String(64), ForeignKey("recordings.id"), primary_key=True),
    Column("person", String(64), ForeignKey("people.id"), primary_key=True, index=True),
    # Also where a join would tell: completion asks by course and by lesson.
    Column("course", String(64), ForeignKey("courses.id"), nullable=True, index=True),
    Column("lesson", String(64), ForeignKey("lessons.id"), nullable=True),
    Column("municipality", String(64), ForeignKey("municipalities.code"), nullable=False),
    Column("duration_s", Float, nullable=False),
    Column("coverage", Json, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("shown_s", Float, nullable=False),
    Column("place_s", Float, nullable=False),
    Column("full_at", UtcDateTime, nullable=True),
    Column("changed_at", UtcDateTime, nullable=False),
)
watch_clocks = Table(
    "watch_clocks",
    metadata,
    Column("person", String(64), ForeignKey("people.id"), primary_key=True),
    Column("clock", Json, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

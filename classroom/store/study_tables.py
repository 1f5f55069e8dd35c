"""What a course gives to watch, in order."""

from sqlalchemy import Boolean, Column, Index, Integer, Table

from classroom.store.columns import reference
from classroom.store.tables import metadata

course_items = Table(
    "course_items",
    metadata,
    reference("course", "courses.id", primary_key=True),
    reference("recording", "recordings.id", primary_key=True, index=True),
    # Of the course: whom a recording may be shared with is asked without a join.
    reference("municipality", "municipalities.code"),
    Column("position", Integer, nullable=False),
    Column("needed", Boolean, nullable=False),
    Index("ix_course_items_course_position", "course", "position"),
)

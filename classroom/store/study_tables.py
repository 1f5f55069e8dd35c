"""What a course gives to watch, in order."""

from sqlalchemy import Boolean, Column, Index, Integer, Table

from classroom.store.tables import _ref, metadata

course_items = Table(
    "course_items",
    metadata,
    _ref("course", "courses.id", primary_key=True),
    _ref("recording", "recordings.id", primary_key=True, index=True),
    # Of the course: whom a recording may be shared with is asked without a join.
    _ref("municipality", "municipalities.code"),
    Column("position", Integer, nullable=False),
    Column("needed", Boolean, nullable=False),
    Index("ix_course_items_course_position", "course", "position"),
)

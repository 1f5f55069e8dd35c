"""Tables of the catalogue: whom recordings are shared with, how long they are kept, ready-made videos on their way in."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from classroom.store.tables import _at, _id, _ref, _texts, metadata

recording_shares = Table(
    "recording_shares",
    metadata,
    _ref("recording", "recordings.id", primary_key=True),
    _ref("municipality", "municipalities.code", primary_key=True),
)
recording_retention = Table(
    "recording_retention",
    metadata,
    _ref("municipality", "municipalities.code", primary_key=True),
    Column("keep_days", Integer, nullable=True),
    _ref("by", "people.id", nullable=True),
    _at("changed_at"),
)
video_uploads = Table(
    "video_uploads",
    metadata,
    _id(),
    _ref("municipality", "municipalities.code", index=True),
    _ref("person", "people.id"),
    _ref("lesson", "lessons.id", nullable=True),
    *_texts("title"),
    *_texts("summary"),
    Column("category", String(40), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("refusal", String(40), nullable=True),
    Column("share", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    _ref("recording", "recordings.id", nullable=True),
    _at("created_at"),
    _at("changed_at"),
)

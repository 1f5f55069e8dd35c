"""Tables of the catalogue: whom recordings are shared with, how long they are kept, ready-made videos on their way in."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from classroom.store.columns import id_column, moment, reference, texts
from classroom.store.tables import metadata

recording_shares = Table(
    "recording_shares",
    metadata,
    reference("recording", "recordings.id", primary_key=True),
    reference("municipality", "municipalities.code", primary_key=True),
)
recording_retention = Table(
    "recording_retention",
    metadata,
    reference("municipality", "municipalities.code", primary_key=True),
    Column("keep_days", Integer, nullable=True),
    reference("by", "people.id", nullable=True),
    moment("changed_at"),
)
video_uploads = Table(
    "video_uploads",
    metadata,
    id_column(),
    reference("municipality", "municipalities.code", index=True),
    reference("person", "people.id"),
    reference("lesson", "lessons.id", nullable=True),
    *texts("title"),
    *texts("summary"),
    Column("category", String(40), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("file_name", String(200), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("refusal", String(40), nullable=True),
    Column("share", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    reference("recording", "recordings.id", nullable=True),
    moment("created_at"),
    moment("changed_at"),
)

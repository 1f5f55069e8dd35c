"""Tables of applications, the course list, fees, messages, mail and calendars.

`course_index` and `course_shares` are derived from `courses`, `lessons` and `enrolments`, in the transactions that change those:
lists and searches need no counting. They can be thrown away and made again (`index.py`).
"""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from classroom.store.columns import Number, id_column, moment, reference
from classroom.store.tables import metadata
from classroom.store.types import Json

course_index = Table(
    "course_index",
    metadata,
    reference("course", "courses.id", primary_key=True),
    reference("municipality", "municipalities.code"),
    Column("category", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("level", String(20), nullable=False),
    Column("audience", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    # What is searched: normal form, then the same without spaces.
    Column("text", Text, nullable=False),
    Column("lessons", Integer, nullable=False),
    moment("starts_at", nullable=True),
    moment("ends_at", nullable=True),
    moment("applies_from"),
    # Where late applications are taken: until the first lesson.
    moment("applies_until"),
    Column("capacity", Integer, nullable=False),
    Column("taken", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    # Applications are taken whatever the number of seats (lottery, approval).
    Column("collects", Boolean, nullable=False),
    Index("ix_course_index_municipality_starts_at", "municipality", "starts_at"),
    Index("ix_course_index_starts_at", "starts_at"),
    Index("ix_course_index_state_applies_until", "state", "applies_until"),
    Index("ix_course_index_state_municipality", "state", "municipality", "taken"),
)
course_shares = Table(
    "course_shares",
    metadata,
    reference("course", "courses.id", primary_key=True),
    reference("municipality", "municipalities.code", primary_key=True, index=True),
)
charges = Table(
    "charges",
    metadata,
    reference("course", "courses.id", primary_key=True),
    reference("person", "people.id", primary_key=True, index=True),
    reference("municipality", "municipalities.code"),
    Column("won", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("refund_won", Integer, nullable=False),
    Column("note", String(500), nullable=False),
    moment("changed_at"),
    Index("ix_charges_municipality_state", "municipality", "state"),
)
messages = Table(
    "messages",
    metadata,
    id_column(),
    reference("person", "people.id"),
    Column("kind", String(40), nullable=False),
    Column("data", Json, nullable=False),
    moment("at"),
    moment("read_at", nullable=True),
    Index("ix_messages_person_at", "person", "at"),
    Index("ix_messages_at", "at"),
)
mails = Table(
    "mails",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=True),
    # Whose address is looked up when it is sent; or the address itself, for somebody without an account.
    reference("person", "people.id", nullable=True, index=True),
    Column("address", String(254), nullable=True),
    Column("locale", String(2), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("data", Json, nullable=False),
    moment("queued_at"),
    # When it is tried next; NULL: sent, or given up.
    moment("due_at", nullable=True),
    Column("tries", Integer, nullable=False),
    moment("sent_at", nullable=True),
    Index("ix_mails_due_at", "due_at"),
    Index("ix_mails_queued_at", "queued_at"),
)
calendar_feeds = Table(
    "calendar_feeds",
    metadata,
    reference("person", "people.id", primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    # Renewing raises it: the address before it is dead.
    Column("generation", Integer, nullable=False),
)

"""Applications by rule, waitlists, fees, messages and mail, changes of the timetable, calendars, and the derived course list."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0007"
down_revision = "0006"

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    for column in (
        sa.Column("admission", Json, nullable=False, server_default="{}"),
        sa.Column("level", sa.String(length=20), nullable=False, server_default="all"),
        sa.Column("audience", sa.String(length=20), nullable=False, server_default="everybody"),
        sa.Column("version", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("draw_seed", sa.String(length=64), nullable=True),
        sa.Column("drawn_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("courses", column)
    for column in (
        sa.Column("substitute", sa.String(length=64), nullable=True),
        sa.Column("cancelled_at", UtcDateTime(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("lessons", column)
    op.create_index(op.f("ix_lessons_substitute"), "lessons", ["substitute"], unique=False)
    for column in (
        sa.Column("number", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("rank", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("offer_until", UtcDateTime(), nullable=True),
    ):
        op.add_column("enrolments", column)
    op.create_index(op.f("ix_enrolments_offer_until"), "enrolments", ["offer_until"], unique=False)
    _new_tables()
    _number_enrolments()
    _list_courses()


def _new_tables() -> None:
    op.create_table(
        "course_index",
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("audience", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Integer(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("applies_from", UtcDateTime(), nullable=False),
        sa.Column("applies_until", UtcDateTime(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("collects", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_course_index_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_course_index_municipality")),
        sa.PrimaryKeyConstraint("course", name=op.f("pk_course_index")),
    )
    op.create_index("ix_course_index_municipality_starts_at", "course_index", ["municipality", "starts_at"], unique=False)
    op.create_index("ix_course_index_starts_at", "course_index", ["starts_at"], unique=False)
    op.create_table(
        "course_shares",
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_course_shares_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_course_shares_municipality")),
        sa.PrimaryKeyConstraint("course", "municipality", name=op.f("pk_course_shares")),
    )
    op.create_index(op.f("ix_course_shares_municipality"), "course_shares", ["municipality"], unique=False)
    op.create_table(
        "charges",
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("won", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("refund_won", sa.Integer(), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_charges_course")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_charges_person")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_charges_municipality")),
        sa.PrimaryKeyConstraint("course", "person", name=op.f("pk_charges")),
    )
    op.create_index(op.f("ix_charges_person"), "charges", ["person"], unique=False)
    op.create_index("ix_charges_municipality_state", "charges", ["municipality", "state"], unique=False)
    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_messages_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
    )
    op.create_index("ix_messages_person_at", "messages", ["person", "at"], unique=False)
    op.create_table(
        "mails",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_mails_person")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_mails")),
    )
    op.create_index("ix_mails_due_at", "mails", ["due_at"], unique=False)
    op.create_index(op.f("ix_mails_person"), "mails", ["person"], unique=False)
    op.create_table(
        "calendar_feeds",
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_calendar_feeds_person")),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_calendar_feeds")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feeds_token_hash")),
    )


def _number_enrolments() -> None:
    """In the order they applied; where people lived then is where they live now."""
    op.execute(
        "UPDATE enrolments SET home = (SELECT home FROM people WHERE people.id = enrolments.person), number = "
        "(SELECT count(*) FROM enrolments AS e WHERE e.course = enrolments.course AND (e.applied_at < enrolments.applied_at "
        "OR (e.applied_at = enrolments.applied_at AND e.person <= enrolments.person)))"
    )
    op.execute("UPDATE enrolments SET rank = number")


def _list_courses() -> None:
    """Searchable text is only in lower case here; the program writes it anew whenever a course changes."""
    op.execute(
        "INSERT INTO course_index SELECT c.id, c.municipality, c.category, c.kind, c.level, c.audience, c.state, "
        "lower(c.title_ko || ' ' || c.title_en || ' ' || c.summary_ko || ' ' || c.summary_en || ' ' || c.place_ko) || ' ' || "
        "replace(lower(c.title_ko || c.title_en || c.summary_ko || c.summary_en), ' ', ''), "
        "(SELECT count(*) FROM lessons WHERE lessons.course = c.id), "
        "(SELECT min(starts_at) FROM lessons WHERE lessons.course = c.id), "
        "(SELECT max(ends_at) FROM lessons WHERE lessons.course = c.id), "
        "c.applies_from, c.applies_until, c.capacity, "
        "(SELECT count(*) FROM enrolments WHERE enrolments.course = c.id AND enrolments.state = 'enrolled'), 0, false "
        "FROM courses AS c"
    )

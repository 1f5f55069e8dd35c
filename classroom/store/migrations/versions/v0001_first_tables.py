"""The first tables, and the triggers that keep the append-only ones append-only."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0001"
down_revision = None

Number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
APPEND_ONLY = ("facts", "attendance_corrections", "access_log")


def upgrade() -> None:
    op.create_table(
        "access_log",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=True),
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_access_log")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_access_log_municipality"), "access_log", ["municipality"], unique=False)
    op.create_index(op.f("ix_access_log_person"), "access_log", ["person"], unique=False)
    op.create_table(
        "facts",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("arrived_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_facts")),
        sa.UniqueConstraint("id", name=op.f("uq_facts_id")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_facts_lesson_at_number", "facts", ["lesson", "at", "number"], unique=False)
    op.create_index("ix_facts_lesson_type_number", "facts", ["lesson", "type", "number"], unique=False)
    op.create_table(
        "municipalities",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("short", sa.String(length=20), nullable=False),
        sa.Column("brand", sa.String(length=7), nullable=False),
        sa.Column("phone", sa.String(length=40), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_municipalities")),
    )
    op.create_table(
        "certificate_series",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_certificate_series_municipality")),
        sa.PrimaryKeyConstraint("municipality", "year", name=op.f("pk_certificate_series")),
    )
    op.create_table(
        "online_items",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("summary_ko", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("body_ko", sa.Text(), nullable=False),
        sa.Column("body_en", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("published_at", UtcDateTime(), nullable=False),
        sa.Column("recording", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_online_items_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_online_items")),
    )
    op.create_index(op.f("ix_online_items_municipality"), "online_items", ["municipality"], unique=False)
    op.create_index("ix_online_items_published_at", "online_items", ["published_at"], unique=False)
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("home", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["home"], ["municipalities.code"], name=op.f("fk_people_home")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("email", name=op.f("uq_people_email")),
    )
    op.create_index(op.f("ix_people_home"), "people", ["home"], unique=False)
    op.create_table(
        "courses",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("summary_ko", sa.Text(), nullable=False),
        sa.Column("summary_en", sa.Text(), nullable=False),
        sa.Column("description_ko", sa.Text(), nullable=False),
        sa.Column("description_en", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("instructor", sa.String(length=64), nullable=True),
        sa.Column("place_ko", sa.Text(), nullable=False),
        sa.Column("place_en", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("applies_from", UtcDateTime(), nullable=False),
        sa.Column("applies_until", UtcDateTime(), nullable=False),
        sa.Column("attendance", Json, nullable=False),
        sa.Column("completion", Json, nullable=False),
        sa.Column("auto_record", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint("capacity >= 1", name=op.f("ck_courses_capacity")),
        sa.ForeignKeyConstraint(["instructor"], ["people.id"], name=op.f("fk_courses_instructor")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_courses_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_courses")),
        sa.UniqueConstraint("municipality", "slug", name=op.f("uq_courses_municipality_slug")),
    )
    op.create_index(op.f("ix_courses_instructor"), "courses", ["instructor"], unique=False)
    op.create_table(
        "home_moves",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_home_moves_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_home_moves_person")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_home_moves")),
    )
    op.create_index(op.f("ix_home_moves_person"), "home_moves", ["person"], unique=False)
    op.create_table(
        "role_grants",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=True),
        sa.Column("granted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_role_grants_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_role_grants_person")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_role_grants")),
    )
    op.create_index(op.f("ix_role_grants_municipality"), "role_grants", ["municipality"], unique=False)
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_sessions_person")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_person"), "sessions", ["person"], unique=False)
    op.create_table(
        "certificates",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("paper", Json, nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_certificates_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_certificates_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_certificates_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("code", name=op.f("uq_certificates_code")),
        sa.UniqueConstraint("course", "person", name=op.f("uq_certificates_course_person")),
        sa.UniqueConstraint("municipality", "year", "number", name=op.f("uq_certificates_municipality_year_number")),
    )
    op.create_index(op.f("ix_certificates_person"), "certificates", ["person"], unique=False)
    op.create_table(
        "enrolments",
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("applied_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_enrolments_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_enrolments_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_enrolments_person")),
        sa.PrimaryKeyConstraint("course", "person", name=op.f("pk_enrolments")),
    )
    op.create_index("ix_enrolments_course_state", "enrolments", ["course", "state"], unique=False)
    op.create_index("ix_enrolments_municipality_applied_at", "enrolments", ["municipality", "applied_at"], unique=False)
    op.create_index(op.f("ix_enrolments_person"), "enrolments", ["person"], unique=False)
    op.create_table(
        "lessons",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_lessons_times")),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_lessons_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_lessons_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lessons")),
        sa.UniqueConstraint("course", "number", name=op.f("uq_lessons_course_number")),
    )
    op.create_index("ix_lessons_municipality_starts_at", "lessons", ["municipality", "starts_at"], unique=False)
    op.create_index("ix_lessons_starts_at", "lessons", ["starts_at"], unique=False)
    op.create_table(
        "attendance",
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("intervals", Json, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("derived_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_attendance_course")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_attendance_lesson")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_attendance_municipality")),
        sa.PrimaryKeyConstraint("lesson", "person", name=op.f("pk_attendance")),
    )
    op.create_index(op.f("ix_attendance_course"), "attendance", ["course"], unique=False)
    op.create_index(op.f("ix_attendance_person"), "attendance", ["person"], unique=False)
    op.create_table(
        "attendance_corrections",
        sa.Column("number", Number, autoincrement=True, nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("original", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_attendance_corrections_by")),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_attendance_corrections_course")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_attendance_corrections_lesson")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_attendance_corrections_municipality")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_attendance_corrections")),
    )
    op.create_index(op.f("ix_attendance_corrections_course"), "attendance_corrections", ["course"], unique=False)
    op.create_index("ix_attendance_corrections_lesson_person", "attendance_corrections", ["lesson", "person"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("instructor", sa.String(length=64), nullable=True),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("duration_s", sa.Float(), nullable=True),
        sa.Column("gaps", Json, nullable=False),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("thumbnail", sa.Text(), nullable=True),
        sa.Column("keys", Json, nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_recordings_course")),
        sa.ForeignKeyConstraint(["instructor"], ["people.id"], name=op.f("fk_recordings_instructor")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_recordings_lesson")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_recordings_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recordings")),
        sa.UniqueConstraint("lesson", name=op.f("uq_recordings_lesson")),
    )
    op.create_index(op.f("ix_recordings_course"), "recordings", ["course"], unique=False)
    op.create_index(op.f("ix_recordings_instructor"), "recordings", ["instructor"], unique=False)
    op.create_index("ix_recordings_municipality_started_at", "recordings", ["municipality", "started_at"], unique=False)
    op.create_index(op.f("ix_recordings_state"), "recordings", ["state"], unique=False)
    op.create_index("uq_role_grants", "role_grants", ["person", "role", sa.text("coalesce(municipality, '')")], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )

"""Quizzes, assignments, surveys, excuses, files handed in, and the rules of municipalities."""

import sqlalchemy as sa
from alembic import op

from classroom.store.types import Json, UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "municipal_rules",
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("attendance", Json, nullable=False),
        sa.Column("completion", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_municipal_rules_municipality")),
        sa.PrimaryKeyConstraint("municipality", name=op.f("pk_municipal_rules")),
    )
    op.create_table(
        "assignments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_assignments_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_assignments_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_course"), "assignments", ["course"], unique=False)
    op.create_table(
        "quizzes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("title_ko", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("questions", Json, nullable=False),
        sa.Column("pass_percent", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("opens_at", UtcDateTime(), nullable=True),
        sa.Column("closes_at", UtcDateTime(), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("shuffled", sa.Boolean(), nullable=False),
        sa.Column("needed", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_quizzes_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_quizzes_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quizzes")),
    )
    op.create_index(op.f("ix_quizzes_course"), "quizzes", ["course"], unique=False)
    op.create_table(
        "survey_answers",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("ratings", Json, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_survey_answers_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_survey_answers_municipality")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_survey_answers_course"), "survey_answers", ["course"], unique=False)
    op.create_table(
        "survey_receipts",
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_survey_receipts_course")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_survey_receipts_person")),
        sa.PrimaryKeyConstraint("course", "person", name=op.f("pk_survey_receipts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "uploads",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("mime", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_uploads_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_uploads_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_uploads_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_course"), "uploads", ["course"], unique=False)
    op.create_index(op.f("ix_uploads_person"), "uploads", ["person"], unique=False)
    op.create_table(
        "excuses",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("lesson", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_excuses_course")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_excuses_decided_by")),
        sa.ForeignKeyConstraint(["lesson"], ["lessons.id"], name=op.f("fk_excuses_lesson")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_excuses_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_excuses_person")),
        sa.ForeignKeyConstraint(["upload"], ["uploads.id"], name=op.f("fk_excuses_upload")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_excuses")),
    )
    op.create_index(op.f("ix_excuses_course"), "excuses", ["course"], unique=False)
    op.create_index(op.f("ix_excuses_decided_by"), "excuses", ["decided_by"], unique=False)
    op.create_index("ix_excuses_lesson_person", "excuses", ["lesson", "person"], unique=False)
    op.create_index(op.f("ix_excuses_person"), "excuses", ["person"], unique=False)
    op.create_table(
        "quiz_attempts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("quiz", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("answers", Json, nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_quiz_attempts_course")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_quiz_attempts_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_quiz_attempts_person")),
        sa.ForeignKeyConstraint(["quiz"], ["quizzes.id"], name=op.f("fk_quiz_attempts_quiz")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quiz_attempts")),
        sa.UniqueConstraint("quiz", "person", "number", name=op.f("uq_quiz_attempts_quiz_person_number")),
    )
    op.create_index(op.f("ix_quiz_attempts_course"), "quiz_attempts", ["course"], unique=False)
    op.create_index(op.f("ix_quiz_attempts_person"), "quiz_attempts", ["person"], unique=False)
    op.create_table(
        "submissions",
        sa.Column("assignment", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("course", sa.String(length=64), nullable=False),
        sa.Column("municipality", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("upload", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("graded_by", sa.String(length=64), nullable=True),
        sa.Column("graded_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["assignment"], ["assignments.id"], name=op.f("fk_submissions_assignment")),
        sa.ForeignKeyConstraint(["course"], ["courses.id"], name=op.f("fk_submissions_course")),
        sa.ForeignKeyConstraint(["graded_by"], ["people.id"], name=op.f("fk_submissions_graded_by")),
        sa.ForeignKeyConstraint(["municipality"], ["municipalities.code"], name=op.f("fk_submissions_municipality")),
        sa.ForeignKeyConstraint(["person"], ["people.id"], name=op.f("fk_submissions_person")),
        sa.ForeignKeyConstraint(["upload"], ["uploads.id"], name=op.f("fk_submissions_upload")),
        sa.PrimaryKeyConstraint("assignment", "person", name=op.f("pk_submissions")),
    )
    op.create_index(op.f("ix_submissions_course"), "submissions", ["course"], unique=False)
    op.create_index(op.f("ix_submissions_graded_by"), "submissions", ["graded_by"], unique=False)

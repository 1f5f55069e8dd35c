"""Indexes for lists over a whole province: measured by tests/bench/province.py."""

from alembic import op

revision = "0011"
down_revision = "0010"

INDEXES = (
    (
        "ix_lessons_ends_at_starts_at",
        "lessons",
        (
            "ends_at",
            "starts_at",
        ),
    ),
    (
        "ix_lessons_municipality_ends_at_starts_at",
        "lessons",
        (
            "municipality",
            "ends_at",
            "starts_at",
        ),
    ),
    ("ix_enrolments_applied_at", "enrolments", ("applied_at",)),
    (
        "ix_attendance_derived_at_verdict",
        "attendance",
        (
            "derived_at",
            "verdict",
        ),
    ),
    (
        "ix_attendance_municipality_derived_at_verdict",
        "attendance",
        (
            "municipality",
            "derived_at",
            "verdict",
        ),
    ),
    ("ix_certificates_issued_at", "certificates", ("issued_at",)),
    (
        "ix_certificates_municipality_issued_at",
        "certificates",
        (
            "municipality",
            "issued_at",
        ),
    ),
    (
        "ix_people_name_id",
        "people",
        (
            "name",
            "id",
        ),
    ),
    (
        "ix_course_index_state_applies_until",
        "course_index",
        (
            "state",
            "applies_until",
        ),
    ),
    (
        "ix_course_index_state_municipality",
        "course_index",
        (
            "state",
            "municipality",
            "taken",
        ),
    ),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, list(columns), unique=False)

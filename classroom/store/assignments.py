"""Assignments, what was handed in, and files."""

from typing import Any

from sqlalchemy import case, delete, exists, func, select

from classroom.assignments import Assignment, AssignmentId, Submission, SubmissionState
from classroom.people import CourseId, PersonId
from classroom.store import rows
from classroom.store.assessment_tables import assignments, submissions, uploads
from classroom.store.repository import Repository
from classroom.store.tables import people
from classroom.uploads import Upload, UploadId

UPLOAD_COLUMNS = (
    uploads.c.id.label("upload_id"),
    uploads.c.person.label("upload_person"),
    uploads.c.course.label("upload_course"),
    uploads.c.municipality.label("upload_municipality"),
    uploads.c.name.label("upload_name"),
    uploads.c.mime.label("upload_mime"),
    uploads.c.size.label("upload_size"),
    uploads.c.at.label("upload_at"),
)
"""A file beside the row it belongs to; `upload_of` reads it."""


class Assignments(Repository):
    async def get(self, assignment: AssignmentId) -> Assignment | None:
        found = await self.first(select(assignments).where(assignments.c.id == assignment))
        return _assignment(found) if found else None

    async def of_course(self, course: CourseId) -> list[Assignment]:
        found = await self.all(select(assignments).where(assignments.c.course == course).order_by(assignments.c.id))
        return [_assignment(row) for row in found]

    async def put(self, assignment: Assignment) -> None:
        values = {
            "id": assignment.id,
            "course": assignment.course,
            "municipality": assignment.municipality,
            "title_ko": assignment.title.ko,
            "title_en": assignment.title.en,
            "instructions": assignment.instructions,
            "due_at": assignment.due_at,
            "needed": assignment.needed,
        }
        changes = {name: value for name, value in values.items() if name not in ("id", "course", "municipality")}
        await self.run(self.insert(assignments).values(values).on_conflict_do_update(index_elements=["id"], set_=changes))

    async def remove(self, assignment: AssignmentId) -> bool:
        handed_in = exists().where(submissions.c.assignment == assignments.c.id)
        return (await self.run(delete(assignments).where(assignments.c.id == assignment, ~handed_in))).rowcount == 1

    async def submission(self, assignment: AssignmentId, person: PersonId) -> Submission | None:
        mine = (submissions.c.assignment == assignment) & (submissions.c.person == person)
        found = await self.first(self.locked(select(submissions).where(mine)))
        return _submission(found) if found else None

    async def submissions(self, assignment: AssignmentId) -> list[tuple[Submission, str, Upload | None]]:
        waits = case((submissions.c.state == SubmissionState.SUBMITTED, 0), else_=1)
        statement = (
            select(submissions, people.c.name.label("person_name"), *UPLOAD_COLUMNS)
            .join(people, people.c.id == submissions.c.person)
            .outerjoin(uploads, uploads.c.id == submissions.c.upload)
            .where(submissions.c.assignment == assignment)
            .order_by(waits, people.c.name, people.c.id)
        )
        return [(_submission(row), row.person_name, upload_of(row)) for row in await self.all(statement)]

    async def waiting(self, course: CourseId) -> int:
        waits = (submissions.c.course == course) & (submissions.c.state == SubmissionState.SUBMITTED)
        return int(await self.scalar(select(func.count()).select_from(submissions).where(waits)))

    async def put_submission(self, submission: Submission, assignment: Assignment) -> None:
        values = {
            "assignment": submission.assignment,
            "person": submission.person,
            "course": assignment.course,
            "municipality": assignment.municipality,
            "text": submission.text,
            "upload": submission.upload,
            "state": str(submission.state),
            "submitted_at": submission.submitted_at,
            "score": submission.score,
            "feedback": submission.feedback,
            "graded_by": submission.graded_by,
            "graded_at": submission.graded_at,
        }
        changes = {name: value for name, value in values.items() if name not in ("assignment", "person")}
        statement = self.insert(submissions).values(values)
        await self.run(statement.on_conflict_do_update(index_elements=["assignment", "person"], set_=changes))


class Uploads(Repository):
    async def get(self, upload: UploadId) -> Upload | None:
        found = await self.first(select(*UPLOAD_COLUMNS).where(uploads.c.id == upload))
        return upload_of(found) if found else None

    async def of_person(self, person: PersonId) -> list[Upload]:
        found = await self.all(select(*UPLOAD_COLUMNS).where(uploads.c.person == person))
        return [each for each in map(upload_of, found) if each is not None]

    async def add(self, upload: Upload) -> None:
        names = ("id", "person", "course", "municipality", "name", "mime", "size", "at")
        await self.run(uploads.insert().values({name: getattr(upload, name) for name in names}))


def upload_of(row: Any) -> Upload | None:
    if row.upload_id is None:
        return None
    return Upload(
        row.upload_id,
        row.upload_person,
        row.upload_course,
        row.upload_municipality,
        row.upload_name,
        row.upload_mime,
        row.upload_size,
        row.upload_at,
    )


def _assignment(row: Any) -> Assignment:
    return Assignment(row.id, row.course, row.municipality, rows.text(row, "title"), row.instructions, row.due_at, row.needed)


def _submission(row: Any) -> Submission:
    return Submission(
        row.assignment,
        row.person,
        row.text,
        row.upload,
        SubmissionState(row.state),
        row.submitted_at,
        row.score,
        row.feedback,
        row.graded_by,
        row.graded_at,
    )

"""What the actions around quizzes, assignments, surveys, excuses and files need from the store, as Protocols."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from classroom.assignments import Assignment, AssignmentId, Submission
from classroom.completion import Evidence, Tasks
from classroom.excuses import Excuse, ExcuseId, ExcuseState
from classroom.people import CourseId, LessonId, MunicipalityCode, PersonId, RecordingId
from classroom.quizzes import Attempt, Quiz, QuizId
from classroom.rules import AttendanceRule, CompletionRule
from classroom.surveys import SurveyAnswer
from classroom.uploads import Upload, UploadId


class Quizzes(Protocol):
    async def get(self, quiz: QuizId) -> Quiz | None: ...

    async def lock(self, quiz: QuizId) -> Quiz | None:
        """Nobody else begins or ends an attempt at it until this transaction ends."""

    async def of_course(self, course: CourseId) -> list[Quiz]: ...

    async def put(self, quiz: Quiz) -> None:
        """Add it, or replace the one with its id."""

    async def remove(self, quiz: QuizId) -> bool:
        """False when somebody has begun it: then it stays."""

    async def attempts(self, quiz: QuizId, person: PersonId) -> list[Attempt]:
        """By number."""

    async def all_attempts(self, quiz: QuizId) -> list[tuple[Attempt, str]]:
        """Of everybody, with their names."""

    async def add_attempt(self, attempt: Attempt, quiz: Quiz) -> None: ...

    async def submit(self, attempt: Attempt) -> None: ...


class Assignments(Protocol):
    async def get(self, assignment: AssignmentId) -> Assignment | None: ...

    async def of_course(self, course: CourseId) -> list[Assignment]: ...

    async def put(self, assignment: Assignment) -> None: ...

    async def remove(self, assignment: AssignmentId) -> bool:
        """False when something was handed in: then it stays."""

    async def submission(self, assignment: AssignmentId, person: PersonId) -> Submission | None: ...

    async def submissions(self, assignment: AssignmentId) -> list[tuple[Submission, str, Upload | None]]:
        """With names and files; those that wait first."""

    async def waiting(self, course: CourseId) -> int: ...

    async def put_submission(self, submission: Submission, assignment: Assignment) -> None: ...


class Surveys(Protocol):
    async def has_answered(self, course: CourseId, person: PersonId) -> bool: ...

    async def add(self, course: CourseId, municipality: MunicipalityCode, person: PersonId, answer: SurveyAnswer) -> bool:
        """False when this person has answered before."""

    async def answers(self, course: CourseId) -> list[SurveyAnswer]: ...


class Excuses(Protocol):
    async def get(self, excuse: ExcuseId) -> Excuse | None: ...

    async def of_person(self, course: CourseId, person: PersonId) -> list[Excuse]: ...

    async def of_course(self, course: CourseId) -> list[tuple[Excuse, str, Upload | None]]:
        """With names and documents; those that wait first."""

    async def waiting(self, course: CourseId) -> int: ...

    async def known(self, lesson: LessonId, person: PersonId) -> ExcuseState | None:
        """Of the latest one."""

    async def add(self, excuse: Excuse) -> None: ...

    async def decide(self, excuse: Excuse) -> None: ...


class Uploads(Protocol):
    async def get(self, upload: UploadId) -> Upload | None: ...

    async def of_person(self, person: PersonId) -> list[Upload]: ...

    async def add(self, upload: Upload) -> None: ...


class Completions(Protocol):
    async def tasks(self, course: CourseId) -> Tasks: ...

    async def evidence(self, course: CourseId, people: Sequence[PersonId] | None = None) -> dict[PersonId, Evidence]:
        """Of `people` (everybody enrolled for None) who have done anything yet."""

    async def films(self, course: CourseId) -> dict[RecordingId, float]:
        """Replays of its lessons that learners may watch → length in seconds."""

    async def replays(self, course: CourseId) -> dict[LessonId, RecordingId]:
        """Its lessons → the replay, where there is one."""

    async def rules(self, municipality: MunicipalityCode) -> tuple[AttendanceRule, CompletionRule] | None:
        """The municipality's own preset."""

    async def set_rules(
        self, municipality: MunicipalityCode, attendance: AttendanceRule, completion: CompletionRule, now: datetime
    ) -> None: ...

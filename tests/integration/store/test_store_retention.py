"""Retention on both databases: what is due goes, in batches, once a day; everything else stays."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from classroom.access_review import month_before
from classroom.actions.administration import sign_access_review
from classroom.actions.people import log_access
from classroom.actions.retention import carry_out_retention_of, set_retention_period
from classroom.assignments import Assignment, AssignmentId, Submission, SubmissionState
from classroom.errors import NotFound
from classroom.events import Fact
from classroom.excuses import Excuse, ExcuseId, ExcuseState
from classroom.fees import Charge, ChargeState
from classroom.people import Person, Role, Scope, Session, new_id
from classroom.quizzes import Attempt, AttemptId, Question, QuestionKind, Quiz, QuizId
from classroom.retention import Kind, cutoff
from classroom.store.applying import mails, messages
from classroom.store.assessment_tables import excuses, quiz_attempts, submissions, uploads
from classroom.store.retention_tables import retention_files
from classroom.store.tables import access_log, attendance, enrolments, facts, sessions
from classroom.store.unit_of_work import Store
from classroom.texts import Text
from classroom.uploads import Upload, UploadId
from recording.publish import ObjectMissing, open_storage
from tests.classroom.making import END, START, joined, started
from tests.integration.store.worlds import World, make_world
from web.retention_job import RetentionJob

pytestmark = pytest.mark.integration
LATER = END + timedelta(days=500)
"""Everything of the course is older than its default, but the access log."""
YEARS_AGO = datetime(2020, 3, 1, tzinfo=UTC)


async def rows(store: Store, table: Any) -> list[Any]:
    async with store._reading.connect() as connection:
        return list((await connection.execute(select(table))).all())


def upload_of(world: World, person: Person, at: datetime = START) -> Upload:
    course = world.course
    return Upload(UploadId(new_id()), person.id, course.id, course.municipality, "note.pdf", "application/pdf", 5, at)


async def handed_in(world: World, learner: Person) -> list[Upload]:
    """An excuse with a document, decided; work handed in twice; three files."""
    store, course, files = world.store, world.course, [upload_of(world, learner) for _ in range(3)]
    task = Assignment(AssignmentId("task"), course.id, course.municipality, Text("가", "a"), "", None, True)
    async with store.writing() as uow:
        for each in files:
            await uow.uploads.add(each)
        named = (ExcuseId("e"), world.lesson.id, course.id, course.municipality, learner.id)
        excuse = Excuse(*named, "아파서", files[0].id, ExcuseState.APPROVED, START, world.teacher.id, START, "네")
        await uow.excuses.add(excuse)
        await uow.excuses.decide(excuse)
        await uow.excuses.add(Excuse(ExcuseId("open"), *named[1:], "아직", None, ExcuseState.WAITING, LATER))
        await uow.assignments.put(task)
        for file in files[1:]:
            work = Submission(
                task.id, learner.id, "글", file.id, SubmissionState.PASSED, START, 90, "잘함", world.teacher.id, END
            )
            await uow.assignments.put_submission(work, task)
    return files


async def answered(world: World, learner: Person) -> None:
    """Two attempts at a quiz: one handed in, one only begun."""
    question = Question(QuestionKind.NUMBER, "몇 번?", (), ("112",))
    quiz = Quiz(QuizId("quiz"), world.course.id, world.course.municipality, Text("가", "a"), (question,))
    async with world.store.writing() as uow:
        await uow.quizzes.put(quiz)
        for number in (1, 2):
            attempt = Attempt(AttemptId(f"try-{number}"), quiz.id, learner.id, number, 1, START, None)
            await uow.quizzes.add_attempt(attempt, quiz)
        await uow.quizzes.submit(replace(attempt, id=AttemptId("try-1"), answers={0: ("112",)}, percent=100, submitted_at=START))


async def test_the_job_deletes_what_is_due_with_its_files_and_writes_it_down_once_a_day(store: Store, tmp_path: Path) -> None:
    world = await make_world(store)
    learner, other = await world.person("learner"), await world.person("other")
    await world.enrol(learner, other)
    storage = open_storage(tmp_path / "storage")
    files = await handed_in(world, learner)
    await answered(world, learner)
    for each in files:
        await storage.put(each.key, b"bytes")
    young = upload_of(world, learner, LATER)
    await storage.put(young.key, b"bytes")
    async with store.writing() as uow:
        await uow.uploads.add(young)
        await uow.messages.send([learner.id], "old", {}, START)
        await uow.messages.send([learner.id], "young", {}, LATER)
        await uow.mails.queue("somebody@example.test", "waits", {}, "ko", START)
        for name, ends in (("old", END), ("new", LATER + timedelta(days=9))):
            await uow.sessions.add(name, Session(learner.id, START, ends))
        await log_access(uow, actor=None, address="::1", person=learner.id, what="x", municipality=None, now=START)
    async with store._writing.begin() as connection:
        await connection.execute(update(mails).where(mails.c.kind == "old").values(due_at=None, sent_at=START))
        await connection.execute(update(enrolments).where(enrolments.c.person == other.id).values(state="cancelled"))

    before = {row.kind: row for row in await store.queries.retention(LATER)}
    assert (before[Kind.EXCUSES].due, before[Kind.WORK].due, before[Kind.SESSIONS].due) == (1, 2, 1)
    job = RetentionJob(store, storage, lambda: LATER)
    await job.turn()
    await job.turn()

    after = {row.kind: row for row in await store.queries.retention(LATER)}
    assert [row.due for row in after.values()] == [0] * len(Kind)
    runs = {run.kind: run for run in await store.queries.retention_runs(99)}
    assert len(await store.queries.retention_runs(99)) == len(Kind), "a day has one run of each kind"
    assert all(run.done for run in runs.values())
    assert {kind: (run.rows, run.files) for kind, run in runs.items()} == {
        Kind.MAILS: (1, 0),
        Kind.MESSAGES: (1, 0),
        Kind.SESSIONS: (1, 0),
        Kind.CHAT: (0, 0),
        Kind.EXCUSES: (1, 1),
        Kind.WORK: (1, 2),  # also the file that was replaced
        Kind.QUIZZES: (1, 0),
        Kind.APPLICATIONS: (1, 0),
        Kind.ACCESS_LOG: (0, 0),
    }
    assert {row.kind for row in await rows(store, mails)} == {"young", "waits"}
    assert [row.at for row in await rows(store, messages)] == [LATER]
    assert [row.token_hash for row in await rows(store, sessions)] == ["new"]
    assert [row.person for row in await rows(store, enrolments)] == [learner.id]
    kept = {row.id: row for row in await rows(store, excuses)}
    assert (kept["e"].reason, kept["e"].answer, kept["e"].upload) == ("", "", None)
    assert (kept["e"].state, kept["e"].decided_by, kept["open"].reason) == ("approved", world.teacher.id, "아직")
    (work,) = await rows(store, submissions)
    assert (work.text, work.upload, work.score, work.feedback, work.state) == ("", None, 90, "잘함", "passed")
    tries = {row.id: (row.answers, row.percent, row.submitted_at) for row in await rows(store, quiz_attempts)}
    assert tries == {"try-1": ({}, 100, START), "try-2": (None, None, None)}
    assert [row.id for row in await rows(store, uploads)] == [young.id]
    assert [await there(storage, each) for each in (*files, young)] == [False] * 3 + [True]
    assert await rows(store, retention_files) == []
    assert len(await rows(store, access_log)) >= 1


async def there(storage: Any, upload: Upload) -> bool:
    try:
        return b"".join([piece async for piece in storage.open_range(upload.key, 0, upload.size)]) != b""
    except ObjectMissing:
        return False


async def test_killed_between_rows_and_files_the_next_turn_deletes_the_files(store: Store, tmp_path: Path) -> None:
    world = await make_world(store)
    learner = await world.person("learner")
    files = await handed_in(world, learner)
    storage = open_storage(tmp_path / "storage")
    for each in files:
        await storage.put(each.key, b"bytes")
    finished = []
    for _ in range(5):  # one row a transaction: no file is touched inside
        async with store.writing() as uow:
            finished.append(await carry_out_retention_of(uow, Kind.WORK, LATER, most=1))
    assert finished == [False, False, True, True, True]
    assert {row.key for row in await rows(store, retention_files)} == {each.key for each in files[1:]}
    assert [await there(storage, each) for each in files] == [True] * 3
    (run,) = await store.queries.retention_runs(9)
    assert (run.rows, run.files, run.done) == (1, 2, True)
    await storage.delete(files[1].key)  # one was gone already
    await RetentionJob(store, storage, lambda: LATER).turn()
    assert [await there(storage, each) for each in files] == [False] * 3


async def test_old_rows_of_the_access_log_go_and_the_rest_is_still_a_chain(store: Store) -> None:
    world = await make_world(store)
    staff = await world.staff("boss", Role.PROVINCIAL_ADMINISTRATOR, None)
    now = datetime.now(UTC)
    async with store.writing() as uow:
        for number in range(3):
            await log_access(uow, actor=None, address="::1", person=None, what=f"{number}", municipality=None, now=YEARS_AGO)
        month = f"{YEARS_AGO:%Y-%m}"
        await sign_access_review(uow, month=month, municipality=None, note="ok", rows=3, by=staff, now=YEARS_AGO)
        await log_access(uow, actor=None, address="::1", person=None, what="new", municipality=None, now=now)
    total = len(await rows(store, access_log))
    finished = []
    for _ in range(3):
        async with store.writing() as uow:
            finished.append(await carry_out_retention_of(uow, Kind.ACCESS_LOG, now, most=2))
    assert finished[-1]
    assert len(await rows(store, access_log)) <= total - 3
    assert all(row.at > cutoff(Kind.ACCESS_LOG, 0, now) for row in await rows(store, access_log))
    assert await store.queries.broken_access_row() is None
    assert await store.queries.broken_access_row(f"{now:%Y-%m}") is None
    assert await store.queries.broken_access_row(month_before(f"{now:%Y-%m}")) is None
    assert [review.is_whole for review in await store.queries.access_reviews(Scope(everywhere=True), month)] == [True]
    async with store.writing() as uow:
        await log_access(uow, actor=None, address="::1", person=None, what="next", municipality=None, now=now)
    assert await store.queries.broken_access_row() is None
    with pytest.raises(DBAPIError, match="append-only"):
        async with store._writing.begin() as connection:
            await connection.exec_driver_sql("DELETE FROM access_log WHERE number = (SELECT min(number) FROM access_log)")


async def test_an_access_log_that_was_emptied_goes_on_from_its_last_hash(store: Store) -> None:
    now = datetime.now(UTC)
    async with store.writing() as uow:
        await log_access(uow, actor=None, address="::1", person=None, what="old", municipality=None, now=YEARS_AGO)
    async with store.writing() as uow:
        await carry_out_retention_of(uow, Kind.ACCESS_LOG, now)
    async with store.writing() as uow:
        assert await uow.access_log.last_chain() != ""
        await log_access(uow, actor=None, address="::1", person=None, what="new", municipality=None, now=now)
    assert len(await rows(store, access_log)) == 1
    assert await store.queries.broken_access_row() is None


async def test_words_of_chat_go_and_the_log_is_otherwise_what_it_was(store: Store) -> None:
    world, now = await make_world(store), datetime.now(UTC)
    lesson, me = world.lesson.id, await world.person("me")

    def said(name: str, at: datetime) -> Fact:
        who = {"peer": "p1", "person": me.id, "name": "김하늘", "role": "learner"}
        return Fact(name, lesson, at, "chat-posted", {"line": name, **who, "text": f"{name}: 안녕하세요"})

    old = [said(f"old-{number}", YEARS_AGO) for number in range(3)]
    log = [started(YEARS_AGO, lesson), joined(YEARS_AGO, person=me.id, lesson=lesson), *old, said("young", now)]
    async with store.writing() as uow:
        await uow.facts.append(log, now)
    assert {row.kind: row.due for row in await store.queries.retention(now)}[Kind.CHAT] == 3
    finished = []
    for _ in range(3):
        async with store.writing() as uow:
            finished.append(await carry_out_retention_of(uow, Kind.CHAT, now, most=2))
    assert finished == [False, False, True]
    (run,) = await store.queries.retention_runs(9)
    assert (run.rows, run.files) == (3, 0)
    emptied = {each.id: replace(each, data={**each.data, "text": ""}) for each in old}
    assert await store.queries.facts(lesson) == [emptied.get(each.id, each) for each in log]
    refused = {"young": {"text": ""}, "old-1": {"text": "", "name": ""}, "old-2": {"text": "something else"}}
    for name, change in refused.items():
        (fact,) = [each for each in log if each.id == name]
        changed = update(facts).where(facts.c.id == name).values(data={**fact.data, **change})
        with pytest.raises(DBAPIError, match="append-only"):
            async with store._writing.begin() as connection:
                await connection.execute(changed)


async def test_only_the_province_sets_a_period_and_it_holds_from_the_next_run(store: Store) -> None:
    world = await make_world(store)
    province = await world.staff("boss", Role.PROVINCIAL_ADMINISTRATOR, None)
    staff = await world.staff("staff", Role.MUNICIPAL_ADMINISTRATOR, "suwon")
    with pytest.raises(NotFound):
        async with store.writing() as uow:
            await set_retention_period(uow, Kind.MAILS, 40, by=staff, now=START)
    async with store.writing() as uow:
        await set_retention_period(uow, Kind.MAILS, 40, by=province, now=START)
        await set_retention_period(uow, Kind.ACCESS_LOG, 1, by=province, now=START)
    days = {row.kind: row.days for row in await store.queries.retention(START)}
    assert (days[Kind.MAILS], days[Kind.ACCESS_LOG]) == (40, 731)
    async with store.writing() as uow:
        assert await carry_out_retention_of(uow, Kind.MAILS, START)
    assert [run.days for run in await store.queries.retention_runs(9)] == [40]


async def test_what_was_paid_for_or_attended_is_no_failed_application(store: Store) -> None:
    world = await make_world(store)
    paid, came, neither = [await world.person(name) for name in ("paid", "came", "neither")]
    await world.enrol(paid, came, neither)
    async with store.writing() as uow:
        charge = Charge(world.course.id, paid.id, 1000, ChargeState.REFUNDED, START)
        await uow.charges.put(charge, world.course.municipality)
    async with store._writing.begin() as connection:
        await connection.execute(update(enrolments).values(state="cancelled"))
        values = {
            "lesson": world.lesson.id,
            "person": came.id,
            "course": world.course.id,
            "municipality": "suwon",
            "name": "came",
        }
        await connection.execute(
            attendance.insert().values(values | {"intervals": [], "seconds": 9, "verdict": "present", "derived_at": START})
        )
    for now in (END + timedelta(days=300), LATER):
        async with store.writing() as uow:
            await carry_out_retention_of(uow, Kind.APPLICATIONS, now)
        async with store._reading.connect() as connection:
            left = await connection.scalar(select(func.count()).select_from(enrolments))
        assert left == (3 if now < LATER else 2)

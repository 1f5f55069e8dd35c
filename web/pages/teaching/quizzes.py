"""Writing a quiz: its rules, its questions, and how everybody did."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.actions import teaching as actions
from classroom.people import Viewer, new_id
from classroom.ports import UnitOfWork
from classroom.quizzes import CHOICES, MAX_OPTIONS, MAX_QUESTIONS, Question, QuestionKind, Quiz, QuizId, read_number
from web import auth
from web.access import log_look
from web.forms import Form
from web.pages.teaching.course import Led, after_removal, find_led, one_of
from web.rendering import render
from web.saving import save

router = APIRouter(include_in_schema=False)
EMPTY_QUESTIONS = 3
"""Shown below those there are; saving brings more."""


@router.get("/teaching/{course_id}/quizzes/new")
async def new(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _page(request, viewer, await find_led(request, course_id, viewer), None)


@router.post("/teaching/{course_id}/quizzes/new")
async def create(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _save(request, viewer, await find_led(request, course_id, viewer), None)


@router.get("/teaching/{course_id}/quizzes/{quiz}")
async def edit(request: Request, course_id: str, quiz: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    led = await find_led(request, course_id, viewer)
    return await _page(request, viewer, led, one_of(led.quizzes, quiz))


@router.post("/teaching/{course_id}/quizzes/{quiz}")
async def change(request: Request, course_id: str, quiz: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    led = await find_led(request, course_id, viewer)
    return await _save(request, viewer, led, one_of(led.quizzes, quiz))


@router.post("/teaching/{course_id}/quizzes/{quiz}/removal")
async def remove(request: Request, course_id: str, quiz: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    one_of((await find_led(request, course_id, viewer)).quizzes, quiz)
    async with auth.services_of(request).store.writing() as uow:
        gone = await actions.remove_quiz(uow, QuizId(quiz), by=viewer)
    return after_removal(course_id, gone)


async def _save(request: Request, viewer: Viewer, led: Led, known: Quiz | None) -> Response:
    form = await Form.read(request)
    quiz = _read(form, led, known)

    async def there(uow: UnitOfWork) -> Quiz | None:
        return await uow.quizzes.lock(quiz.id)

    async def put(uow: UnitOfWork) -> None:
        await actions.put_quiz(uow, quiz, by=viewer)

    async def again(form: Form, status: int) -> Response:
        return await _page(request, viewer, led, known, form, status)

    then = f"/teaching/{led.course.id}/quizzes/{quiz.id}?done=quiz-saved"
    return await save(form, put, again, then=then, known=there if known else None, wanted=quiz)


def _read(form: Form, led: Led, known: Quiz | None) -> Quiz:
    """As typed; questions without a prompt are left out."""
    questions = []
    for number in range(MAX_QUESTIONS):
        if form[f"q{number}_prompt"].strip():
            questions.append(_read_question(form, f"q{number}_"))
    return Quiz(
        id=known.id if known else QuizId(new_id()),
        course=led.course.id,
        municipality=led.course.municipality,
        title=form.both("title", 120),
        questions=tuple(questions),
        pass_percent=form.whole("pass_percent", 1, 100),
        attempts=form.whole("attempts", 0, 20),
        opens_at=form.moment_or_none("opens_at"),
        closes_at=form.moment_or_none("closes_at"),
        minutes=form.whole("minutes", 0, 600),
        shuffled=form.ticked("shuffled"),
        needed=form.ticked("needed"),
    )


def _read_question(form: Form, prefix: str) -> Question:
    """Choices: one line each, the right ones begin with an asterisk. Written answers: one accepted wording per line."""
    kind = form.one_of(f"{prefix}kind", [str(each) for each in QuestionKind])
    prompt = form.line(f"{prefix}prompt", 500)
    lines = [line.strip() for line in form.paragraph(f"{prefix}answers", 3_000).split("\n") if line.strip()]
    points = form.whole(f"{prefix}points", 1, 100)
    found = QuestionKind(kind) if f"{prefix}kind" not in form.errors else QuestionKind.SINGLE
    if found in CHOICES:
        options = tuple(line.removeprefix("*").strip()[:200] for line in lines)[: MAX_OPTIONS + 1]
        right = tuple(str(number) for number, line in enumerate(lines) if line.startswith("*"))
        return Question(found, prompt, options, right, 0.0, points)
    if found is QuestionKind.NUMBER:
        value, _, margin = (lines[0] if lines else "").partition("±")
        return Question(found, prompt, (), (value.strip(),), abs(read_number(margin) or 0.0), points)
    return Question(found, prompt, (), tuple(line.removeprefix("*").strip()[:200] for line in lines[:20]), 0.0, points)


def answers_text(question: Question) -> str:
    """The question's answers as they are typed."""
    if question.kind in CHOICES:
        return "\n".join(("*" if str(number) in question.right else "") + each for number, each in enumerate(question.options))
    if question.kind is QuestionKind.NUMBER:
        return question.right[0] + (f" ± {question.tolerance:g}" if question.tolerance else "")
    return "\n".join(question.right)


async def _page(
    request: Request, viewer: Viewer, led: Led, quiz: Quiz | None, form: Form | None = None, status: int = 200
) -> Response:
    attempts = []
    if quiz is not None:
        async with auth.services_of(request).store.reading() as uow:
            attempts = await uow.quizzes.all_attempts(quiz.id)
        await log_look(request, viewer, {each.person for each, _ in attempts}, "quiz-results", led.municipality.code)
    known = list(quiz.questions) if quiz else []
    typed = max([number + 1 for number in range(MAX_QUESTIONS) if form and form[f"q{number}_prompt"]], default=0)
    shown = min(MAX_QUESTIONS, max(len(known), typed) + EMPTY_QUESTIONS)
    return render(
        request,
        "teaching/quiz.html",
        status,
        led=led,
        quiz=quiz,
        questions=[known[number] if number < len(known) else None for number in range(shown)],
        answers_text=answers_text,
        kinds=list(QuestionKind),
        attempts=attempts,
        form=form,
    )

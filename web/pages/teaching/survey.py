"""What the satisfaction survey says, without saying who said it."""

from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.people import Viewer
from classroom.surveys import QUESTIONS, RATINGS, Tally, tally
from web import auth
from web.exports import as_file
from web.i18n import text
from web.pages.teaching.course import Led, find_led
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)


async def _tally(request: Request, led: Led) -> Tally:
    async with auth.services_of(request).store.reading() as uow:
        answers = await uow.surveys.answers(led.course.id)
        enrolled = await uow.enrolments.taken(led.course.id)
    return tally(answers, enrolled)


@router.get("/teaching/{course_id}/survey")
async def survey(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    led = await find_led(request, course_id, viewer)
    return render(request, "teaching/survey.html", led=led, tally=await _tally(request, led), questions=QUESTIONS)


@router.get("/teaching/{course_id}/survey.{kind}")
async def download(
    request: Request, course_id: str, kind: Literal["csv", "xlsx"], viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    """Counts per question and rating, then the comments. With too few answers only their number."""
    led = await find_led(request, course_id, viewer)
    found = await _tally(request, led)
    language = language_of(request)
    head = [text(language, "survey.question"), text(language, "survey.average")]
    head += [text(language, f"survey.rating.{rating}") for rating in RATINGS]
    rows: list[list[object]] = [[text(language, "survey.answers"), found.answers]]
    if found.is_shown:
        rows += [
            [words.in_(language), round(found.average(key), 2), *(found.counts[key][rating] for rating in RATINGS)]
            for key, words in QUESTIONS.items()
        ]
        rows += [[text(language, "survey.comment"), comment] for comment in found.comments]
    return as_file(kind, f"survey-{led.course.slug}", head, rows)

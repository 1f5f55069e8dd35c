"""The rules of attendance and completion: of one course, and the preset of a municipality."""

from collections.abc import Mapping

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import teaching as actions
from classroom.errors import NotFound
from classroom.people import MunicipalityCode, Viewer
from classroom.ports import UnitOfWork
from classroom.rules import ATTENDANCE_PRESETS, COMPLETION_PRESETS, AttendanceRule, CompletionRule
from web import auth
from web.forms import Form
from web.pages.teaching.course import Led, find_led
from web.rendering import render
from web.saving import save

router = APIRouter(include_in_schema=False)
PRESETS = tuple(COMPLETION_PRESETS)
Rules = tuple[AttendanceRule, CompletionRule] | None
ATTENDANCE_TEXTS = {
    "opens_before_min": "rules.opens-before",
    "on_time_min": "rules.on-time",
    "leave_grace_min": "rules.leave-grace",
    "minimum_share": "rules.lesson-share",
    "checks_per_hour": "rules.checks",
}
COMPLETION_TEXTS = {
    "minimum_share": "rules.course-share",
    "strikes_per_absence": "rules.strikes",
    "watch_share": "rules.watch-share",
    "makeup_weight": "rules.makeup-weight",
    "makeup_days": "rules.makeup-days",
    "survey": "rules.tick.survey",
    "certificate": "rules.tick.certificate",
    "automatic": "rules.tick.automatic",
}
"""What the page calls each part of a rule."""


async def _staff_course(request: Request, course_id: str, viewer: Viewer) -> Led:
    """The instructor lives by the rules; staff make them. Raises NotFound."""
    led = await find_led(request, course_id, viewer)
    if not led.is_staff:
        raise NotFound
    return led


@router.get("/teaching/{course_id}/rules")
async def course_rules(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """`?preset=` fills the form with a preset, `?preset=municipal` with the municipality's own."""
    return await _course_page(request, await _staff_course(request, course_id, viewer))


@router.post("/teaching/{course_id}/rules")
async def set_course_rules(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    led = await _staff_course(request, course_id, viewer)
    form = await Form.read(request)
    attendance, completion = read_rules(form)

    async def known(uow: UnitOfWork) -> Rules:
        found = await uow.courses.lock(led.course.id)
        return (found.attendance, found.completion) if found else None

    async def put(uow: UnitOfWork) -> None:
        await actions.set_course_rules(uow, led.course.id, attendance, completion, by=viewer, now=services.now())

    async def again(form: Form, status: int) -> Response:
        return await _course_page(request, await _staff_course(request, course_id, viewer), form, status)

    rules = (attendance, completion)
    answer = await save(form, put, again, then=f"/teaching/{course_id}/rules?done=rules", known=known, wanted=rules)
    if not form.errors:
        for lesson in led.lessons:
            if lesson.state(services.now()) != "ended":
                await services.rooms.refresh(lesson.id)
    return answer


@router.get("/admin/rules")
async def rules(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    municipalities = await auth.services_of(request).store.queries.municipalities()
    mine = [each for each in municipalities if viewer.administers(each.code)]
    if len(mine) == 1:
        return RedirectResponse(f"/admin/rules/{mine[0].code}", 303)
    return render(request, "admin/rules.html", municipalities=mine)


@router.get("/admin/rules/{municipality}")
async def municipal_rules(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _municipal_page(request, municipality, viewer)


@router.post("/admin/rules/{municipality}")
async def set_municipal_rules(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    if not viewer.administers(MunicipalityCode(municipality)):
        raise NotFound
    form = await Form.read(request)
    attendance, completion = read_rules(form)
    code = MunicipalityCode(municipality)

    async def known(uow: UnitOfWork) -> Rules:
        return await uow.completions.rules(code)

    async def put(uow: UnitOfWork) -> None:
        await actions.set_municipal_rules(uow, code, attendance, completion, by=viewer, now=services.now())

    async def again(form: Form, status: int) -> Response:
        return await _municipal_page(request, municipality, viewer, form, status)

    rules = (attendance, completion)
    return await save(form, put, again, then=f"/admin/rules/{municipality}?done=rules", known=known, wanted=rules)


def read_rules(form: Form) -> tuple[AttendanceRule, CompletionRule]:
    """As typed; shares are typed in per cent."""
    attendance = AttendanceRule(
        opens_before_min=form.whole("opens_before_min", 0, 120),
        on_time_min=form.whole("on_time_min", 0, 120),
        leave_grace_min=form.whole("leave_grace_min", 0, 120),
        minimum_share=form.whole("lesson_share", 0, 100) / 100,
        checks_per_hour=form.whole("checks_per_hour", 0, 12),
    )
    completion = CompletionRule(
        minimum_share=form.whole("course_share", 0, 100) / 100,
        strikes_per_absence=form.whole("strikes_per_absence", 0, 20),
        certificate=form.ticked("certificate"),
        automatic=form.ticked("automatic"),
        survey=form.ticked("survey"),
        watch_share=form.whole("watch_share", 0, 100) / 100,
        makeup_weight=form.whole("makeup_weight", 0, 100) / 100,
        makeup_days=form.whole("makeup_days", 1, 365),
    )
    return attendance, completion


def _other(form: Form | None, status: int, stored: Rules) -> list[str]:
    """After a conflict: the texts that name what is stored otherwise than it was typed."""
    if form is None or status != 409:
        return []
    (attendance, completion), kept = read_rules(form), stored or (AttendanceRule(), CompletionRule())
    return [*_differing(attendance, kept[0], ATTENDANCE_TEXTS), *_differing(completion, kept[1], COMPLETION_TEXTS)]


def _differing(typed: object, kept: object, texts: Mapping[str, str]) -> list[str]:
    return [text for name, text in texts.items() if getattr(typed, name) != getattr(kept, name)]


async def _own(request: Request, municipality: MunicipalityCode) -> Rules:
    async with auth.services_of(request).store.reading() as uow:
        return await uow.completions.rules(municipality)


def _preset(name: str) -> Rules:
    if name not in COMPLETION_PRESETS:
        return None
    return ATTENDANCE_PRESETS.get(name, AttendanceRule()), COMPLETION_PRESETS[name]


async def _course_page(request: Request, led: Led, form: Form | None = None, status: int = 200) -> Response:
    own = await _own(request, led.course.municipality)
    wanted = request.query_params.get("preset", "")
    chosen = (own if wanted == "municipal" else _preset(wanted)) or (led.course.attendance, led.course.completion)
    presets = [*(["municipal"] if own else []), *PRESETS]
    stored = (led.course.attendance, led.course.completion)
    values = {
        "led": led,
        "attendance": chosen[0],
        "completion": chosen[1],
        "presets": presets,
        "wanted": wanted,
        "stored": stored,
        "other": _other(form, status, stored),
    }
    return render(request, "teaching/rules.html", status, **values, form=form)


async def _municipal_page(
    request: Request, municipality: str, viewer: Viewer, form: Form | None = None, status: int = 200
) -> Response:
    home = await auth.services_of(request).store.queries.municipality(municipality)
    if home is None or not viewer.administers(home.code):
        raise NotFound
    wanted = request.query_params.get("preset", "")
    own = await _own(request, home.code)
    chosen = _preset(wanted) or own or (AttendanceRule(), CompletionRule())
    values = {"municipality": home, "attendance": chosen[0], "completion": chosen[1], "presets": PRESETS, "wanted": wanted}
    other = _other(form, status, own)
    return render(request, "admin/municipal_rules.html", status, **values, stored=own, other=other, form=form)

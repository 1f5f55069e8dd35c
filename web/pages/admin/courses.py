"""Courses: list, create, change, and the page of one."""

from collections.abc import Sequence
from dataclasses import fields, replace

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import courses as actions
from classroom.admission import AdmissionRule, Mode, Reach
from classroom.courses import AUDIENCES, CATEGORIES, LEVELS, Course, CourseKind, CourseState
from classroom.enrolment import EnrolmentState
from classroom.errors import ClassroomError, Invalid, NotFound
from classroom.people import CourseId, MunicipalityCode, PersonId, Viewer
from classroom.queries.public import CoursePage
from classroom.rules import (
    ATTENDANCE_PRESETS,
    COMPLETION_PRESETS,
    AttendanceRule,
    CompletionRule,
    attendance_preset,
    completion_preset,
    paced_by_oneself,
)
from web import auth
from web.access import log_look
from web.errors import status_of
from web.forms import Form
from web.pages.portal import page_number
from web.rendering import address_with, render

router = APIRouter(include_in_schema=False)
Rules = tuple[AttendanceRule, CompletionRule]
STANDARD: Rules = (AttendanceRule(), CompletionRule())
MUNICIPAL, BY_KIND = "municipal", "by-kind"
"""The preset a municipality made for itself (`/admin/rules`)."""


@router.get("/admin/courses")
async def course_list(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    search = request.query_params.get("q", "")[:100].strip()
    page = await services.store.queries.admin_courses(viewer.scope, services.now(), search=search, page=page_number(request))
    return render(
        request, "admin/courses.html", page=page, search=search, address=lambda number: address_with(request, page=number)
    )


@router.get("/admin/lessons")
async def lesson_list(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    past = request.query_params.get("past") == "1"
    page = await services.store.queries.admin_lessons(viewer.scope, services.now(), past=past, page=page_number(request))
    return render(request, "admin/lessons.html", page=page, past=past, address=lambda number: address_with(request, page=number))


@router.get("/admin/courses/new")
async def new_course(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _form_page(request, viewer)


@router.post("/admin/courses/new")
async def create_course(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    form = await Form.read(request)
    instructor = await instructor_typed(request, form)
    course = _read_course(form, instructor, own=await _municipal_rules(request, form["municipality"]))
    if form.errors:
        return await _form_page(request, viewer, form, status=422)
    try:
        async with auth.services_of(request).store.writing() as uow:
            made = await actions.create_course(
                uow,
                municipality=course.municipality,
                slug=course.slug,
                title=course.title,
                summary=course.summary,
                description=course.description,
                category=course.category,
                kind=course.kind,
                instructor=course.instructor,
                place=course.place,
                capacity=course.capacity,
                applies_from=course.applies_from,
                applies_until=course.applies_until,
                attendance=course.attendance,
                completion=course.completion,
                auto_record=course.auto_record,
                state=course.state,
                admission=course.admission,
                level=course.level,
                audience=course.audience,
                by=viewer,
            )
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        return await _form_page(request, viewer, form, status=status_of(error))
    return RedirectResponse(f"/admin/courses/{made.municipality}/{made.slug}?done=course-created", 303)


@router.get("/admin/courses/{municipality}/{slug}")
async def course(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await course_page(request, viewer, await find_managed(request, municipality, slug, viewer))


@router.get("/admin/courses/{municipality}/{slug}/edit")
async def edit(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _form_page(request, viewer, page=await find_managed(request, municipality, slug, viewer))


@router.post("/admin/courses/{municipality}/{slug}/edit")
async def change(request: Request, municipality: str, slug: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    page = await find_managed(request, municipality, slug, viewer)
    form = await Form.read(request)
    form.values["municipality"] = municipality
    instructor = await instructor_typed(request, form)
    wanted = _read_course(form, instructor, page.course, await _municipal_rules(request, municipality))
    if form.errors:
        return await _form_page(request, viewer, form, page, 422)
    try:
        async with auth.services_of(request).store.writing() as uow:
            services = auth.services_of(request)
            await actions.change_course(uow, replace(wanted, id=page.course.id), by=viewer, now=services.now())
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        if error.code == "edited-meanwhile":
            # Saving once more is then a decision: what the other one wrote is on the page.
            page = await find_managed(request, municipality, slug, viewer)
            form.values["version"] = str(page.course.version)
            if differing := changes(page.course, wanted):
                return await _form_page(request, viewer, form, page, 409, differing)
            return RedirectResponse(f"/admin/courses/{municipality}/{wanted.slug}?done=course-changed", 303)  # pressed twice
        return await _form_page(request, viewer, form, page, status_of(error))
    for lesson in page.lessons:
        if lesson.state != "ended":
            await auth.services_of(request).rooms.refresh(lesson.id)
    return RedirectResponse(f"/admin/courses/{municipality}/{wanted.slug}?done=course-changed", 303)


async def find_managed(request: Request, municipality: str, slug: str, viewer: Viewer) -> CoursePage:
    services = auth.services_of(request)
    page = await services.store.queries.course(municipality, slug, viewer, services.now())
    if page is None or not viewer.administers(page.municipality.code):
        raise NotFound
    return page


async def course_page(
    request: Request, viewer: Viewer, page: CoursePage, form: Form | None = None, status: int = 200, refusal: str | None = None
) -> Response:
    services = auth.services_of(request)
    queries = services.store.queries
    wanted = request.query_params.get("state")
    state = EnrolmentState(wanted) if wanted in list(EnrolmentState) else None
    found = await queries.admin_applications(viewer.scope, page.course.id, state=state, page=page_number(request))
    if found is None:
        raise NotFound
    await log_look(request, viewer, [row.person.id for row in found.rows], "enrolment-list", page.municipality.code)
    places = {each.code: each.name for each in await queries.municipalities()}
    return render(
        request,
        "admin/course.html",
        status,
        page=page,
        found=found,
        counts=await queries.application_counts(page.course.id),
        state=state,
        names=places,
        form=form,
        refusal=refusal,
        now=services.now(),
        with_state=lambda each: address_with(request, state=each, page=None),
        address=lambda number: address_with(request, page=number),
    )


async def _form_page(
    request: Request,
    viewer: Viewer,
    form: Form | None = None,
    page: CoursePage | None = None,
    status: int = 200,
    other: Sequence[str] = (),
) -> Response:
    """`other`: fields in which the store has something else than the form, after somebody else saved first."""
    services = auth.services_of(request)
    email = None
    if page is not None and page.course.instructor is not None:
        found = await services.store.queries.person(page.course.instructor)
        email = found.person.email if found else None
    municipalities = await services.store.queries.municipalities()
    return render(
        request,
        "admin/course_form.html",
        status,
        page=page,
        form=form,
        instructor_email=email,
        municipalities=[each for each in municipalities if viewer.administers(each.code)],
        categories=CATEGORIES,
        kinds=list(CourseKind),
        states=list(CourseState),
        attendance_presets=[MUNICIPAL, *ATTENDANCE_PRESETS],
        completion_presets=[*([] if page else [BY_KIND]), MUNICIPAL, *COMPLETION_PRESETS],
        modes=list(Mode),
        reaches=list(Reach),
        levels=LEVELS,
        audiences=AUDIENCES,
        everywhere=municipalities,
        other=[f"conflict.{name}" for name in other],
    )


def default_version(known: Course | None) -> int:
    """A form that does not say which version it was made from was made from the present one."""
    return known.version if known else 1


def changes(now: Course, wanted: Course) -> list[str]:
    """The fields in which what stands in the store differs from what this form would write."""
    same = ("id", "municipality", "version", "drawn_at")
    return [each.name for each in fields(now) if each.name not in same and getattr(now, each.name) != getattr(wanted, each.name)]


def read_admission(form: Form, capacity: int, known: AdmissionRule) -> AdmissionRule:
    """How seats are given, as typed; `quota_<municipality>` left empty is not shared with. Without a mode: as `known`."""
    if "mode" not in form.values:
        return known
    quotas = {
        name.removeprefix("quota_"): form.whole(name, 1, max(capacity, 1))
        for name, value in form.values.items()
        if name.startswith("quota_") and value.strip()
    }
    return AdmissionRule(
        mode=form.one_of("mode", [str(each) for each in Mode]) or Mode.FIRST_COME,
        reach=form.one_of("reach", [str(each) for each in Reach]) or Reach.EVERYBODY,
        home_seats=form.whole("home_seats", 0, 100_000) if form["home_seats"].strip() else 0,
        quotas=quotas,
        waitlist=form.whole("waitlist", 0, 100_000) if form["waitlist"].strip() else 0,
        accept_hours=form.whole("accept_hours", 0, 240) if form["accept_hours"].strip() else 24,
        late=form.ticked("late"),
        fee_won=form.whole("fee_won", 0, 10_000_000) if form["fee_won"].strip() else 0,
    )


async def instructor_typed(request: Request, form: Form, name: str = "instructor") -> PersonId | None:
    """By e-mail; empty is nobody yet."""
    email = form[name].strip().lower()
    if not email:
        return None
    async with auth.services_of(request).store.reading() as uow:
        found = await uow.people.by_email(email)
    if found is None:
        form.wrong(name, "admin.instructor-unknown")
        return None
    return found[0].id


async def _municipal_rules(request: Request, municipality: str) -> Rules:
    """The municipality's own, or the standard ones."""
    async with auth.services_of(request).store.reading() as uow:
        return await uow.completions.rules(MunicipalityCode(municipality)) or STANDARD


def _read_course(form: Form, instructor: PersonId | None, known: Course | None = None, own: Rules = STANDARD) -> Course:
    """The course as typed; what is wrong is in `form.errors`.

    A rule left empty stays as it is in `known`; "municipal" is the municipality's own.
    """
    kind = form.one_of("kind", [str(each) for each in CourseKind])
    state = form.one_of("state", [str(each) for each in CourseState])
    category = form.one_of("category", CATEGORIES)
    capacity = form.whole("capacity", 1, 100_000)
    attendance, completion = AttendanceRule(), CompletionRule()
    try:
        attendance, completion = (known.attendance, known.completion) if known else own
        if form["attendance"] or not known:
            attendance = own[0] if form["attendance"] == MUNICIPAL else attendance_preset(form["attendance"])
        if form["completion"] or not known:
            completion = own[1] if form["completion"] in (MUNICIPAL, BY_KIND) else completion_preset(form["completion"])
            if form["completion"] == BY_KIND and kind == CourseKind.ONLINE:
                completion = paced_by_oneself(completion)
    except Invalid as wrong:
        form.take(wrong)
    return Course(
        id=CourseId(""),
        municipality=MunicipalityCode(form.line("municipality", 40)),
        slug=form.line("slug", 64).lower(),
        title=form.both("title", 120),
        summary=form.both("summary", 300),
        description=form.both("description", 8_000, needed=False, long=True),
        category=category,
        kind=CourseKind(kind) if "kind" not in form.errors else CourseKind.LIVE,
        instructor=instructor,
        place=form.both("place", 120, needed=False),
        capacity=capacity,
        applies_from=form.moment("applies_from"),
        applies_until=form.moment("applies_until"),
        attendance=attendance,
        completion=completion,
        auto_record=form.ticked("auto_record"),
        state=CourseState(state) if "state" not in form.errors else CourseState.DRAFT,
        admission=read_admission(form, capacity, known.admission if known else AdmissionRule()),
        level=form.one_of("level", LEVELS) if "level" in form.values else (known.level if known else "all"),
        audience=form.one_of("audience", AUDIENCES) if "audience" in form.values else (known.audience if known else "everybody"),
        version=int(form["version"]) if form["version"].isdecimal() and len(form["version"]) < 9 else default_version(known),
    )

"""Many recordings at once: whom they are for, deleting, bringing back; how long they are kept, and how much room they take."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import shelf as actions
from classroom.actions.recordings import publish_recording
from classroom.catalogue import RetentionPolicy
from classroom.errors import ClassroomError, NotFound
from classroom.people import MunicipalityCode, RecordingId, Viewer
from classroom.ports import UnitOfWork
from classroom.queries.shelf import GoingCard
from web import auth
from web.exports import as_file
from web.formatting import in_seoul
from web.forms import Form
from web.i18n import Language, text
from web.pages.admin.recordings import show_recordings
from web.rendering import language_of, render
from web.saving import save

router = APIRouter(include_in_schema=False)
DEEDS = ("nobody", "course", "everybody", "keep", "unkeep", "delete", "restore")
AT_ONCE = 100
MOST_IN_REPORT = 20_000
SHORTEST_DAYS, LONGEST_DAYS = 7, 3650


@router.post("/admin/recordings/bulk")
async def bulk(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """`recording` (several), `deed`, for "delete" a `reason`. All of them or none; where something is wrong, it is said."""
    services = auth.services_of(request)
    async with request.form(max_files=0, max_fields=AT_ONCE + 10) as data:
        chosen = list(dict.fromkeys(str(each) for each in data.getlist("recording")))[:AT_ONCE]
        deed, reason = str(data.get("deed", "")), str(data.get("reason", ""))
        back = auth.own_path(str(data.get("back", "")), "/admin/recordings")
    if not chosen or deed not in DEEDS:
        return _back(back, "wrong=nothing-chosen")
    try:
        async with services.store.writing() as uow:
            for each in map(RecordingId, chosen):
                now = services.now()
                if deed == "delete":
                    await actions.delete_recording(uow, each, reason=reason, by=viewer, now=now)
                elif deed == "restore":
                    await actions.restore_recording(uow, each, by=viewer, now=now)
                elif deed in ("keep", "unkeep"):
                    await actions.keep_recording(uow, each, deed == "keep", by=viewer, now=now)
                else:
                    await publish_recording(uow, each, published=deed != "nobody", shared=deed == "everybody", by=viewer, now=now)
    except ClassroomError as refused:
        if refused.code == "not-found":
            raise
        return _back(back, f"wrong={refused.code}")
    return _back(back, "done=recordings")


def _back(path: str, said: str) -> Response:
    return RedirectResponse(path + ("&" if "?" in path else "?") + said, 303)


@router.get("/admin/keeping")
async def keeping(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    page = await services.store.queries.shelf(viewer.scope, services.now())
    return render(request, "admin/keeping.html", page=page, form=None, wrong_at=None)


@router.get("/admin/keeping.{kind}")
async def report(request: Request, kind: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """What the policies deleted and will delete within 30 days, as CSV or Excel, oldest first."""
    services, language = auth.services_of(request), language_of(request)
    page = await services.store.queries.shelf(viewer.scope, services.now(), MOST_IN_REPORT)
    keys = ("filter.municipality", "shelf.recording", "shelf.state", "shelf.on", "shelf.until", "shelf.reason", "shelf.megabytes")
    rows = [_line(each, language) for each in sorted((*page.deleted, *page.due), key=lambda each: each.at)]
    return as_file("xlsx" if kind == "xlsx" else "csv", "recordings-kept", [text(language, key) for key in keys], rows)


def _line(each: GoingCard, language: Language) -> list[object]:
    """`on`: when it was deleted, or will be; `until`: how long it can be brought back."""
    deleted_at, policy = each.card.recording.deleted_at, text(language, "shelf.by-policy")
    state = "shelf.state.due" if deleted_at is None else "shelf.state.purged" if each.purged else "shelf.state.deleted"
    on = f"{in_seoul(deleted_at or each.at):%Y-%m-%d}"
    until = f"{in_seoul(each.at):%Y-%m-%d}" if deleted_at is not None and not each.purged else ""
    reason = policy if each.reason in (None, actions.BY_POLICY) else each.reason
    megabytes = round(each.size_bytes / 1e6, 1) if each.size_bytes is not None else ""
    names = (each.card.municipality_name.in_(language), each.card.recording.title.in_(language))
    return [*names, text(language, state), on, until, reason, megabytes]


@router.post("/admin/keeping/{municipality}")
async def set_policy(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """`keep_days`: empty keeps for good."""
    services = auth.services_of(request)
    if not viewer.administers(MunicipalityCode(municipality)):
        raise NotFound
    form = await Form.read(request)
    days = form.whole("keep_days", SHORTEST_DAYS, LONGEST_DAYS) if form["keep_days"].strip() else None
    code = MunicipalityCode(municipality)

    async def known(uow: UnitOfWork) -> int | None:
        return (await uow.shelf.policy(code)).keep_days

    async def put(uow: UnitOfWork) -> None:
        await actions.set_retention(uow, code, RetentionPolicy(days), by=viewer, now=services.now())

    async def again(form: Form, status: int) -> Response:
        page = await services.store.queries.shelf(viewer.scope, services.now())
        return render(request, "admin/keeping.html", status, page=page, form=form, wrong_at=municipality)

    return await save(form, put, again, then="/admin/keeping?done=keeping", known=known, wanted=days)


@router.post("/admin/recordings/{recording}/sharing")
async def sharing(request: Request, recording: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """`municipality` (several): whose residents may watch as well; none takes all of it back."""
    services = auth.services_of(request)
    form = await Form.read(request)
    codes = {MunicipalityCode(each) for each in form.several.get("municipality", ())}
    shared = RecordingId(recording)

    async def known(uow: UnitOfWork) -> list[MunicipalityCode]:
        found = await uow.recordings.get(shared)  # held until the end
        if found is None or not viewer.administers(found.municipality):
            raise NotFound
        return (await uow.shelf.shared_with([shared])).get(shared, [])

    async def put(uow: UnitOfWork) -> None:
        await actions.share_recording(uow, shared, codes, by=viewer, now=services.now())

    async def again(form: Form, status: int) -> Response:
        return await show_recordings(request, viewer, status, form.errors[""])

    return await save(form, put, again, then="/admin/recordings?done=recordings", known=known, wanted=sorted(codes))

"""Certificates in the administration: the register, revoking and re-issuing, issuing to a whole course, the seal."""

from dataclasses import dataclass, field

from fastapi import APIRouter, Depends, Request
from starlette.background import BackgroundTask
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.actions import certificates as actions
from classroom.certificates import Certificate
from classroom.errors import ClassroomError, Invalid, NotFound
from classroom.people import CertificateId, CourseId, MunicipalityCode, Viewer
from classroom.sites import MAX_LOGO_BYTES, checked_logo
from web import auth
from web.access import log_look
from web.errors import status_of
from web.forms import Form
from web.pages.teaching.course import find_led
from web.rendering import render

router = APIRouter(include_in_schema=False)


@router.get("/admin/certificates/{certificate}")
async def certificate(request: Request, certificate: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _page(request, viewer, await _find(request, certificate, viewer))


@router.post("/admin/certificates/{certificate}/revocation")
async def revoke(request: Request, certificate: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """It stays in the register and verifies as revoked; its badge is revoked with it."""
    services = auth.services_of(request)
    found = await _find(request, certificate, viewer)
    form = await Form.read(request)
    reason = form.line("reason", 300)
    if form.errors:
        return await _page(request, viewer, found, form, "revocation")
    async with services.store.writing() as uow:
        await actions.revoke_certificate(uow, found.id, reason=reason, by=viewer, now=services.now())
    await log_look(request, viewer, [found.person], "certificate-revoked", found.municipality, reason)
    return RedirectResponse(f"/admin/certificates/{found.id}?done=certificate-revoked", 303)


@router.post("/admin/certificates/{certificate}/reissue")
async def reissue(request: Request, certificate: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """With today's name and seal, under the same number."""
    services = auth.services_of(request)
    found = await _find(request, certificate, viewer)
    form = await Form.read(request)
    reason = form.line("reason", 300)
    if form.errors:
        return await _page(request, viewer, found, form, "reissue")
    async with services.store.writing() as uow:
        await actions.reissue_certificate(uow, found.id, reason=reason, by=viewer, now=services.now())
    await log_look(request, viewer, [found.person], "certificate-reissued", found.municipality, reason)
    return RedirectResponse(f"/admin/certificates/{found.id}?done=certificate-reissued", 303)


async def _find(request: Request, certificate: str, viewer: Viewer) -> Certificate:
    """Of a municipality `viewer` administers. Raises NotFound."""
    async with auth.services_of(request).store.reading() as uow:
        found = await uow.certificates.get(CertificateId(certificate))
    if found is None or not viewer.administers(found.municipality):
        raise NotFound
    return found


async def _page(request: Request, viewer: Viewer, found: Certificate, form: Form | None = None, which: str = "") -> Response:
    await log_look(request, viewer, [found.person], "certificate", found.municipality)
    values = {"certificate": found, "form": form, "which": which}
    return render(request, "admin/certificate.html", 422 if form else 200, **values)


# -- issuing to a whole course ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Issuing:
    """How far this process is; what was issued is in the store, whatever becomes of the process."""

    running: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Course → (issued, of how many)."""


_ISSUING = Issuing()


@router.post("/teaching/{course_id}/certificates")
async def issue(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Issue to everybody who has completed the course; the page shows how far it is."""
    services = auth.services_of(request)
    led = await find_led(request, course_id, viewer)
    if not led.is_staff:
        raise NotFound
    back = RedirectResponse(f"/teaching/{course_id}?done=issuing#certificates", 303)
    if course_id not in _ISSUING.running:
        _ISSUING.running[course_id] = (0, 0)

        async def work() -> None:
            try:
                async for done, whole in actions.issue_in_bulk(
                    services.store, CourseId(course_id), by=viewer, now=services.now()
                ):
                    _ISSUING.running[course_id] = (done, whole)
            finally:
                del _ISSUING.running[course_id]

        back.background = BackgroundTask(work)
    return back


@router.get("/teaching/{course_id}/certificates.json")
async def issuing(request: Request, course_id: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """How far it is; `due` is None while it runs."""
    led = await find_led(request, course_id, viewer)
    if not led.is_staff:
        raise NotFound
    done = _ISSUING.running.get(course_id)
    due = None
    if done is None:
        async with auth.services_of(request).store.reading() as uow:
            due = len(await actions.due_people(uow, led.course.id))
    answer = {"running": done is not None, "done": done[0] if done else 0, "of": done[1] if done else 0, "due": due}
    return JSONResponse(answer, headers={"Cache-Control": "no-store"})


# -- the seal --------------------------------------------------------------------------------------------------------------


@router.get("/admin/seals/{municipality}")
async def seal(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    return await _seal_page(request, municipality, viewer)


@router.post("/admin/seals/{municipality}")
async def put_seal(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """A picture of the seal (PNG or JPEG); certificates from now on carry it."""
    services = auth.services_of(request)
    if not viewer.administers(MunicipalityCode(municipality)):
        raise NotFound
    form, files = await Form.read_with_files(request, {"logo": MAX_LOGO_BYTES})
    try:
        picture = checked_logo(files.get("logo") or b"")
        if picture.mime == "image/webp":  # the printer of papers knows PNG and JPEG only
            raise Invalid("logo-unknown", field="logo")
        async with services.store.writing() as uow:
            await actions.set_seal(uow, MunicipalityCode(municipality), picture, by=viewer, now=services.now())
    except NotFound:
        raise
    except ClassroomError as error:
        form.take(error)
        return await _seal_page(request, municipality, viewer, form, status_of(error))
    return RedirectResponse(f"/admin/seals/{municipality}?done=seal", 303)


@router.get("/admin/seals/{municipality}/picture")
async def seal_picture(request: Request, municipality: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    if not viewer.administers(MunicipalityCode(municipality)):
        raise NotFound
    async with auth.services_of(request).store.reading() as uow:
        found = await uow.certificates.seal(MunicipalityCode(municipality))
    if found is None:
        raise NotFound
    return Response(found.data, media_type=found.mime, headers={"Cache-Control": "private, no-store"})


async def _seal_page(
    request: Request, municipality: str, viewer: Viewer, form: Form | None = None, status: int = 200
) -> Response:
    services = auth.services_of(request)
    home = await services.store.queries.municipality(municipality)
    if home is None or not viewer.administers(home.code):
        raise NotFound
    async with services.store.reading() as uow:
        found = await uow.certificates.seal(home.code)
    return render(request, "admin/seal.html", status, municipality=home, seal_mark=found.mark if found else None, form=form)

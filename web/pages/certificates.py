"""Certificates as they are checked and shown around: the public check, badges, issuers, statements of learning."""

import json
from typing import Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.actions.certificates import state_learning
from classroom.badges import baked_svg
from classroom.errors import ClassroomError, NotFound, Refused
from classroom.people import MunicipalityCode, Viewer
from classroom.statements import StatementId
from web import auth
from web.errors import sentence, status_of
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)
BADGE_TYPES = {"json": "application/json", "jwt": "application/vc+jwt", "svg": "image/svg+xml"}


@router.get("/verify/")
async def ask(request: Request) -> Response:
    """Where a code is typed in."""
    await auth.load_viewer(request)
    typed = request.query_params.get("code", "").strip()[:40]
    if typed:
        return RedirectResponse(f"/verify/{quote(typed, safe='')}", 303)
    return render(request, "certificates/verify.html", code="", certificate=None, statement=None, asked=False)


@router.get("/verify/{code}")
async def verify(request: Request, code: str) -> Response:
    """Shows no more than is on the paper."""
    await auth.load_viewer(request)
    store = auth.services_of(request).store
    found, statement = await store.queries.verify(code), None
    if found is None:
        async with store.reading() as uow:
            statement = await uow.certificates.statement_by_code(code)
    status = 200 if found or statement else 404
    values = {"code": code[:40], "certificate": found, "statement": statement, "asked": True}
    response = render(request, "certificates/verify.html", status, **values)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# -- Open Badges -----------------------------------------------------------------------------------------------------------


@router.get("/me/certificates/{certificate}/badge.{badge}")
async def credential(
    request: Request, certificate: str, badge: Literal["json", "jwt", "svg"], viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    """The credential as JSON with its signed form, as VC-JWT, or baked into a picture. One's own only: it holds one's address."""
    services = auth.services_of(request)
    found = await services.store.queries.certificate(certificate, viewer)
    if found is None or found.person != viewer.id:
        raise NotFound
    if found.revoked_at is not None:
        raise Refused("certificate-revoked")
    home = await services.store.queries.municipality(found.municipality)
    assert home is not None, "certificates are issued by one of the 31"
    unsigned = services.badges.credential(found, home, viewer.person.email)
    token = await run_in_threadpool(services.badges.sign, unsigned, home.code)
    if badge == "svg":
        body = baked_svg(token, f"{found.paper.course.ko} · {found.paper.number}", home.brand)
    elif badge == "jwt":
        body = token.encode()
    else:
        body = json.dumps({"credential": unsigned, "jwt": token}, ensure_ascii=False, indent=1).encode()
    headers = {
        "Content-Disposition": f'attachment; filename="badge-{found.shown_code}.{badge}"',
        "Cache-Control": "private, no-store",
    }
    return Response(body, media_type=BADGE_TYPES[badge], headers=headers)


@router.get("/issuers/{municipality}")
async def issuer(request: Request, municipality: str) -> Response:
    """Who issues, for software that checks a badge."""
    services = auth.services_of(request)
    home = await services.store.queries.municipality(municipality)
    if home is None:
        raise NotFound
    return JSONResponse(
        {"@context": "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"} | services.badges.profile(home)
    )


@router.get("/issuers/{municipality}/did.json")
async def did_document(request: Request, municipality: str) -> Response:
    """Where `did:web:…:issuers:<municipality>` resolves to: the public key."""
    services = auth.services_of(request)
    home = await services.store.queries.municipality(municipality)
    if home is None:
        raise NotFound
    return JSONResponse(services.badges.did_document(home.code), media_type="application/did+json")


@router.get("/issuers/{municipality}/status/{year}")
async def status(request: Request, municipality: str, year: int) -> Response:
    """Which certificates of a year were revoked, as a signed list of bits: whose they are is nowhere in it."""
    services = auth.services_of(request)
    home = await services.store.queries.municipality(municipality)
    if home is None or not 2_000 <= year <= 2_200:
        raise NotFound
    async with services.store.reading() as uow:
        revoked = await uow.certificates.revoked_numbers(MunicipalityCode(home.code), year)
    token = await run_in_threadpool(services.badges.status_list, home.code, year, revoked, services.now())
    return Response(token, media_type="application/vc+jwt", headers={"Cache-Control": "public, max-age=300"})


# -- statements of learning ------------------------------------------------------------------------------------------------


@router.get("/me/statements")
async def statements(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _statements(request, viewer)


@router.post("/me/statements")
async def state(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Freeze what there is today on a new statement."""
    services = auth.services_of(request)
    years = await services.store.queries.history(viewer, services.now())
    try:
        async with services.store.writing() as uow:
            await state_learning(uow, viewer=viewer, years=years, now=services.now())
    except ClassroomError as error:
        return await _statements(request, viewer, sentence(language_of(request), error.code, error.fields), status_of(error))
    return RedirectResponse("/me/statements?done=stated", 303)


@router.get("/me/statements/{statement}/pdf")
async def statement_pdf(request: Request, statement: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    async with services.store.reading() as uow:
        found = await uow.certificates.statement(StatementId(statement))
    if found is None or found.person != viewer.id:
        raise NotFound
    address = f"{services.settings.public_url}/verify/{found.shown_code}"
    pdf = await run_in_threadpool(services.certificates.render_statement, found, verify_url=address, locale=language_of(request))
    headers = {
        "Content-Disposition": f'inline; filename="statement-{found.shown_code}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)


async def _statements(request: Request, viewer: Viewer, refusal: str | None = None, status: int = 200) -> Response:
    async with auth.services_of(request).store.reading() as uow:
        found = await uow.certificates.statements(viewer.id)
    return render(request, "me/statements.html", status, statements=found, refusal=refusal)

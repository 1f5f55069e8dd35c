"""One's own learning: what is next, what was, what was earned."""

import re
from dataclasses import replace
from functools import partial

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from classroom.enrolment import EnrolmentState
from classroom.errors import NotFound
from classroom.history import HistoryFilter, by_year
from classroom.people import Viewer
from web import auth
from web.access import log_look
from web.media_bytes import poster_address
from web.pages.portal import page_number
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)
YEAR = re.compile(r"[12][0-9]{3}", re.ASCII)


@router.get("/me")
async def my_learning(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    now = services.now()
    begun = [each for each in await services.store.queries.watched_by(viewer, limit=12) if each.watched.resumes_at_s][:4]
    page = await services.store.queries.my_learning(viewer, now)
    held = [each for each in page.courses if each.state is EnrolmentState.ENROLLED]
    return render(
        request,
        "me/learning.html",
        page=page,
        current=[each for each in held if not each.is_over(now)],
        over=[each for each in held if each.is_over(now)],
        waiting=[each for each in page.courses if each.state is not EnrolmentState.ENROLLED and not each.is_over(now)],
        begun=begun,
        now=now,
        poster_of=partial(poster_address, request),
    )


@router.get("/me/history")
async def history(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    queries = services.store.queries
    asked = request.query_params
    year = asked.get("year", "")
    wanted = HistoryFilter(int(year) if YEAR.fullmatch(year) else None, asked.get("municipality"), asked.get("certified") == "1")
    page = await queries.history_page(viewer, services.now(), wanted, page=page_number(request))
    if wanted.municipality not in (None, *page.places):
        page = await queries.history_page(viewer, services.now(), replace(wanted, municipality=None))
    return render(
        request,
        "me/history.html",
        page=page,
        open_years={each.year: each.entries for each in by_year(page.entries.rows)},
        wanted=wanted,
        watched=await queries.watched_by(viewer),
        page_address=lambda number: address_with(request, page=number),
        with_filter=lambda **changes: address_with(request, **{"page": None} | changes),
    )


@router.get("/me/certificates")
async def certificates(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    return render(request, "me/certificates.html", certificates=await services.store.queries.certificates(viewer))


@router.get("/me/certificates/{certificate}")
async def certificate(request: Request, certificate: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    found = await auth.services_of(request).store.queries.certificate(certificate, viewer)
    if found is None:
        raise NotFound
    if found.person != viewer.id:
        await log_look(request, viewer, [found.person], "certificate", found.municipality)
    return render(request, "certificates/certificate.html", certificate=found)


@router.get("/me/certificates/{certificate}/pdf")
async def certificate_pdf(request: Request, certificate: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    found = await services.store.queries.certificate(certificate, viewer)
    if found is None:
        raise NotFound
    if found.person != viewer.id:
        await log_look(request, viewer, [found.person], "certificate", found.municipality)
    address = f"{services.settings.public_url}/verify/{found.shown_code}"
    seal = None
    if found.paper.seal:
        async with services.store.reading() as uow:
            seal = await uow.certificates.seal(found.municipality, found.paper.seal)
    pdf = await run_in_threadpool(services.certificates.render, found, verify_url=address, locale=language_of(request), seal=seal)
    headers = {
        "Content-Disposition": f'inline; filename="certificate-{found.shown_code}.pdf"',
        "Cache-Control": "private, no-store",
    }
    return Response(pdf, media_type="application/pdf", headers=headers)

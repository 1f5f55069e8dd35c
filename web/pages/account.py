"""One's own account: profile, home, address, password, devices, one's data, and its end."""

from datetime import date, datetime, time

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.accounts import ERASED_AFTER
from classroom.actions import accounts, closing, people
from classroom.errors import ClassroomError, NotFound
from classroom.history import SEOUL
from classroom.people import MunicipalityCode, Viewer
from web import auth
from web.errors import sentence, status_of
from web.forms import Form
from web.i18n import LANGUAGES
from web.limits import WAIT_MINUTES
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)


@router.get("/me/account")
async def account(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _page(request, viewer)


@router.post("/me/account/profile")
async def change_profile(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    form = await Form.read(request)
    name = form.line("name", 80)
    locale = form.one_of("locale", LANGUAGES)
    born_on = form.day("born_on") if form["born_on"].strip() else None
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await accounts.change_profile(uow, viewer.id, name=name, born_on=born_on, now=services.now())
                await people.set_locale(uow, viewer.id, "en" if locale == "en" else "ko")
            return RedirectResponse("/me/account?done=profile", 303)
    except ClassroomError as error:
        form.take(error)
    return await _page(request, viewer, form, 422)


@router.post("/me/account/home")
async def move(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Where one lives from a day on. Applications, history and certificates stay as they are."""
    services = auth.services_of(request)
    form = await Form.read(request)
    day = form.day("since")
    since = min(datetime.combine(day, time(), SEOUL), services.now()) if day <= _today(request) else None
    if since is None:
        form.wrong("since", "account.not-yet")
    try:
        if not form.errors and since is not None:
            async with services.store.writing() as uow:
                await people.move_home(
                    uow, person=viewer.id, municipality=MunicipalityCode(form["municipality"]), since=since, now=services.now()
                )
            return RedirectResponse("/me/account?done=moved", 303)
    except NotFound:
        form.wrong("municipality", "form.choose")
    except ClassroomError as error:
        form.take(error)
    return await _page(request, viewer, form, 422)


@router.post("/me/account/email")
async def change_email(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The old address stays until the link in the mail to the new one was pressed."""
    services = auth.services_of(request)
    form = await Form.read(request)
    email = form.line("email", 254)
    if not form.errors and not await services.mail_guard.allows(email, auth.client_address(request)):
        form.errors["email"] = sentence(language_of(request), "too-many-attempts", {"minutes": WAIT_MINUTES})
        return await _page(request, viewer, form, 429)
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await accounts.request_email(uow, viewer.person, email, services.now())
            return RedirectResponse("/me/account?done=email-asked", 303)
    except ClassroomError as error:
        form.take(error)
    return await _page(request, viewer, form, 422)


@router.get("/me/email/{token}")
async def confirm_email_page(request: Request, token: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return render(request, "account/confirm_email.html")


@router.post("/me/email/{token}")
async def confirm_email(request: Request, token: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    async with services.store.writing() as uow:
        await accounts.confirm_email(uow, token, by=viewer.id, now=services.now())
    return RedirectResponse("/me/account?done=email-changed", 303)


@router.post("/me/account/password")
async def change_password(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The old one is asked, and guessing it here is limited like at sign-in. Every other session ends."""
    services = auth.services_of(request)
    form = await Form.read(request)
    if not form["old"]:
        form.wrong("old", "form.needed")
    if form["new"] != form["again"]:
        form.wrong("again", "account.again-wrong")
    if form.errors:
        return await _page(request, viewer, form, 422)
    async with services.guard.attempt(viewer.person.email, auth.client_address(request), known_device=True) as attempt:
        if attempt.refused:
            form.errors[""] = sentence(language_of(request), "too-many-attempts", {"minutes": WAIT_MINUTES})
            return await _page(request, viewer, form, 429)
        try:
            await people.change_password(
                services.store,
                services.hasher,
                person=viewer.id,
                old=form["old"][:1_000],
                new=form["new"][:1_000],
                keep_token=auth.session_token(request),
                now=services.now(),
            )
        except ClassroomError as error:
            if error.code == "sign-in-failed":
                await attempt.fail()
                form.wrong("old", "account.old-wrong")
            else:
                form.errors["new"] = sentence(language_of(request), error.code, error.fields)
            return await _page(request, viewer, form, status_of(error))
        await attempt.succeed()
    return RedirectResponse("/me/account?done=password", 303)


@router.post("/me/account/sessions")
async def end_other_sessions(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Sign out on every other device."""
    services = auth.services_of(request)
    async with services.store.writing() as uow:
        await people.revoke_sessions(uow, viewer.id, services.now(), keep_token=auth.session_token(request))
    return RedirectResponse("/me/account?done=sessions", 303)


@router.get("/me/account/data.json")
async def own_data(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Everything kept about oneself (Personal Information Protection Act, article 35)."""
    data = await auth.services_of(request).store.queries.own_data(viewer.id)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "private, no-store"}
    return JSONResponse(data, headers=headers)


@router.post("/me/account/close")
async def close(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The password is asked again: a forgotten sign-in at the library must not end an account."""
    services = auth.services_of(request)
    form = await Form.read(request)
    async with services.guard.attempt(viewer.person.email, auth.client_address(request), known_device=True) as attempt:
        if attempt.refused:
            form.errors["close_password"] = sentence(language_of(request), "too-many-attempts", {"minutes": WAIT_MINUTES})
            return await _page(request, viewer, form, 429)
        async with services.store.reading() as uow:
            found = await uow.people.by_email(viewer.person.email)
        if not await services.hasher.verify(form["close_password"][:1_000], found[1] if found else None):
            await attempt.fail()
            form.wrong("close_password", "account.old-wrong")
            return await _page(request, viewer, form, 422)
        await attempt.succeed()
    async with services.store.writing() as uow:
        await closing.close_account(uow, viewer.person, services.now())
    response = RedirectResponse("/?done=account-closed", 303)
    auth.drop_cookie(request, response, auth.session_cookie(services))
    return response


def _today(request: Request) -> date:
    return auth.services_of(request).now().astimezone(SEOUL).date()


async def _page(request: Request, viewer: Viewer, form: Form | None = None, status: int = 200) -> Response:
    services = auth.services_of(request)
    queries = services.store.queries
    municipalities = await queries.municipalities()
    return render(
        request,
        "account/account.html",
        status,
        form=form,
        profile=await queries.profile(viewer.id),
        moves=await queries.moves(viewer.id),
        municipalities=municipalities,
        names={each.code: each.name for each in municipalities},
        today=_today(request).isoformat(),
        erased_after=ERASED_AFTER.days,
        oidc_name=services.oidc.name if services.oidc else None,
        linked=services.oidc is not None and services.oidc.issuer in await queries.identities(viewer.id),
    )

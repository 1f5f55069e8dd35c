"""One's own account: who I am here, a new password, signing out everywhere else."""

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from classroom.actions import people
from classroom.errors import ClassroomError
from classroom.people import Viewer
from web import auth
from web.errors import sentence, status_of
from web.forms import Form
from web.limits import WAIT_MINUTES
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)


@router.get("/me/account")
async def account(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    return await _page(request, viewer)


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


async def _page(request: Request, viewer: Viewer, form: Form | None = None, status: int = 200) -> Response:
    home = viewer.person.home
    municipality = await auth.services_of(request).store.queries.municipality(home) if home else None
    return render(request, "account/account.html", status, home=municipality, form=form)

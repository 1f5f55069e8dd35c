"""Opening an account, a guardian's answer, a forgotten password: everything that begins with a mail."""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from classroom.accounts import GUARDIAN_UNTIL, LinkKind
from classroom.actions import accounts, links, people, signing_up
from classroom.actions.people import SignedIn
from classroom.errors import ClassroomError, Invalid, NotFound, Refused
from classroom.people import MunicipalityCode, checked_password
from web import auth
from web.errors import sentence, status_of
from web.forms import Form
from web.limits import WAIT_MINUTES
from web.rendering import language_of, render

router = APIRouter(include_in_schema=False)
MAX_PASSWORD_CHARACTERS = 1_000


@router.get("/sign-up")
async def sign_up_page(request: Request) -> Response:
    if await auth.load_viewer(request):
        return RedirectResponse("/me", 303)
    return await _sign_up_page(request)


@router.post("/sign-up")
async def sign_up(request: Request) -> Response:
    """The answer is the same whether or not the address has an account: the mail tells."""
    services = auth.services_of(request)
    form = await Form.read(request)
    email, name = form.line("email", 254), form.line("name", 80)
    born_on = form.day("born_on")
    try:
        checked_password(form["password"])
    except Invalid as error:  # with the other fields, not after them
        form.take(error)
    if form["password"] != form["again"]:
        form.wrong("again", "account.again-wrong")
    if not form.ticked("agrees"):
        form.wrong("agrees", "sign-up.agree-needed")
    if form.errors:
        return await _sign_up_page(request, form, 422)
    if not await services.mail_guard.allows(email, auth.client_address(request)):
        form.errors[""] = sentence(language_of(request), "too-many-attempts", {"minutes": WAIT_MINUTES})
        return await _sign_up_page(request, form, 429)
    try:
        await signing_up.request_sign_up(
            services.store,
            services.hasher,
            email=email,
            password=form["password"][:MAX_PASSWORD_CHARACTERS],
            name=name,
            born_on=born_on,
            home=MunicipalityCode(form["home"]) if form["home"] else None,
            guardian_name=form["guardian_name"][:80],
            guardian_email=form["guardian_email"][:254],
            locale=language_of(request),
            now=services.now(),
        )
    except NotFound:
        form.wrong("home", "form.choose")
        return await _sign_up_page(request, form, 422)
    except Invalid as error:
        form.take(error)
        return await _sign_up_page(request, form, status_of(error))
    return render(request, "account/mail_sent.html", title="sign-up.title", words="sign-up.sent", email=email)


@router.get("/sign-up/{token}")
async def confirm_page(request: Request, token: str) -> Response:
    """A button: programs that follow links in mails must not use the link up."""
    return await _link_page(request, token, LinkKind.SIGN_UP, "account/confirm.html")


@router.post("/sign-up/{token}")
async def confirm(request: Request, token: str) -> Response:
    services = auth.services_of(request)
    try:
        async with services.store.writing() as uow:
            person = await signing_up.confirm_sign_up(uow, token, services.now())
            session = await people.start_session(uow, person.id, services.now()) if person else None
    except ClassroomError as error:
        return _dead_link(request, error)
    if session is None:
        return render(request, "account/mail_sent.html", title="sign-up.title", words="sign-up.guardian-asked", email="")
    return signed_in_response(request, session, "/me?done=welcome")


@router.get("/guardian/{token}")
async def guardian_page(request: Request, token: str) -> Response:
    return await _link_page(request, token, LinkKind.GUARDIAN, "account/guardian.html")


@router.post("/guardian/{token}")
async def guardian(request: Request, token: str) -> Response:
    """`answer=yes` opens the child's account; anything else keeps nothing."""
    services = auth.services_of(request)
    form = await Form.read(request)
    agrees = form["answer"] == "yes"
    try:
        async with services.store.writing() as uow:
            await signing_up.answer_as_guardian(uow, token, agrees=agrees, now=services.now())
    except ClassroomError as error:
        return _dead_link(request, error)
    words = "guardian.agreed" if agrees else "guardian.refused"
    return render(request, "account/mail_sent.html", title="guardian.title", words=words, email="")


@router.get("/reset")
async def reset_page(request: Request) -> Response:
    await auth.load_viewer(request)
    return render(request, "account/reset.html", form=None)


@router.post("/reset")
async def reset(request: Request) -> Response:
    services = auth.services_of(request)
    await auth.load_viewer(request)
    form = await Form.read(request)
    email = form.line("email", 254)
    if not form.errors and not await services.mail_guard.allows(email, auth.client_address(request)):
        form.errors[""] = sentence(language_of(request), "too-many-attempts", {"minutes": WAIT_MINUTES})
        return render(request, "account/reset.html", 429, form=form)
    try:
        if not form.errors:
            async with services.store.writing() as uow:
                await accounts.request_reset(uow, email, services.now())
    except Invalid as error:
        form.take(error)
    if form.errors:
        return render(request, "account/reset.html", 422, form=form)
    return render(request, "account/mail_sent.html", title="reset.title", words="reset.sent", email=email)


@router.get("/reset/{token}")
async def new_password_page(request: Request, token: str) -> Response:
    return await _link_page(request, token, (LinkKind.RESET, LinkKind.INVITATION), "account/new_password.html")


@router.post("/reset/{token}")
async def new_password(request: Request, token: str) -> Response:
    services = auth.services_of(request)
    form = await Form.read(request)
    if form["new"] != form["again"]:
        form.wrong("again", "account.again-wrong")
    try:
        if not form.errors:
            await accounts.set_password_by_link(
                services.store, services.hasher, token, form["new"][:MAX_PASSWORD_CHARACTERS], services.now()
            )
    except Refused as error:
        return _dead_link(request, error)
    except Invalid as error:
        form.errors["new"] = sentence(language_of(request), error.code, error.fields)
    if form.errors:
        return await _link_page(request, token, (LinkKind.RESET, LinkKind.INVITATION), "account/new_password.html", form, 422)
    return RedirectResponse("/sign-in?done=new-password", 303)


def signed_in_response(request: Request, session: SignedIn, path: str) -> Response:
    services = auth.services_of(request)
    response = RedirectResponse(path, 303)
    lasts_s = int((session.expires_at - services.now()).total_seconds())
    auth.set_cookie(request, response, auth.session_cookie(services), session.token, lasts_s)
    return response


async def _link_page(
    request: Request,
    token: str,
    kinds: LinkKind | tuple[LinkKind, ...],
    template: str,
    form: Form | None = None,
    status: int = 200,
) -> Response:
    services = auth.services_of(request)
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    try:
        async with services.store.reading() as uow:
            link = await links.open_link(uow, token, *wanted, now=services.now())
    except ClassroomError as error:
        return _dead_link(request, error)
    response = render(request, template, status, link=link, form=form)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _dead_link(request: Request, error: ClassroomError) -> Response:
    words = sentence(language_of(request), error.code, error.fields)
    return render(request, "account/dead_link.html", status_of(error), words=words)


async def _sign_up_page(request: Request, form: Form | None = None, status: int = 200) -> Response:
    services = auth.services_of(request)
    municipalities = await services.store.queries.municipalities()
    return render(
        request, "account/sign_up.html", status, form=form, municipalities=municipalities, guardian_until=GUARDIAN_UNTIL
    )

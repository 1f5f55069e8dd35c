"""Saving what a form says: in one transaction, and over nothing that somebody else changed after the form was opened."""

from collections.abc import Awaitable, Callable

from starlette.responses import RedirectResponse, Response

from classroom.errors import ClassroomError, DatabaseAway, NotFound
from classroom.ports import UnitOfWork
from web import auth
from web.errors import status_of
from web.forms import Form
from web.stamps import stamp_of

Put = Callable[[UnitOfWork], Awaitable[object]]
Again = Callable[[Form, int], Awaitable[Response]]


async def save(form: Form, put: Put, again: Again, *, then: str, known: Put | None = None, wanted: object = None) -> Response:
    """Write by `put` and go to `then`; where something is wrong, `again` shows the form with what was typed.

    known: what the form's `stamp` was made of (`parts.made_from`), read and locked in the same transaction; None for what is new.
    The second of two who edit at once gets 409 and may then save over it, knowingly. Where it is as `wanted` already, the button
    was pressed twice: that is no quarrel. Raises NotFound.
    """
    if not form.errors:
        try:
            async with auth.services_of(form.request).store.writing() as uow:
                if known is not None:
                    now = await known(uow)
                    if now == wanted and form["stamp"] not in ("", stamp_of(now)):
                        return RedirectResponse(then, 303)
                    form.must_be_made_from(now)
                if not form.errors:
                    await put(uow)
        except (NotFound, DatabaseAway):
            raise
        except ClassroomError as error:
            form.take(error)
            return await again(form, status_of(error))
    return await again(form, form.refusal_status) if form.errors else RedirectResponse(then, 303)

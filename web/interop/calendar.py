"""One's lessons as a calendar other programs subscribe to (RFC 5545), under a secret address that can be renewed.

A lesson keeps its UID for ever and its SEQUENCE goes up with every change, so a moved lesson moves and a cancelled one is struck
through. Nobody else's name is in it.
"""

import base64
import hashlib
import hmac
from datetime import datetime
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request
from icalendar import Calendar, Event
from starlette.responses import RedirectResponse, Response

from classroom.errors import NotFound
from classroom.people import PersonId, Viewer, token_hash
from classroom.queries.applying import CalendarLesson
from web import auth
from web.i18n import Language, text
from web.rendering import render
from web.services import Services

router = APIRouter(include_in_schema=False)


def token_of(secret: str, person: PersonId, generation: int) -> str:
    """192 bits nobody can guess; made again from the number, so that only its hash is stored and it can still be shown."""
    digest = hmac.new(secret.encode(), f"calendar:{person}:{generation}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:24]).decode()


@router.get("/calendar/{token}.ics")
async def feed(request: Request, token: str) -> Response:
    services = auth.services_of(request)
    found = await services.store.queries.calendar(token_hash(token), services.now())
    if found is None:
        raise NotFound
    viewer, lessons = found
    body = calendar_of(lessons, services, viewer.person.locale)
    headers = {
        "Cache-Control": "private, no-store",
        "Content-Disposition": 'inline; filename="lessons.ics"',
        "X-Robots-Tag": "noindex",
    }
    return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


@router.get("/me/calendar")
async def calendar_page(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The secret address; made the first time somebody asks for it."""
    services = auth.services_of(request)
    async with services.store.reading() as uow:
        generation = await uow.calendars.generation(viewer.id)
    if generation is None:
        generation = 1
        await _store(services, viewer.id, generation)
    path = f"/calendar/{token_of(services.settings.secret, viewer.id, generation)}.ics"
    address = services.settings.public_url + path
    return render(request, "me/calendar.html", address=address, webcal="webcal://" + address.partition("://")[2])


@router.post("/me/calendar")
async def renew(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Another secret address; the one before is dead at once."""
    services = auth.services_of(request)
    async with services.store.reading() as uow:
        generation = await uow.calendars.generation(viewer.id)
    await _store(services, viewer.id, (generation or 0) + 1)
    return RedirectResponse("/me/calendar?done=calendar-renewed", 303)


async def _store(services: Services, person: PersonId, generation: int) -> None:
    token = token_of(services.settings.secret, person, generation)
    async with services.store.writing() as uow:
        await uow.calendars.put(person, token_hash(token), generation)


def calendar_of(lessons: list[CalendarLesson], services: Services, language: Language) -> bytes:
    host = urlsplit(services.settings.public_url).hostname or "localhost"
    calendar = Calendar()
    calendar.add("prodid", f"-//{host}//lessons//KO")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", text(language, "brand.full"))
    calendar.add("refresh-interval;value=duration", "PT1H")
    for each in lessons:
        calendar.add_component(_event(each, host, services.settings.public_url, language, services.now()))
    return bytes(calendar.to_ical())


def _event(each: CalendarLesson, host: str, public_url: str, language: Language, now: datetime) -> Event:
    lesson = each.lesson
    event = Event()
    event.add("uid", f"{lesson.id}@{host}")
    event.add("dtstamp", now)
    event.add("sequence", lesson.sequence)
    event.add("dtstart", lesson.starts_at)
    event.add("dtend", lesson.ends_at)
    number = text(language, "lesson.number", n=lesson.number)
    event.add("summary", f"{each.course_title.in_(language)} – {number} {lesson.title.in_(language)}")
    room = f"{public_url}/lessons/{lesson.id}/room"
    event.add("location", each.place.in_(language) if each.is_onsite else room)
    event.add("url", f"{public_url}/{lesson.municipality}/courses/{each.course_slug}" if each.is_onsite else room)
    event.add("status", "CANCELLED" if lesson.cancelled_at else "CONFIRMED")
    return event

"""A lesson's doors: the live room, its ticket and its WebSocket."""

from fastapi import APIRouter, Depends, Request, WebSocket
from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from classroom.errors import NotFound, Refused
from classroom.people import Viewer
from classroom.queries.lessons import LessonPage
from signaling.ticket import mint
from web import auth
from web.errors import SignInNeeded
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)
TICKET_TTL_S = 60


class TicketRequest(BaseModel):
    """What the room's page sends before it joins, and again after every lost connection."""

    model_config = ConfigDict(extra="forbid")
    consent: bool = False
    """Agrees to being recorded. False: this person's camera and microphone are never written."""


async def _door(request: Request, lesson: str, viewer: Viewer) -> LessonPage:
    """Raises NotFound for a lesson that is absent or none of the viewer's business."""
    services = auth.services_of(request)
    page = await services.store.queries.lesson(lesson, viewer, services.now())
    if page is None or page.refusal == "not-enrolled":
        raise NotFound
    return page


@router.get("/lessons/{lesson}/room")
async def room(request: Request, lesson: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    page = await _door(request, lesson, viewer)
    leads = page.course.instructor == viewer.id
    manages = leads or viewer.administers(page.municipality.code)
    values = {
        "page": page,
        "lesson": page.lesson,
        "course": page.course,
        "municipality": page.municipality,
        "instructor": page.instructor_name or "",
        "role": page.role or ("instructor" if leads else "learner"),
        "refusal": page.refusal,
        "state": page.state,
        "now": services.now(),
        "entry_opens_at": page.opens_at,
        "recording": page.recording,
        "recorded": True,
        "retention_days": None,
        "mask_names": False,
        "my_name": viewer.person.name,
        "person_id": viewer.id,
        "ticket_url": f"/lessons/{page.lesson.id}/ticket",
        "ws_url": f"/ws/rooms/{page.lesson.id}",
        "leave_url": f"/{page.municipality.code}/courses/{page.course.slug}" if manages else "/me",
        "course_url": f"/{page.municipality.code}/courses/{page.course.slug}",
        "attendance_url": f"/lessons/{page.lesson.id}/attendance" if manages else None,
        "history_url": "/me/history",
        "recordings_url": "/recordings",
        "sign_in_url": f"/sign-in?next=/lessons/{page.lesson.id}/room",
    }
    if page.refusal in ("lesson-over", "removed"):
        return render(request, "lessons/closed.html", 403 if page.refusal == "removed" else 200, **values)
    if page.refusal == "not-yet-open":
        return render(request, "lessons/waiting.html", **values)
    kept = await services.store.queries.recording_of(page.lesson.id)
    values["rewind_url"] = f"/recordings/{kept.id}" if kept is not None and kept.published and not kept.is_playable else None
    other = "en" if language_of(request) == "ko" else "ko"
    return render(request, "room/room.html", language_url=address_with(request, lang=other), **values)


@router.post("/lessons/{lesson}/ticket")
async def ticket(request: Request, lesson: str, wish: TicketRequest) -> Response:
    """A fresh join ticket, after the same questions as at the door."""
    services = auth.services_of(request)
    viewer = await auth.load_viewer(request)
    if viewer is None:
        raise SignInNeeded
    page = await _door(request, lesson, viewer)
    if page.role is None:
        raise Refused(page.refusal or "not-allowed", **({"opens_at": page.opens_at} if page.opens_at else {}))
    token = mint(
        services.settings.secret,
        person=viewer.id,
        lesson=page.lesson.id,
        role=page.role,
        name=viewer.person.name,
        record=wish.consent or page.role == "instructor",
        ttl_s=TICKET_TTL_S,
    )
    body = {"ticket": token, "expires_in_s": TICKET_TTL_S, "role": page.role, "name": viewer.person.name}
    return JSONResponse(body, headers={"Cache-Control": "no-store"})


@router.websocket("/ws/rooms/{lesson}")
async def signalling(websocket: WebSocket, lesson: str) -> None:
    await auth.services_of(websocket).rooms.serve(websocket, lesson)

"""The catalogue of recordings, their replay pages, and the bytes behind them. Every request asks anew who may watch."""

from functools import partial
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from itsdangerous import BadSignature, URLSafeSerializer
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.actions.people import log_access
from classroom.actions.recording_changes import must_edit
from classroom.courses import CATEGORIES
from classroom.enrolment import EnrolmentState
from classroom.errors import NotFound
from classroom.people import CourseId, Viewer
from classroom.queries.cards import RecordingCard
from classroom.study import NOTHING_TO_WATCH, Study
from recording.manifest import NAME
from web import auth
from web.forms import Form
from web.media_bytes import answer, check_pass, mint_pass, poster_address, still_watches
from web.pages.portal import page_number
from web.pages.recording_edits import shown_manifest
from web.pages.replay_chat import chat_lines, class_facts
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)
PASS_S = 3600
"""A film of gigabytes is loaded in parts, over a slow line."""
KINDS = ("class", "video")


@router.get("/recordings")
async def catalogue(request: Request, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    services = auth.services_of(request)
    search = request.query_params.get("q", "")[:100].strip()
    where = request.query_params.get("municipality") or None
    given = request.query_params.get("category")
    category = given if given in CATEGORIES else None
    kind = request.query_params.get("kind") if request.query_params.get("kind") in KINDS else None
    return render(
        request,
        "recordings/list.html",
        page=await services.store.queries.recordings(
            viewer,
            services.now(),
            search=search,
            municipality=where,
            category=category,
            kind=kind,
            page=page_number(request),
        ),
        category=category,
        categories=CATEGORIES,
        kind=kind,
        kinds=KINDS,
        search=search,
        where=where,
        municipalities=[each for each in await services.store.queries.municipalities() if each.is_open],
        poster_of=partial(poster_address, request),
        address=lambda number: address_with(request, page=number),
    )


async def _find(request: Request, recording: str, viewer: Viewer) -> RecordingCard:
    found = await auth.services_of(request).store.queries.recording(recording, viewer)
    if found is None:
        raise NotFound
    return found


@router.get("/recordings/{recording}")
async def replay(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    card = await _find(request, recording, viewer)
    found = card.recording
    municipality = await auth.services_of(request).store.queries.municipality(found.municipality)
    manages = found.instructor == viewer.id or viewer.administers(found.municipality)
    base = f"/recordings/{found.id}"
    watched = await auth.services_of(request).store.queries.watched(found.id, viewer.id)
    course, study = await _study(request, viewer)
    return render(
        request,
        "room/replay.html",
        card=card,
        recording=found,
        title=found.title,
        course_title=card.course_title,
        lesson_title=card.lesson_title,
        municipality=municipality,
        instructor=card.instructor_name or "",
        starts_at=card.lesson_starts_at,
        person_id=viewer.id,
        manifest_url=f"{base}/manifest.json",
        files_url=f"{base}/files/",
        chat_url=f"{base}/chat.json",
        live_url=f"{base}/live",
        room_url=f"/lessons/{found.lesson}/room" if found.lesson and not found.is_playable else None,
        watching_url=f"{base}/watching",
        withdrawal_url=f"{base}/withdrawal" if found.lesson and not manages and await _was_in(request, card, viewer) else None,
        watched=watched,
        poster_url=poster_address(request, found.id) if found.thumbnail else None,
        cover_url=f"/covers/{found.course or found.id}.svg",
        download_url=f"{base}/film" if found.path and manages else None,
        recordings_url="/recordings",
        study_url=f"/learning/{course}#study" if course else None,
        study=study,
        study_next=study.after(found.id),
        study_course=course,
        course_url=f"/{found.municipality}/courses/{card.course_slug}" if card.course_slug else None,
        edit_url=f"{base}/edit" if manages else None,
        attendance_url=f"/lessons/{found.lesson}/attendance" if manages and found.lesson else None,
    )


async def _was_in(request: Request, card: RecordingCard, viewer: Viewer) -> bool:
    """Only who was in class can be taken out of its recording."""
    lesson = card.recording.lesson
    if lesson is None:
        return False
    async with auth.services_of(request).store.reading() as uow:
        return await uow.facts.was_in(lesson, viewer.id)


async def _study(request: Request, viewer: Viewer) -> tuple[CourseId | None, Study]:
    """`?course=`: the course one watches it for, when one is enrolled in it."""
    course = CourseId(request.query_params.get("course", "")[:64])
    if not course:
        return None, NOTHING_TO_WATCH
    async with auth.services_of(request).store.reading() as uow:
        mine = await uow.enrolments.get(course, viewer.id)
        if mine is None or mine.state is not EnrolmentState.ENROLLED:
            return None, NOTHING_TO_WATCH
        return course, (await uow.course_items.studies([course], viewer.id)).get(course, NOTHING_TO_WATCH)


@router.get("/recordings/{recording}/edit")
async def edit(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Cuts, chapters and captions, for its instructor and staff."""
    card = await _find(request, recording, viewer)
    must_edit(viewer, card.recording)
    base = f"/recordings/{card.recording.id}"
    poster_url = poster_address(request, card.recording.id) if card.recording.thumbnail else None
    return render(request, "room/replay_edit.html", title=card.recording.title, base=base, poster_url=poster_url)


@router.get("/recordings/{recording}/manifest.json")
async def manifest(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What the player plays, plus `state` and the `pass` its files' addresses need. While it is being made: only the state."""
    card = await _find(request, recording, viewer)
    headers = {"Cache-Control": "private, no-store"}
    state = f'{{"state":"{card.recording.state.value}"'
    if not card.recording.is_playable:
        return Response(state + "}", media_type="application/json", headers=headers)
    made = await shown_manifest(auth.services_of(request), recording)
    if made is None:
        return JSONResponse({"state": "failed"}, headers=headers)
    state += f',"pass":"{mint_pass(request, recording, viewer)}"'
    return Response(state + "," + made.model_dump_json()[1:], media_type="application/json", headers=headers)


@router.get("/recordings/{recording}/chat.json")
async def chat(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What was written in class and who raised a hand, at its place in the replay; other learners' names are masked."""
    services = auth.services_of(request)
    card = await _find(request, recording, viewer)
    made = await shown_manifest(services, recording)
    if made is None:
        return JSONResponse({"lines": []})
    if card.recording.lesson is None:
        return JSONResponse({"lines": []})
    facts = await class_facts(services.store.queries.facts, card.recording.lesson)
    sees_names = card.recording.instructor == viewer.id or viewer.administers(card.recording.municipality)
    lines = chat_lines(facts, made, viewer.id, sees_names)
    return JSONResponse({"lines": lines}, headers={"Cache-Control": "private, no-store"})


@router.api_route("/recordings/{recording}/files/{name}", methods=["GET", "HEAD"])
async def media_file(request: Request, recording: str, name: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """A track, by a name the manifest lists and with the pass it gave: no other name reaches the storage."""
    card = await _find(request, recording, viewer)
    elsewhere = check_pass(request, recording, viewer)
    made = await shown_manifest(auth.services_of(request), recording)
    if made is None or not card.recording.is_playable or name not in made.files() - {NAME}:
        raise NotFound
    if elsewhere is not None:
        return elsewhere
    return await answer(request, f"{recording}/{name}", still_watches(request, recording))


@router.api_route("/recordings/{recording}/poster", methods=["GET", "HEAD"])
async def poster(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    card = await _find(request, recording, viewer)
    elsewhere = check_pass(request, recording, viewer)
    if not card.recording.thumbnail:
        raise NotFound
    if elsewhere is not None:
        return elsewhere
    return await answer(request, card.recording.thumbnail, still_watches(request, recording))


@router.api_route("/recordings/{recording}/film", methods=["GET", "HEAD"])
async def film(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """The composed film as a download, for its instructor and staff: first a reason is asked, then `?pass=` brings the bytes."""
    card = await _downloadable(request, recording, viewer)
    given = request.query_params.get("pass")
    if given is None:
        return render(request, "recordings/download.html", card=card, form=None)
    try:
        what, whose, given_s = _passes(request).loads(given)
    except (BadSignature, ValueError, TypeError):
        raise NotFound from None
    if [what, whose] != [recording, viewer.id]:
        raise NotFound
    if auth.services_of(request).now().timestamp() - float(given_s) > PASS_S:
        return RedirectResponse(f"/recordings/{recording}/film", 303)
    assert card.recording.path is not None, "asked above"
    title = card.recording.title.in_(language_of(request)) + ".mp4"
    disposition = f"attachment; filename=\"lecture.mp4\"; filename*=UTF-8''{quote(title, safe='')}"
    return await answer(request, card.recording.path, still_watches(request, recording), {"Content-Disposition": disposition})


@router.post("/recordings/{recording}/film")
async def download(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Writes down who takes the film away, and why."""
    card = await _downloadable(request, recording, viewer)
    form = await Form.read(request)
    reason = form.line("reason", 300)
    if form.errors:
        return render(request, "recordings/download.html", 422, card=card, form=form)
    services = auth.services_of(request)
    async with services.store.writing() as uow:
        await log_access(
            uow,
            actor=viewer.id,
            address=auth.client_address(request),
            person=card.recording.instructor,
            what=f"recording-download: {recording}",
            reason=reason,
            municipality=card.recording.municipality,
            now=services.now(),
        )
    allowed = _passes(request).dumps([recording, viewer.id, int(services.now().timestamp())])
    return RedirectResponse(f"/recordings/{recording}/film?pass={allowed}", 303)


async def _downloadable(request: Request, recording: str, viewer: Viewer) -> RecordingCard:
    card = await _find(request, recording, viewer)
    found = card.recording
    if not found.path or not (found.instructor == viewer.id or viewer.administers(found.municipality)):
        raise NotFound
    return card


def _passes(request: Request) -> URLSafeSerializer:
    """Signs who may take which film: a copied address is worth nothing to anybody else, or later."""
    return URLSafeSerializer(auth.services_of(request).settings.secret, salt="film-download")

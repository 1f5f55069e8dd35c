"""What a replay is after class: its edits (cuts, chapters, captions), and consent taken back. JSON for the replay page."""

import asyncio
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse, Response

from classroom.actions import recording_changes as actions
from classroom.errors import Invalid, NotFound
from classroom.people import PersonId, RecordingId, Viewer
from classroom.recording_changes import StoredEdits
from recording.captions import CaptionsWrong, read_captions, write_captions
from recording.edits import Edits, apply_edits, tidy
from recording.errors import EditsWrong, ObjectMissing
from recording.manifest import Captions, Chapter, Cut, Manifest
from web import auth
from web.errors import json_error, sentence
from web.forms import Form
from web.rendering import language_of
from web.services import Services

router = APIRouter(include_in_schema=False)
PRIVATE = {"Cache-Control": "private, no-store"}
MAX_CAPTION_BYTES = 2 << 20


class Wanted(BaseModel):
    """The edits as they shall be. `number`: what `edits.json` said when editing began."""

    model_config = ConfigDict(extra="forbid")
    number: int = Field(ge=0)
    cuts: list[Cut] = Field(default_factory=list, max_length=200)
    chapters: list[Chapter] = Field(default_factory=list, max_length=200)


async def shown_manifest(services: Services, recording: str) -> Manifest | None:
    """What viewers get of a recording now: with its edits; None while it is being made, also anew after a withdrawal."""
    async with services.store.reading() as uow:
        stored = await uow.recording_changes.edits(RecordingId(recording))
        found = await uow.recordings.get(RecordingId(recording))
    if found is None or not found.is_playable:
        return None
    try:
        manifest = await services.storage.read_manifest(recording)
    except ObjectMissing:
        return None
    return apply_edits(manifest, Edits.model_validate(stored.document))


async def _mine(request: Request, recording: str, viewer: Viewer) -> Manifest:
    """The manifest of a recording this person may edit. Raises NotFound."""
    services = auth.services_of(request)
    card = await services.store.queries.recording(recording, viewer)
    if card is None:
        raise NotFound
    actions.must_edit(viewer, card.recording)
    manifest = await shown_manifest(services, recording)
    if manifest is None:
        raise NotFound
    return manifest


def _answer(stored: StoredEdits) -> Response:
    edits = Edits.model_validate(stored.document)
    return JSONResponse(edits.model_dump() | {"number": stored.number, "can_undo": stored.can_undo}, headers=PRIVATE)


@router.get("/recordings/{recording}/edits.json")
async def edits(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    await _mine(request, recording, viewer)
    async with auth.services_of(request).store.reading() as uow:
        return _answer(await uow.recording_changes.edits(RecordingId(recording)))


@router.post("/recordings/{recording}/edits")
async def edit(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """JSON `Wanted` replaces cuts and chapters; captions stay. 409 when somebody else was faster, 422 with the field at fault."""
    manifest = await _mine(request, recording, viewer)
    try:
        wanted = Wanted.model_validate_json(await request.body())
    except ValidationError as error:
        fields = {".".join(str(part) for part in each["loc"]): str(each["msg"]) for each in error.errors()}
        return json_error(422, "invalid", sentence(language_of(request), "invalid"), fields)
    return await _change(request, recording, viewer, manifest, wanted.number, cuts=wanted.cuts, chapters=wanted.chapters)


async def _change(
    request: Request, recording: str, viewer: Viewer, manifest: Manifest, number: int | None, **changes: Any
) -> Response:
    services = auth.services_of(request)
    async with services.store.writing() as uow:
        stored = await uow.recording_changes.edits(RecordingId(recording))
        before = Edits.model_validate(stored.document)
        try:
            after = tidy(before.model_copy(update=changes), manifest.duration_s)
        except EditsWrong as wrong:
            words = sentence(language_of(request), wrong.code)
            return json_error(422, wrong.code, words, {wrong.field: words})
        return _answer(
            await actions.edit_recording(
                uow,
                RecordingId(recording),
                after.model_dump(),
                number=stored.number if number is None else number,
                by=viewer,
                now=services.now(),
            )
        )


@router.post("/recordings/{recording}/edits/undo")
async def undo(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    await _mine(request, recording, viewer)
    services = auth.services_of(request)
    async with services.store.writing() as uow:
        return _answer(await actions.undo_edit(uow, RecordingId(recording), by=viewer, now=services.now()))


@router.post("/recordings/{recording}/captions/{language}")
async def upload_captions(
    request: Request, recording: str, language: Literal["ko", "en"], viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    """The body is the file (WebVTT or SubRip, UTF-8). Earlier captions of this language come back with "undo"."""
    manifest = await _mine(request, recording, viewer)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=4) as form:
            given = form.get("file")
            data = await given.read() if isinstance(given, UploadFile) else b""
    else:
        data = await request.body()
    if len(data) > MAX_CAPTION_BYTES:
        raise Invalid("captions-too-large", field="file", megabytes=MAX_CAPTION_BYTES >> 20)
    try:
        cues = await asyncio.to_thread(read_captions, data)
    except CaptionsWrong as wrong:
        words = sentence(language_of(request), wrong.code, {"line": wrong.line})
        return json_error(422, wrong.code, words, {"file": words})
    written = write_captions(cues)
    services = auth.services_of(request)
    name = f"captions-{language}-{services.now():%Y%m%d%H%M%S%f}.vtt"
    await services.storage.put(f"{recording}/{name}", written)
    others = [each for each in manifest.captions if each.language != language]
    label = {"ko": "한국어", "en": "English"}[language]
    captions = [*others, Captions(language=language, label=label, file=name)]
    return await _change(request, recording, viewer, manifest, None, captions=captions)


@router.post("/recordings/{recording}/captions/{language}/removal")
async def remove_captions(
    request: Request, recording: str, language: Literal["ko", "en"], viewer: Viewer = Depends(auth.need_viewer)
) -> Response:
    manifest = await _mine(request, recording, viewer)
    captions = [each for each in manifest.captions if each.language != language]
    return await _change(request, recording, viewer, manifest, None, captions=captions)


@router.get("/recordings/{recording}/film.json")
async def film_progress(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """How far the composed film is: `{"state": "waiting" | "making" | "made" | "failed", "share": 0 … 1}`."""
    services = auth.services_of(request)
    if await services.store.queries.recording(recording, viewer) is None:
        raise NotFound
    async with services.store.reading() as uow:
        found = await uow.recordings.get(RecordingId(recording))
        film = await uow.recording_changes.film(RecordingId(recording))
    if found is not None and found.path:
        return JSONResponse({"state": "made", "share": 1.0}, headers=PRIVATE)
    if film is None or film.state == "made":
        return JSONResponse({"state": "waiting", "share": 0.0}, headers=PRIVATE)
    return JSONResponse({"state": film.state, "share": round(film.share, 3)}, headers=PRIVATE)


@router.post("/recordings/{recording}/withdrawal")
async def withdraw(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """Take oneself out of a recording; staff may do it for somebody else (`person`, with a `reason`)."""
    services = auth.services_of(request)
    if await services.store.queries.recording(recording, viewer) is None:
        raise NotFound
    form = await Form.read(request)
    person = form["person"] or viewer.id
    reason = form.line("reason", 500, needed=person != viewer.id)
    if form.errors:
        return json_error(422, "reason-missing", sentence(language_of(request), "reason-missing"), form.errors)
    async with services.store.writing() as uow:
        fresh = await actions.withdraw_consent(
            uow,
            RecordingId(recording),
            PersonId(person),
            by=viewer,
            address=auth.client_address(request),
            reason=reason,
            now=services.now(),
        )
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse(f"/recordings/{recording}", 303)
    return JSONResponse({"withdrawn": True, "fresh": fresh}, headers=PRIVATE)

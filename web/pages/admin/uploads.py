"""Ready-made videos: uploaded in parts that may be taken up again after any break, then checked and made playable."""

import asyncio
import base64
import binascii
import hashlib
import re
from typing import Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from classroom.actions import shelf as actions
from classroom.courses import CATEGORIES
from classroom.errors import ClassroomError, Invalid, NotFound, Refused
from classroom.people import LessonId, MunicipalityCode, Viewer
from classroom.texts import Text
from classroom.video_uploads import Upload, UploadState
from recording.captions import CaptionsWrong, read_captions, write_captions
from web import auth
from web.errors import json_error, sentence
from web.pages.recording_edits import MAX_CAPTION_BYTES
from web.rendering import language_of, render
from web.upload_folder import SAMPLE_BYTES

router = APIRouter(include_in_schema=False)
PART_BYTES = 4 << 20
NO_STORE = {"Cache-Control": "private, no-store"}
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/]{43}=):")


WITHOUT_NUL = r"^[^\x00]*$"
"""PostgreSQL keeps no NUL in a text."""


class NewUpload(BaseModel):
    model_config = ConfigDict(extra="forbid")

    municipality: str = Field(max_length=64, pattern=WITHOUT_NUL)
    lesson: str = Field(default="", max_length=64, pattern=WITHOUT_NUL)
    title_ko: str = Field(max_length=400, pattern=WITHOUT_NUL)
    title_en: str = Field(default="", max_length=400, pattern=WITHOUT_NUL)
    summary_ko: str = Field(default="", max_length=2000, pattern=WITHOUT_NUL)
    category: str = Field(max_length=40, pattern=WITHOUT_NUL)
    shared: bool = False
    file_name: str = Field(max_length=400, pattern=WITHOUT_NUL)
    size_bytes: int = Field(ge=0, le=10**15)
    captions_ko: str = Field(default="", max_length=3 * MAX_CAPTION_BYTES)
    captions_en: str = Field(default="", max_length=3 * MAX_CAPTION_BYTES)
    """A caption file in Base64: in which letters it is written is found out here; a browser would make question marks of them."""


@router.get("/admin/uploads")
async def page(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    queries = auth.services_of(request).store.queries
    places = [each for each in await queries.municipalities() if each.is_open and viewer.administers(each.code)]
    lessons = await queries.lessons_without_recording(viewer.scope)
    return render(
        request,
        "admin/uploads.html",
        places=places,
        categories=CATEGORIES,
        lessons=lessons,
        part_bytes=PART_BYTES,
        caption_bytes=MAX_CAPTION_BYTES,
    )


@router.get("/admin/uploads.json")
async def uploads(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """The latest, with how far they are."""
    services = auth.services_of(request)
    found = await services.store.queries.video_uploads(viewer.scope)
    return JSONResponse({"uploads": [await _told(request, each) for each in found]}, headers=NO_STORE)


async def _told(request: Request, upload: Upload) -> dict[str, Any]:
    language = language_of(request)
    offset = await auth.services_of(request).uploads.offset(upload.id) if upload.state is UploadState.RECEIVING else None
    return {
        "id": upload.id,
        "title": upload.title.in_(language),
        "file_name": upload.file_name,
        "size_bytes": upload.size_bytes,
        "offset": upload.size_bytes if offset is None else offset,
        "state": str(upload.state),
        "share": upload.share,
        "recording": upload.recording,
        "wrong": sentence(language, upload.refusal) if upload.refusal else None,
    }


@router.post("/admin/uploads")
async def begin(request: Request, given: NewUpload, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Announces a file; its parts follow. Errors name the field."""
    services = auth.services_of(request)
    language = language_of(request)
    korean, english = " ".join(given.title_ko.split()), " ".join(given.title_en.split())
    wrong: dict[str, str] = {}
    if not (korean or english):
        wrong["title_ko"] = sentence(language, "title-missing")
    if given.category not in CATEGORIES:
        wrong["category"] = sentence(language, "category-missing")
    captions: dict[str, bytes] = {}
    for each, file in (("ko", given.captions_ko), ("en", given.captions_en)):
        try:
            if file:
                captions[each] = await asyncio.to_thread(_captions, file)
        except Invalid as error:
            wrong[f"captions_{each}"] = sentence(language, error.code, error.fields)
    if wrong:
        return json_error(422, "invalid", sentence(language, "invalid"), wrong)
    summary = " ".join(given.summary_ko.split())
    try:
        async with services.store.writing() as uow:
            upload = await actions.begin_upload(
                uow,
                municipality=MunicipalityCode(given.municipality),
                lesson=LessonId(given.lesson) if given.lesson else None,
                title=Text(korean or english, english or korean),
                summary=Text(summary, summary),
                category=given.category,
                shared=given.shared,
                file_name=given.file_name,
                size_bytes=given.size_bytes,
                by=viewer,
                now=services.now(),
            )
            # Before the upload exists for anybody: a disk that is full leaves neither.
            await services.uploads.keep_captions(upload.id, captions)
    except Invalid as error:
        words = sentence(language, error.code, error.fields)
        return json_error(422, error.code, words, {str(error.fields.get("field", "")): words})
    return JSONResponse({"id": upload.id, "offset": 0, "part_bytes": PART_BYTES}, 201, headers=NO_STORE)


def _captions(file: str) -> bytes:
    """As we write them. Raises Invalid: "captions-wrong", "captions-too-large"."""
    try:
        data = base64.b64decode(file, validate=True)
    except binascii.Error:
        raise Invalid("captions-wrong", line=1) from None
    if len(data) > MAX_CAPTION_BYTES:
        raise Invalid("captions-too-large", megabytes=MAX_CAPTION_BYTES >> 20)
    try:
        return write_captions(read_captions(data))
    except CaptionsWrong as error:
        raise Invalid(error.code, line=error.line) from None


async def _own(request: Request, upload: str, viewer: Viewer) -> Upload:
    if not upload.isalnum():
        raise NotFound
    async with auth.services_of(request).store.reading() as uow:
        return await actions.own_upload(uow, upload, viewer)


@router.get("/admin/uploads/{video}")
async def state(request: Request, video: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """Where to go on, and what tells the file that went so far from another one of its name and size."""
    told = await _told(request, await _own(request, video, viewer))
    if told["state"] == UploadState.RECEIVING:
        told["offset"], digest = await auth.services_of(request).uploads.sample(video)
        told["sample"] = {"bytes": SAMPLE_BYTES, "sha256": digest}
    return JSONResponse(told, headers=NO_STORE)


@router.post("/admin/uploads/{video}/parts")
async def part(request: Request, video: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """The body is the bytes from `?offset=` on; `Content-Digest` (RFC 9530, sha-256) proves them. 409 tells where to go on."""
    services = auth.services_of(request)
    found = await _own(request, video, viewer)
    given = request.query_params.get("offset", "")
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise Refused("video-offset", offset=await services.uploads.offset(video))
    if found.state is not UploadState.RECEIVING:
        raise Refused("video-state")
    data = await request.body()
    digest = _DIGEST.fullmatch(request.headers.get("content-digest", ""))
    if digest is not None and base64.b64decode(digest[1]) != hashlib.sha256(data).digest():
        raise Refused("video-digest")
    try:
        offset = await services.uploads.append(video, int(given), data, found.size_bytes)
    except ClassroomError as error:
        if error.code != "video-offset":
            raise
        answer = {"error": {"code": error.code, "message": sentence(language_of(request), error.code)}}
        return JSONResponse(answer | error.fields, 409, headers=NO_STORE)
    if offset == found.size_bytes:
        async with services.store.writing() as uow:
            await actions.complete_upload(uow, video, by=viewer, now=services.now())
    return JSONResponse({"offset": offset, "complete": offset == found.size_bytes}, headers=NO_STORE)


@router.post("/admin/uploads/{video}/removal")
async def remove(request: Request, video: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """A finished one only leaves this list."""
    services = auth.services_of(request)
    await _own(request, video, viewer)
    async with services.store.writing() as uow:
        await actions.remove_upload(uow, video, by=viewer)
    await services.uploads.remove(video)
    return JSONResponse({"removed": True}, headers=NO_STORE)

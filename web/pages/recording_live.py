"""A class from its beginning while it goes on, for those who came late or were cut off. Every request asks who may watch."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, Response

from classroom.errors import NotFound
from classroom.people import Viewer
from classroom.queries.cards import RecordingCard
from recording.live import Live, read_live
from recording.publish import content_type
from web import auth
from web.live_captions import FACT as CAPTION
from web.live_captions import live_captions
from web.media_bytes import GuardedStream, check_pass, mint_pass, still_watches
from web.pages.replay_chat import chat_lines, class_facts
from web.ranges import BadRange, ByteRange, choose_range

router = APIRouter(include_in_schema=False)
NO_STORE = {"Cache-Control": "private, no-store"}
CHUNK_BYTES = 256 << 10


async def _live(request: Request, recording: str, viewer: Viewer) -> tuple[RecordingCard, Live, Path]:
    """Raises NotFound: not this person's, not being recorded, or nothing to see yet."""
    services = auth.services_of(request)
    card = await services.store.queries.recording(recording, viewer)
    if card is None or card.recording.is_playable or services.data_dir is None:
        raise NotFound
    live = await asyncio.to_thread(read_live, services.data_dir, recording)
    if live is None:
        raise NotFound
    return card, live, services.data_dir / "recordings" / recording / "work"


@router.get("/recordings/{recording}/live.json")
async def live_json(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What can be played by now (`recording.live.Live`); 404 while nothing can, and after class: then the manifest is there."""
    _, live, _ = await _live(request, recording, viewer)
    said = f'{{"pass":"{mint_pass(request, recording, viewer)}",' + live.model_dump_json()[1:]
    return Response(said, media_type="application/json", headers=NO_STORE)


@router.get("/recordings/{recording}/live-said.json")
async def live_said(request: Request, recording: str, after: float = 0.0, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What has been written in class, at its place: captions by language, and the chat with other learners' names masked.

    after: only what stands at this second or later. Who asks again goes back a little: lines are moved to when they were said.
    """
    services = auth.services_of(request)
    card, live, _ = await _live(request, recording, viewer)
    lesson = card.recording.lesson
    ask = services.store.queries.facts
    written = await ask(lesson, (CAPTION,)) if lesson is not None else []
    facts = await class_facts(ask, lesson) if lesson is not None else []
    captions = [
        {"language": each.language, "label": each.label, "cues": [cue._asdict() for cue in cues if cue.from_s >= after]}
        for each, cues in live_captions(written, live)
    ]
    sees_names = card.recording.instructor == viewer.id or viewer.administers(card.recording.municipality)
    lines = chat_lines(facts, live, viewer.id, sees_names)
    lines = [line for line in lines if after <= line["at_s"] < live.duration_s]  # the others lie ahead of what can be watched
    return JSONResponse({"captions": captions, "lines": lines}, headers=NO_STORE)


@router.api_route("/recordings/{recording}/live/{name}", methods=["GET", "HEAD"])
async def live_file(request: Request, recording: str, name: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """A growing file or its index, by a name `live.json` lists; the part asked for. 416 beyond what is there yet."""
    _, live, work = await _live(request, recording, viewer)
    elsewhere = check_pass(request, recording, viewer)
    if name not in live.files():
        raise NotFound
    if elsewhere is not None:
        return elsewhere
    try:
        file = await asyncio.to_thread(os.open, work / name, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # class ended this very moment
        raise NotFound from None
    size = os.fstat(file).st_size
    try:
        part = choose_range(request.headers.get("range"), size) or ByteRange(0, size)
    except BadRange:
        os.close(file)
        return Response(status_code=416, headers=NO_STORE | {"Content-Range": f"bytes */{size}"})
    headers = NO_STORE | {
        "Content-Length": str(part.end - part.start),
        "Content-Range": f"bytes {part.start}-{part.end - 1}/{size}",
    }
    mime = content_type(name.removesuffix(".index"))
    if request.method == "HEAD":
        os.close(file)
        return Response(status_code=206, headers=headers, media_type=mime)
    may_still = still_watches(request, recording, growing=True)
    return GuardedStream(_bytes(file, part), may_still, 206, headers, mime)


async def _bytes(file: int, part: ByteRange) -> AsyncIterator[bytes]:
    try:
        at = part.start
        while at < part.end:
            chunk = await asyncio.to_thread(os.pread, file, min(CHUNK_BYTES, part.end - at), at)
            if not chunk:
                return
            yield chunk
            at += len(chunk)
    finally:
        os.close(file)

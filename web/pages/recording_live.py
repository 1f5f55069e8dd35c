"""A class from its beginning while it goes on, for those who came late or were cut off. Every request asks who may watch."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.errors import NotFound
from classroom.people import Viewer
from recording.live import Live, read_live
from recording.publish import content_type
from web import auth
from web.media_bytes import GuardedStream, check_pass, mint_pass, still_watches
from web.ranges import BadRange, ByteRange, choose_range

router = APIRouter(include_in_schema=False)
NO_STORE = {"Cache-Control": "private, no-store"}
CHUNK_BYTES = 256 << 10


async def _live(request: Request, recording: str, viewer: Viewer) -> tuple[Live, Path]:
    """Raises NotFound: not this person's, not being recorded, or nothing to see yet."""
    services = auth.services_of(request)
    card = await services.store.queries.recording(recording, viewer)
    if card is None or card.recording.is_playable or services.data_dir is None:
        raise NotFound
    live = await asyncio.to_thread(read_live, services.data_dir, recording)
    if live is None:
        raise NotFound
    return live, services.data_dir / "recordings" / recording / "work"


@router.get("/recordings/{recording}/live.json")
async def live_json(request: Request, recording: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """What can be played by now (`recording.live.Live`); 404 while nothing can, and after class: then the manifest is there."""
    live, _ = await _live(request, recording, viewer)
    said = f'{{"pass":"{mint_pass(request, recording, viewer)}",' + live.model_dump_json()[1:]
    return Response(said, media_type="application/json", headers=NO_STORE)


@router.get("/recordings/{recording}/live/{name}")
async def live_file(request: Request, recording: str, name: str, viewer: Viewer = Depends(auth.need_viewer)) -> Response:
    """A growing file or its index, by a name `live.json` lists; the part asked for. 416 beyond what is there yet."""
    live, work = await _live(request, recording, viewer)
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
    may_still = still_watches(request, recording, growing=True)
    return GuardedStream(_bytes(file, part), may_still, 206, headers, content_type(name.removesuffix(".index")))


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

"""The demo world: `classroom.demo` makes people, courses and facts; here the ended lesson gets the recording to replay."""

import tempfile
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import structlog

from classroom.actions.recordings import mark_recording_ready, start_recording
from classroom.demo import seed
from classroom.passwords import Passwords
from classroom.people import RecordingId, new_id
from classroom.store.unit_of_work import Store
from recording.manifest import NAME, ClockStretch, Manifest, Scene, Track
from recording.publish import open_storage
from web.demo_film import CAMERA, DemoFilm, make
from web.settings import DataFolder, Settings, database_url

log = structlog.get_logger()
STARTS_INTO_LESSON = timedelta(minutes=4)
SCREEN = (1280, 720)
FONTS = Path(str(files("pylopdf_fonts_ko")))
"""Hangul from a package, as for the certificates: the slides look the same on every machine."""


async def seed_demo(settings: Settings, folder: DataFolder, now: datetime) -> None:
    """Make what is missing of the demo world; a second start finds everything and only renews the live lesson."""
    store = Store(database_url(settings))
    try:
        world = await seed(store, Passwords(), now)
        found = await store.queries.find_lesson(world.ended_lesson)
        known = await store.queries.recording_of(world.ended_lesson)
        if found is None or (known is not None and known.is_playable):
            return
        lesson, course = found
        recording = known.id if known is not None else RecordingId(new_id())
        started_at = (lesson.started_at or lesson.starts_at) + STARTS_INTO_LESSON
        storage = open_storage(folder.root, settings.storage_url or None)
        with tempfile.TemporaryDirectory(dir=folder.root) as scratch:
            film = await make(Path(scratch), f"{course.title.ko} · {lesson.number}회차", [FONTS])
            manifest = describe(recording, film, started_at)
            for path in (film.main, film.screen, film.poster):
                await storage.publish(f"{recording}/{path.name}", path)
            await storage.write_manifest(manifest)
        # The entry and its readiness in one go: the film jobs, which run already, must not find it half made.
        async with store.writing() as uow:
            await start_recording(uow, recording=recording, lesson=lesson.id, now=started_at)
            await mark_recording_ready(
                uow,
                recording,
                duration_s=manifest.duration_s,
                gaps=[],
                manifest=f"{recording}/{NAME}",
                thumbnail=f"{recording}/{film.poster.name}",
                now=now,
            )
        log.info("= demo world made")
    finally:
        await store.close()


def describe(recording: str, film: DemoFilm, started_at: datetime) -> Manifest:
    whole = [(0.0, film.duration_s)]
    return Manifest(
        recording=recording,
        duration_s=film.duration_s,
        started_at=started_at,
        main="main",
        tracks=[
            Track(
                id="main",
                kind="main",
                source="camera",
                owner=None,
                file=film.main.name,
                mime='video/webm; codecs="vp8, opus"',
                offset_s=0.0,
                duration_s=film.duration_s,
                width=CAMERA[0],
                height=CAMERA[1],
                has_audio=True,
                visible=whole,
                size_bytes=film.main.stat().st_size,
            ),
            Track(
                id="screen-1",
                kind="screen",
                source="screen",
                owner=None,
                file=film.screen.name,
                mime='video/webm; codecs="vp8"',
                offset_s=0.0,
                duration_s=film.duration_s,
                width=SCREEN[0],
                height=SCREEN[1],
                has_audio=False,
                visible=whole,
                size_bytes=film.screen.stat().st_size,
            ),
        ],
        scenes=[Scene(from_s=0.0, to_s=film.duration_s, layout="screen", tracks=["screen-1", "main"])],
        gaps=[],
        pauses=[],
        clock=[ClockStretch(media_s=0.0, length_s=film.duration_s, utc=started_at)],
        unsupported=[],
        losses=[],
        poster=film.poster.name,
    )

"""The demo world: `classroom.demo` makes people, courses and facts; here the ended lesson gets the recording to replay."""

import tempfile
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

import structlog

from classroom.actions.recording_changes import edit_recording
from classroom.actions.recordings import mark_recording_ready, start_recording
from classroom.demo import seed
from classroom.passwords import Passwords
from classroom.people import RecordingId, new_id
from classroom.store.unit_of_work import Store
from recording.captions import Cue, write_captions
from recording.edits import Edits
from recording.manifest import NAME, Captions, Chapter, ClockStretch, Manifest, Scene, Track
from recording.publish import open_storage
from web.demo_film import CAMERA, SLIDE_S, SLIDES, DemoFilm, make
from web.demo_online import add_online_course
from web.settings import DataFolder, Settings, database_url

log = structlog.get_logger()
STARTS_INTO_LESSON = timedelta(minutes=4)
SCREEN = (1280, 720)
FONTS = Path(str(files("pylopdf_fonts_ko")))
"""Hangul from a package, as for the certificates: the slides look the same on every machine."""

SPEECH: list[list[dict[str, str]]] = [
    [
        {
            "ko": "안녕하세요. 오늘은 스마트폰 카메라와 처음 만나는 날입니다.",
            "en": "Hello. Today we meet the camera of the phone.",
        },
        {"ko": "먼저 부드러운 천으로 렌즈를 닦아 주세요.", "en": "First, please wipe the lens with a soft cloth."},
    ],
    [
        {"ko": "카메라 설정에서 격자, 곧 안내선을 켭니다.", "en": "In the settings, switch on the grid."},
        {"ko": "선에 맞추면 사진이 기울지 않습니다.", "en": "Along its lines, pictures stay level."},
    ],
    [
        {
            "ko": "보여 주고 싶은 곳을 길게 누르면 초점이 고정됩니다.",
            "en": "Hold your finger on what matters: the focus stays there.",
        },
        {"ko": "그대로 위아래로 밀어 밝기를 맞춥니다.", "en": "Slide up or down to set the brightness."},
    ],
    [
        {"ko": "두 손으로 잡고 팔꿈치를 몸에 붙이면 흔들리지 않습니다.", "en": "Two hands, elbows close: nothing shakes."},
        {"ko": "숨을 내쉬면서 눌러 주세요.", "en": "Breathe out and press."},
    ],
    [
        {
            "ko": "다음 시간까지 같은 물건을 아침, 낮, 저녁에 찍어 보세요.",
            "en": "Until next time, take the same thing in the morning, at noon and at night.",
        },
        {"ko": "마음에 드는 사진 세 장을 골라 오시면 됩니다.", "en": "Bring the three pictures you like best."},
    ],
]
"""What is said on each slide, in both languages."""

CAPTIONS = [
    (
        Captions(language=language, label=label, file=f"captions-{language}.vtt"),
        [
            Cue(number * SLIDE_S + 1.0 + line * 5, number * SLIDE_S + 5.5 + line * 5, said[language])
            for number, line, said in spoken
        ],
    )
    for spoken in [[(number, line, said) for number, slide in enumerate(SPEECH) for line, said in enumerate(slide)]]
    for language, label in (("ko", "한국어"), ("en", "English"))
]
EDITS = Edits(
    chapters=[Chapter(at_s=float(number * SLIDE_S), title=title) for number, (title, *_) in enumerate(SLIDES)],
    captions=[captions for captions, _ in CAPTIONS],
)


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
            for captions, cues in CAPTIONS:
                await storage.put(f"{recording}/{captions.file}", write_captions(cues))
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
            await edit_recording(uow, recording, EDITS.model_dump(), number=0, by=None, now=now)
            await add_online_course(uow, recording, now)
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

"""The job process from the end of a class to the film, with real ffmpeg and the real durable queue."""

import asyncio
import contextlib
import errno
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from recording.films import Films
from recording.job import ATTEMPTS
from recording.prepare import Preparation
from recording.publish import open_storage
from tests.integration.film_jobs import jobs, lecture
from tests.recording.catalogue import MemoryCatalogue
from tests.recording.encoders import HARMS, Harm, encoder_of, harm_one, impatient, starved
from tests.recording.files import assert_decodes, decode_pictures, duration_s
from tests.recording.lecture import Lecture
from tests.recording.material import encode_sound
from tests.waiting import until, within

pytestmark = pytest.mark.integration


async def test_from_the_end_of_class_to_replay_and_film(tmp_path: Path) -> None:
    lecture(tmp_path / "recordings" / "rec")
    catalogue = MemoryCatalogue(rec="capturing")
    async with jobs(tmp_path, catalogue):
        await asyncio.sleep(0.5)
        assert catalogue.states == {"rec": "capturing"}, "the class goes on"
        catalogue.end("rec")
        await catalogue.reaches("rec", "ready", "composed")
        took_s = catalogue.times["rec", "ready"] - catalogue.times["rec", "ended"]
        await catalogue.reaches("rec", "composed")
    assert took_s <= 5.0
    storage = open_storage(tmp_path)
    manifest = await storage.read_manifest("rec")
    assert manifest == catalogue.manifests["rec"]
    assert manifest.film is not None
    assert sorted(path.name for path in (tmp_path / "recordings" / "rec").iterdir()) == sorted({"capture", *manifest.files()})
    film = storage.path("rec/film.mp4")
    assert film is not None
    assert_decodes(film)
    assert abs(duration_s(film) - manifest.duration_s) < 0.2
    poster = storage.path("rec/poster.jpg")
    assert poster is not None
    assert poster.read_bytes().startswith(b"\xff\xd8\xff")
    seen = dict((round(time_s * 10), luma) for time_s, luma in decode_pictures(film))
    alone, shared = seen[15], seen[50]
    assert abs(float(alone[400, 200:500].mean()) - 60) < 12, "the camera fills the picture"
    assert abs(float(shared[400, 200:500].mean()) - 170) < 12, "the screen fills the picture"
    assert abs(float(shared[660, 1000:1040].mean()) - 60) < 12, "the camera is small in the corner"
    head = film.read_bytes()[:4096]
    assert b"moov" in head, "playable before it is all there"


async def test_a_recording_without_anything_fails_with_a_reason(tmp_path: Path) -> None:
    Lecture().write(tmp_path / "recordings" / "empty" / "capture")
    catalogue = MemoryCatalogue(empty="capturing", never="capturing")
    async with jobs(tmp_path, catalogue):
        catalogue.end("empty")
        catalogue.end("never")
        await catalogue.reaches("empty", "failed")
        await catalogue.reaches("never", "failed")
    assert catalogue.failures["empty"][0] == "nothing-recorded"
    assert catalogue.failures["never"][0] == "nothing-recorded"


async def test_one_broken_recording_does_not_hold_up_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recording.job.FIRST_WAIT_S", 0.05)
    broken = tmp_path / "recordings" / "broken"
    lecture(broken, 2)
    (broken / "work").write_text("in the way")
    lecture(tmp_path / "recordings" / "rec", 4)
    catalogue = MemoryCatalogue(broken="capturing", rec="capturing")
    async with jobs(tmp_path, catalogue):
        catalogue.end("broken")
        catalogue.end("rec")
        await catalogue.reaches("rec", "composed")
        await catalogue.reaches("broken", "failed")
    assert catalogue.failures["broken"][0] == "prepare-failed"


@pytest.mark.parametrize("place", ["while class runs", "at its end", "in the catalogue"])
async def test_a_machine_in_trouble_for_long_costs_time_and_no_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    monkeypatch.setattr("recording.job.FIRST_WAIT_S", 0.01)
    lecture(tmp_path / "recordings" / "rec", 4)
    catalogue = MemoryCatalogue(rec="capturing")
    target, name = {
        "while class runs": (Preparation, "advance"),
        "at its end": (Preparation, "finish"),
        "in the catalogue": (catalogue, "mark_ready"),
    }[place]
    works, refused = getattr(target, name), 0

    def refuse(*arguments: Any, **named: Any) -> Any:
        nonlocal refused
        if refused < 3 * ATTEMPTS:
            refused += 1
            raise (
                RuntimeError("the database is away") if target is catalogue else OSError(errno.ENOSPC, "No space left on device")
            )
        return works(*arguments, **named)

    monkeypatch.setattr(target, name, refuse)
    async with jobs(tmp_path, catalogue):
        if place == "while class runs":
            await until(lambda: refused > ATTEMPTS, "it is tried again and again")
        catalogue.end("rec")
        await catalogue.reaches("rec", "ready", "composed")
    assert catalogue.failures == {}
    assert catalogue.manifests["rec"].duration_s > 3.5


async def test_a_class_whose_worker_died_is_finished_by_itself(tmp_path: Path) -> None:
    """No clean end in the log: three quiet seconds are enough."""
    made = Lecture()
    made.sound(1000.0, encode_sound(5), close=False)
    made.write(tmp_path / "recordings" / "rec" / "capture", closed=False)
    catalogue = MemoryCatalogue(rec="capturing")
    async with jobs(tmp_path, catalogue):
        catalogue.end("rec")
        await catalogue.reaches("rec", "ready", "composed", within_s=6.0)


async def test_a_film_that_cannot_be_made_leaves_the_replay_and_is_tried_again_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recording.job.FIRST_WAIT_S", 0.05)
    folder = tmp_path / "recordings" / "rec"
    lecture(folder, 4)
    (folder / "film").write_text("in the way")
    catalogue = MemoryCatalogue(rec="capturing")
    given_up = asyncio.Event()
    refuse = Films.refuse

    async def refused(jobs: Films, recording: str, reason: str) -> None:
        await refuse(jobs, recording, reason)
        given_up.set()

    monkeypatch.setattr(Films, "refuse", refused)
    async with jobs(tmp_path, catalogue):
        catalogue.end("rec")
        await asyncio.wait_for(given_up.wait(), 40)
    assert (catalogue.states["rec"], catalogue.failures) == ("ready", {})
    (folder / "film").unlink()
    async with jobs(tmp_path, catalogue):
        await catalogue.reaches("rec", "composed")


async def test_stopping_while_filming_loses_nothing(tmp_path: Path) -> None:
    lecture(tmp_path / "recordings" / "rec", 20)
    catalogue = MemoryCatalogue(rec="capturing")
    async with jobs(tmp_path, catalogue):
        catalogue.end("rec")
        await encoder_of("film")
    assert not psutil.Process().children()
    assert catalogue.states["rec"] == "ready"
    async with jobs(tmp_path, catalogue):
        await catalogue.reaches("rec", "composed")
    assert_decodes(tmp_path / "recordings" / "rec" / "film.mp4")


@pytest.mark.parametrize("harm", HARMS)
async def test_whatever_happens_to_ffmpeg_the_film_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: Harm) -> None:
    """Killed, stopped or without memory, twice: the film is there once, whole, and nothing is left lying about."""
    monkeypatch.setattr("recording.job.FIRST_WAIT_S", 0.1)
    impatient(monkeypatch)
    lecture(tmp_path / "recordings" / "rec")
    catalogue = MemoryCatalogue(rec="capturing")
    async with jobs(tmp_path, catalogue):
        with starved(monkeypatch) if harm == "out of memory" else contextlib.nullcontext():
            catalogue.end("rec")
            await catalogue.reaches("rec", "ready")
            if harm != "out of memory":
                for _ in range(2):
                    await harm_one(harm, "/film-")
            else:
                await until(lambda: sum(state == "making" for state, _ in catalogue.notes) >= 2, "it is tried again")
        await catalogue.reaches("rec", "composed")
    assert catalogue.failures == {}
    assert_decodes(tmp_path / "recordings" / "rec" / "film.mp4")
    assert not list((tmp_path / "recordings" / "rec").glob("**/*.partial"))
    assert not psutil.Process().children()


async def test_a_film_that_was_given_up_is_tried_again_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recording.job.FIRST_WAIT_S", 0.05)
    monkeypatch.setattr("recording.films.AGAIN_S", 0.5)
    folder = tmp_path / "recordings" / "rec"
    lecture(folder, 4)
    (folder / "film").write_text("in the way")
    catalogue = MemoryCatalogue(rec="capturing")
    async with jobs(tmp_path, catalogue):
        catalogue.end("rec")
        await until(lambda: ("failed", 0.0) in catalogue.notes, "it is given up")
        (folder / "film").unlink()
        await catalogue.reaches("rec", "composed")


async def test_the_job_process_killed_while_filming_goes_on_when_it_is_back(tmp_path: Path) -> None:
    """kill -9 of the whole process: its ffmpeg dies with it, the next one makes the film once."""
    lecture(tmp_path / "recordings" / "rec", 20)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.recording.job_process", str(tmp_path)), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    async with within(30, "the job process says that the recording is ready"):
        while (line := await process.stdout.readline()) != b"ready\n":
            assert line, "the job process ended"
    encoder = await encoder_of("film", process.pid)
    process.kill()
    await process.wait()
    for _ in range(100):
        if not encoder.is_running() or encoder.status() == psutil.STATUS_ZOMBIE:
            break
        await asyncio.sleep(0.05)
    else:
        pytest.fail("the encoder outlived its job")
    catalogue = MemoryCatalogue(rec="ready")
    catalogue.end("rec")
    async with jobs(tmp_path, catalogue):
        await catalogue.reaches("rec", "composed")
    assert_decodes(tmp_path / "recordings" / "rec" / "film.mp4")

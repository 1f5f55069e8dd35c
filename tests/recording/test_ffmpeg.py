"""Command lines and progress; what the commands do is tested where they run."""

from pathlib import Path

import pytest

from recording import ffmpeg, graph
from recording.manifest import Track
from tests.recording.manifests import MAIN, SCREEN, manifest, track


def film(*tracks: Track) -> list[str]:
    paths = {entry.id: Path("/data") / entry.file for entry in tracks}
    return graph.build_film(manifest(*tracks), paths, Path("/data/film.partial"))


def test_every_input_is_forced_and_confined() -> None:
    arguments = film(MAIN, SCREEN)
    inputs = [place for place, argument in enumerate(arguments) if argument == "-i"]
    assert [arguments[place + 1] for place in inputs] == ["file:/data/main.webm", "file:/data/screen-1.webm"]
    start = 0
    for place in inputs:
        options = arguments[start:place]
        assert options[options.index("-f") + 1] == "matroska"
        assert options[options.index("-protocol_whitelist") + 1] == "file,pipe"
        start = place + 2


def test_the_screen_covers_and_the_camera_sits_on_it_only_while_shared() -> None:
    graph = next(argument for argument in film(MAIN, SCREEN) if "overlay" in argument)
    assert (graph.count("blend="), graph.count("overlay=")) == (1, 1)
    assert graph.index("blend=") < graph.index("overlay="), "the small one on the large one"
    assert graph.count("gte(t\\,5.0)*lt(t\\,12.0)") == 2
    assert graph.index("setpts=PTS+0.0/TB") > 0


def test_a_camera_alone_needs_no_overlay() -> None:
    assert not any("overlay" in argument for argument in film(MAIN))


def test_the_film_is_an_mp4_that_starts_at_once() -> None:
    arguments = film(MAIN)
    for name, value in {"-movflags": "+faststart", "-vcodec": "libx264", "-acodec": "aac", "-f": "mp4"}.items():
        assert value in [arguments[place + 1] for place, argument in enumerate(arguments) if argument == name]
    assert "file:/data/film.partial" in arguments
    assert "-y" in arguments


def test_only_known_containers_are_opened() -> None:
    with pytest.raises(KeyError):
        ffmpeg.open_input(Path("/data/list.m3u8"))


def test_progress_is_read_from_ffmpegs_lines() -> None:
    progress = ffmpeg.Progress(20.0)
    assert progress.share == 0.0
    moved = [
        progress.receive(line) for line in ("frame=3\n", "out_time_us=N/A\n", "out_time_us=5000000\n", "out_time_us=5000000\n")
    ]
    assert moved == [False, False, True, False]
    assert progress.share == 0.25
    progress.receive("out_time_us=99000000\n")
    assert progress.share == 1.0
    assert not progress.ended
    progress.receive("progress=end\n")
    assert progress.ended


def test_the_poster_shows_the_longest_scene() -> None:
    long_screen = track("screen-1", (2, 19), kind="screen", source="screen")
    assert ffmpeg.largest_track(manifest(MAIN, long_screen))[0].id == "screen-1"
    chosen, at_s = ffmpeg.largest_track(manifest(MAIN))
    assert (chosen.id, at_s) == ("main", 5.0)

"""Who is on screen when."""

from itertools import pairwise

from recording.layout import FULL, HEIGHT, WIDTH, arrange, boxes
from recording.manifest import Track
from tests.recording.manifests import track


def scenes(*tracks: Track, duration_s: float = 20.0) -> list[tuple[float, float, str, list[str]]]:
    return [(scene.from_s, scene.to_s, scene.layout, scene.tracks) for scene in arrange(tracks, duration_s)]


def test_screen_large_with_the_camera_on_it() -> None:
    main, screen = track("main", (0, 20), kind="main"), track("screen-1", (5, 12), kind="screen", source="screen")
    assert scenes(main, screen) == [
        (0, 5, "camera", ["main"]),
        (5, 12, "screen", ["screen-1", "main"]),
        (12, 20, "camera", ["main"]),
    ]


def test_nobody_visible_is_blank() -> None:
    assert scenes(track("main", (3, 10), kind="main")) == [
        (0, 3, "blank", []),
        (3, 10, "camera", ["main"]),
        (10, 20, "blank", []),
    ]


def test_other_cameras_come_after_the_instructors() -> None:
    main, guest = track("main", (0, 20), kind="main"), track("camera-1", (4, 8))
    assert [entry[3] for entry in scenes(main, guest)] == [["main"], ["main", "camera-1"], ["main"]]
    assert [entry[3] for entry in scenes(track("main", kind="main", source="none"), guest)] == [[], ["camera-1"], []]


def test_flickers_make_no_scene_and_scenes_cover_everything() -> None:
    main = track("main", (0, 9.95), (10.05, 19.99), kind="main")
    found = scenes(main)
    assert found == [(0, 20, "camera", ["main"])]


def test_every_box_is_on_the_canvas_and_insets_do_not_overlap() -> None:
    main = track("main", (0, 20), kind="main")
    guests = [track(f"camera-{n}", (0, 20)) for n in range(1, 7)]
    screen = track("screen-1", (0, 20), kind="screen", source="screen")
    [scene] = arrange([main, screen, *guests], 20.0)
    placed = boxes(scene)
    assert placed[0] == ("screen-1", FULL)
    rest = [box for _, box in placed[1:]]
    assert len(rest) == 4
    for box in rest:
        assert 0 <= box.x <= box.x + box.width <= WIDTH
        assert 0 <= box.y <= box.y + box.height <= HEIGHT
    for lower, upper in pairwise(rest):
        assert upper.y + upper.height <= lower.y

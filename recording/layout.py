"""Who is on screen when (pure): visible stretches of tracks → scenes → boxes on the film's canvas."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from recording.manifest import Scene, Track

WIDTH: Final = 1280
HEIGHT: Final = 720
MARGIN: Final = 24
INSET_WIDTH: Final = 288
INSET_HEIGHT: Final = 162
MAX_INSETS: Final = 4
SHORTEST_S: Final = 0.2
"""A shorter scene is a flicker of reconnecting, not a change of scene."""


@dataclass(frozen=True, slots=True)
class Box:
    """Where a picture goes on the canvas, in pixels; it keeps its proportions inside."""

    x: int
    y: int
    width: int
    height: int


FULL: Final = Box(0, 0, WIDTH, HEIGHT)


def arrange(tracks: Iterable[Track], duration_s: float) -> list[Scene]:
    """Cut the recording into scenes: the screen large with cameras on it, or the main camera large, or nothing."""
    tracks = list(tracks)
    edges = {0.0, duration_s}
    for track in tracks:
        for start, end in track.visible:
            edges |= {min(max(0.0, start), duration_s), min(max(0.0, end), duration_s)}
    scenes: list[Scene] = []
    ordered = sorted(edges)
    for start, end in pairwise(ordered):
        if end - start < SHORTEST_S and scenes:
            scenes[-1] = scenes[-1].model_copy(update={"to_s": end})
            continue
        middle = (start + end) / 2
        shown = [track for track in tracks if any(a <= middle < b for a, b in track.visible)]
        scene = _scene(shown, start, end)
        if scenes and (scenes[-1].layout, scenes[-1].tracks) == (scene.layout, scene.tracks):
            scenes[-1] = scenes[-1].model_copy(update={"to_s": end})
        else:
            scenes.append(scene)
    return scenes


def _scene(shown: list[Track], start: float, end: float) -> Scene:
    screens = [track.id for track in shown if track.source == "screen"]
    cameras = [track.id for track in shown if track.kind == "main" and track.source == "camera"]
    cameras += [track.id for track in shown if track.kind == "camera"]
    if screens:
        return Scene(from_s=start, to_s=end, layout="screen", tracks=[screens[-1], *cameras[:MAX_INSETS]])
    if cameras:
        return Scene(from_s=start, to_s=end, layout="camera", tracks=cameras[: MAX_INSETS + 1])
    return Scene(from_s=start, to_s=end, layout="blank", tracks=[])


def boxes(scene: Scene) -> list[tuple[str, Box]]:
    """Track → place, the large one first; insets climb from the lower right corner."""
    placed = [(track, FULL) for track in scene.tracks[:1]]
    for index, track in enumerate(scene.tracks[1:]):
        x = WIDTH - MARGIN - INSET_WIDTH
        y = HEIGHT - MARGIN - INSET_HEIGHT - index * (INSET_HEIGHT + MARGIN // 2)
        placed.append((track, Box(x, y, INSET_WIDTH, INSET_HEIGHT)))
    return placed

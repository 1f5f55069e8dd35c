"""What a recording holds, made up."""

from recording.layout import arrange
from recording.manifest import Manifest, Track, utc


def track(name: str, *visible: tuple[float, float], kind: str = "camera", source: str = "camera") -> Track:
    return Track.model_validate(
        {
            "id": name,
            "kind": kind,
            "source": source,
            "owner": name,
            "file": f"{name}.webm",
            "mime": "video/webm",
            "offset_s": 0.0,
            "duration_s": 1.0,
            "width": 1280,
            "height": 720,
            "has_audio": kind == "main",
            "visible": list(visible),
            "size_bytes": 1,
        }
    )


def manifest(*tracks: Track, duration_s: float = 20.0) -> Manifest:
    return Manifest(
        recording="rec",
        duration_s=duration_s,
        started_at=utc(1_790_000_000.0),
        main="main",
        tracks=list(tracks),
        scenes=arrange(tracks, duration_s),
        gaps=[],
        pauses=[],
        clock=[],
        unsupported=[],
        losses=[],
    )


MAIN = track("main", (0, 20), kind="main")
SCREEN = track("screen-1", (5, 12), kind="screen", source="screen")

"""Chat facts → lines at their place in the replay, names masked (pure)."""

from collections.abc import Sequence
from typing import Any

from classroom.events import Fact
from recording.manifest import Manifest
from web.formatting import mask


def chat_lines(facts: Sequence[Fact], manifest: Manifest, reader: str, sees_names: bool) -> list[dict[str, Any]]:
    """In order. `at_s` is seconds from the start of the replay; what was said before it began is at 0.

    Other learners' names are masked unless `sees_names` (the instructor, staff).
    """
    lines = []
    for fact in facts:
        if fact.type != "chat-posted" or not fact.data["text"]:  # empty: its author is erased
            continue
        leads, mine = fact.data["role"] == "instructor", fact.data["person"] == reader
        name = str(fact.data["name"])
        lines.append(
            {
                "id": str(fact.data["line"]),
                "at_s": round(manifest.media_time(fact.at), 2),
                "name": name if leads or mine or sees_names else mask(name),
                "role": fact.data["role"],
                "mine": mine,
                "text": str(fact.data["text"]),
            }
        )
    return sorted(lines, key=lambda line: float(line["at_s"]))

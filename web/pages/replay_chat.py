"""Chat facts → lines at their place in the replay, names masked (pure)."""

import json
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from classroom.events import Fact
from web.formatting import mask


def chat_lines(facts: Sequence[Fact], manifest_json: str, reader: str, sees_names: bool) -> list[dict[str, Any]]:
    """In order. `at_s` is seconds from the start of the replay; what was said before it began is at 0."""
    clock = [
        (datetime.fromisoformat(piece["utc"]), float(piece["media_s"]), float(piece["length_s"]))
        for piece in json.loads(manifest_json).get("clock", [])
    ]
    lines = []
    for fact in facts:
        if fact.type != "chat-posted":
            continue
        leads, mine = fact.data["role"] == "instructor", fact.data["person"] == reader
        name = str(fact.data["name"])
        lines.append(
            {
                "id": str(fact.data["line"]),
                "at_s": media_second(clock, fact.at),
                "name": name if leads or mine or sees_names else mask(name),
                "role": fact.data["role"],
                "mine": mine,
                "text": str(fact.data["text"]),
            }
        )
    return sorted(lines, key=lambda line: float(line["at_s"]))


def media_second(clock: Sequence[tuple[datetime, float, float]], moment: datetime) -> float:
    """Where `moment` is in the replay; inside a pause it is where the replay goes on."""
    if not clock:
        return 0.0
    if moment < clock[0][0]:
        return clock[0][1]
    for (utc, media_s, length_s), (next_utc, next_media_s, _) in pairwise(clock):
        if moment < next_utc:
            since = (moment - utc).total_seconds()
            return round(media_s + since, 2) if since < length_s else next_media_s
    utc, media_s, length_s = clock[-1]
    return round(media_s + min(length_s, (moment - utc).total_seconds()), 2)

"""Chat facts → lines at their place in the replay, names masked (pure)."""

from collections.abc import Sequence
from typing import Any, Final

from classroom.events import Fact
from recording.manifest import Timed
from web.formatting import mask

FACT: Final = "chat-posted"


def chat_lines(facts: Sequence[Fact], replay: Timed, reader: str, sees_names: bool) -> list[dict[str, Any]]:
    """In order. `at_s` is seconds from the start of the replay; what was said before it began is at 0.

    Other learners' names are masked unless `sees_names` (the instructor, staff).
    """
    lines = []
    for fact in facts:
        if fact.type != FACT or not fact.data["text"]:  # empty: its author is erased
            continue
        leads, mine = fact.data["role"] == "instructor", fact.data["person"] == reader
        name = str(fact.data["name"])
        lines.append(
            {
                "id": str(fact.data["line"]),
                "at_s": round(replay.media_time(fact.at), 2),
                "name": name if leads or mine or sees_names else mask(name),
                "role": fact.data["role"],
                "mine": mine,
                "text": str(fact.data["text"]),
            }
        )
    return sorted(lines, key=lambda line: float(line["at_s"]))

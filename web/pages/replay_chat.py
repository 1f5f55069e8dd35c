"""What happened in class beside picture and sound → lines at their place in the replay, names masked (pure).

What was written, who raised a hand, who was given the floor, when everybody was asked whether they are there.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from classroom.events import Fact
from classroom.people import LessonId
from recording.manifest import Timed
from web.formatting import mask

FACT: Final = "chat-posted"
JOINED: Final = "peer-joined"
KINDS: Final = {FACT: "chat", "hand-raised": "hand", "speaking-allowed": "floor", "check-opened": "check"}
"""Facts that are lines → what the page calls them. The room's next kind of fact needs an entry here and a sentence there."""


async def class_facts(ask: Callable[[LessonId, tuple[str, ...]], Awaitable[Sequence[Fact]]], lesson: LessonId) -> list[Fact]:
    """What `chat_lines` makes lines of; with who came in only where a line needs a name from there."""
    found = list(await ask(lesson, tuple(KINDS)))
    if any(fact.type != FACT and "peer" in fact.data for fact in found):
        found += await ask(lesson, (JOINED,))
    return found


def chat_lines(facts: Sequence[Fact], replay: Timed, reader: str, sees_names: bool) -> list[dict[str, Any]]:
    """In order. `at_s` is seconds from the start of the replay; what was said before it began is at 0.

    Other learners' names are masked unless `sees_names` (the instructor, staff).
    """
    joined = {str(fact.data["peer"]): fact.data for fact in facts if fact.type == JOINED}
    lines = []
    for fact in facts:
        kind = KINDS.get(fact.type)
        about = fact.data if fact.type == FACT else joined.get(str(fact.data.get("peer")), {})
        text, name = str(fact.data.get("text", "")), str(about.get("name", ""))
        if kind is None or not (text if kind == "chat" else name or kind == "check"):  # empty: its author is erased
            continue
        leads, mine = about.get("role") == "instructor", about.get("person") == reader
        lines.append(
            {
                "id": str(fact.data.get("line", fact.id)),
                "kind": kind,
                "at_s": round(replay.media_time(fact.at), 2),
                "name": name if not name or leads or mine or sees_names else mask(name),
                "role": about.get("role", "instructor"),
                "mine": mine,
                "text": text,
            }
        )
    return sorted(lines, key=lambda line: float(line["at_s"]))

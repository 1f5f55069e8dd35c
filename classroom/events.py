"""Facts of a lesson as the log keeps them. Who publishes them defines their fields; here they are a type, a time and data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classroom.people import LessonId

MARK_TYPES = ("marked-present", "mark-withdrawn")
"""Written by pages, not by a room: who was ticked off in a hall."""
PRESENCE_TYPES = ("peer-joined", "peer-left", "peers-seen", "lesson-started", "lesson-ended", *MARK_TYPES)
"""All that attendance is derived from."""

CHECK_TYPES = ("check-opened", "check-answered")
"""Of which spot checks are made."""
NAMING_TYPES = ("peer-joined", "chat-posted", "check-answered", "marked-present")
"""Which say somebody's name."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened in a lesson. Never deleted, and never changed but for one thing: names of people who were erased.

    Taking one twice changes nothing.
    """

    id: str
    lesson: LessonId
    at: datetime
    type: str
    data: Mapping[str, Any]
    """Its other fields, as JSON values."""

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Fact":
        """From the published form, e.g. `fact.model_dump(mode="json")`. Raises KeyError or ValueError for anything else."""
        data = {name: without_nul(value) for name, value in fields.items() if name not in ("id", "lesson", "at", "type")}
        at = datetime.fromisoformat(str(fields["at"]))
        if at.tzinfo is None:
            raise ValueError("a fact's time needs its offset")
        return cls(str(fields["id"]), LessonId(str(fields["lesson"])), at, str(fields["type"]), data)

    def to_json(self) -> dict[str, Any]:
        """The published form again."""
        return {"id": self.id, "lesson": self.lesson, "at": self.at.isoformat(), "type": self.type, **self.data}


def without_nul(value: Any) -> Any:
    """The JSON value without the one character PostgreSQL keeps in no text.

    A browser may send it within an id of its own making; a fact that cannot be stored would be brought again for ever, and
    those of everybody else behind it.
    """
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [without_nul(each) for each in value]
    if isinstance(value, dict):
        return {without_nul(name): without_nul(each) for name, each in value.items()}
    return value

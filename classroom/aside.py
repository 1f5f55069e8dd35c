"""A fact the log could not take. It waits, whole, beside the log; the facts behind it go on."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FactAside:
    digest: str
    """Its name, made of the text it came with: the same fact, brought again, is set aside once."""
    text: str
    """The published form as JSON, all ASCII: a character no database takes is in it as an escape."""
    reason: str
    """Kind and place of the last failure; never what the fact says."""
    at: datetime
    """When it was set aside."""
    retries: int = 0
    """By people, since then."""

    @classmethod
    def of(cls, fields: Mapping[str, Any], reason: str, at: datetime) -> "FactAside":
        text = as_text(fields)
        return cls(hashlib.sha256(text.encode("ascii")).hexdigest(), text, reason, at)

    @property
    def fields(self) -> dict[str, Any]:
        """As they were published."""
        found: dict[str, Any] = json.loads(self.text)
        return found


def as_text(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)

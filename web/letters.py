"""Messages as people read them: the data of `classroom.messages` → title, sentence and link, in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from web.formatting import day_time, number, span
from web.i18n import Language, has_text, text

_TIMES = ("until", "was_at")


@dataclass(frozen=True, slots=True)
class Letter:
    title: str
    words: str
    href: str | None
    """Where it is about, on this site."""


def letter_of(kind: str, data: Mapping[str, Any], language: Language) -> Letter:
    """Words: `message.<kind>.title` and `message.<kind>.words`."""
    values = _values(data, language)
    where = f"/{data['municipality']}/courses/{data['slug']}" if "slug" in data else data.get("href")
    return Letter(text(language, f"message.{kind}.title", **values), text(language, f"message.{kind}.words", **values), where)


def knows(kind: str) -> bool:
    return has_text(f"message.{kind}.title")


def _values(data: Mapping[str, Any], language: Language) -> dict[str, Any]:
    values = dict(data)
    for name in [name.removesuffix("_ko") for name in data if name.endswith("_ko")]:
        values[name] = data[f"{name}_{language}"] or data[f"{name}_ko"]
    for name in _TIMES:
        if name in data:
            values[name] = day_time(datetime.fromisoformat(data[name]), language)
    if "starts_at" in data and "ends_at" in data:
        values["when"] = span(datetime.fromisoformat(data["starts_at"]), datetime.fromisoformat(data["ends_at"]), language)
    if "won" in data:
        values["won"] = number(data["won"])
    return values

"""Korean and English: which one a visitor reads, and the sentences themselves.

A sentence is a `str.format` pattern. `{n:seat|seats}` picks by number; `{name:을|를}` picks the Korean particle by the last sound
of the word (first when it ends in a consonant).
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from string import Formatter
from typing import Any, Literal

from web import texts

Language = Literal["ko", "en"]
LANGUAGES: tuple[Language, ...] = ("ko", "en")
DEFAULT: Language = "ko"
COOKIE = "lang"


def _joined(*parts: dict[str, str]) -> dict[str, str]:
    """One catalogue of several; a key that two of them hold is our mistake."""
    whole: dict[str, str] = {}
    for part in parts:
        twice = whole.keys() & part.keys()
        assert not twice, f"texts said twice: {sorted(twice)}"
        whole |= part
    return whole


_AREAS = [import_module(f"web.texts.{found.name}") for found in iter_modules(texts.__path__)]
"""Every file of web/texts: an area of pages with its sentences in KO and EN. A new file needs no line here."""
CATALOGUES: dict[Language, dict[str, str]] = {
    "ko": _joined(*(area.KO for area in _AREAS)),
    "en": _joined(*(area.EN for area in _AREAS)),
}


class _Pattern(Formatter):
    """`str.format` plus the two choices."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if "|" not in format_spec:
            return str(super().format_field(value, format_spec))
        first, second = format_spec.split("|", 1)
        if isinstance(value, int | float):
            return first if value == 1 else second
        return first if ends_in_consonant(str(value)) else second


_PATTERN = _Pattern()


def ends_in_consonant(word: str) -> bool:
    """Whether Korean puts 을/이/은 after it; digits are read in Korean."""
    last = word.rstrip(")]」』\"' .")[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - 0xAC00) % 28 != 0
    return last in "013678LMNRlmnr" if last else False


def text(language: Language, key: str, **values: object) -> str:
    """The sentence called `key`. A missing key is our mistake and raises KeyError."""
    return "".join(
        words if name is None else words + _PATTERN.format_field(values[name], choice)
        for words, name, choice in _pieces(CATALOGUES[language][key])
    )


@cache
def _pieces(pattern: str) -> tuple[tuple[str, str | None, str], ...]:
    """(words, name of what follows them, its format): read once, not a thousand times a page."""
    return tuple((literal, name, choice or "") for literal, name, choice, _ in _PATTERN.parse(pattern))


def texts_under(language: Language, prefix: str) -> dict[str, str]:
    """All patterns whose key begins with `prefix`, e.g. for a page's script."""
    return {key: pattern for key, pattern in CATALOGUES[language].items() if key.startswith(prefix)}


def has_text(key: str) -> bool:
    return key in CATALOGUES[DEFAULT]


def fields_of(pattern: str) -> frozenset[str]:
    """Names of the placeholders of a pattern."""
    return frozenset(name for _, name, _, _ in _PATTERN.parse(pattern) if name)


def choose_language(query: str | None, cookie: str | None, accept: str | None) -> Language:
    """`?lang=`, else the remembered one, else what the browser prefers, else Korean."""
    for wish in (query, cookie):
        if wish in LANGUAGES:
            return wish
    return _accepted(accept or "")


def _accepted(header: str) -> Language:
    best: tuple[float, Language] = (0.0, DEFAULT)
    for part in header.split(",")[:20]:
        tag, _, parameters = part.strip().partition(";")
        language = tag.strip().lower().split("-")[0]
        if language in LANGUAGES:
            quality = _quality(parameters)
            if quality > best[0]:
                best = (quality, language)
    return best[1]


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def pick(language: Language, korean: str, english: str | None) -> str:
    """A name stored in both languages; the Korean one when there is no English."""
    return english if language == "en" and english else korean

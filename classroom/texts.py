"""A text in both languages of the product: neither is ever missing."""

from dataclasses import dataclass
from typing import Literal

Locale = Literal["ko", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One sentence or title, Korean and English."""

    ko: str
    en: str

    def __post_init__(self) -> None:
        assert bool(self.ko) == bool(self.en), "a text is written in both languages or in none"

    def __bool__(self) -> bool:
        return bool(self.ko)

    def in_(self, locale: str) -> str:
        """The text in `locale`; Korean for any language but English."""
        return self.en if locale == "en" else self.ko


EMPTY = Text("", "")

"""A submitted form: its values as typed, and what is wrong with them, field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from fastapi import Request

from classroom.errors import ClassroomError
from classroom.texts import Text
from web.errors import sentence
from web.formatting import SEOUL
from web.i18n import text
from web.rendering import language_of
from web.stamps import stamp_of

MAX_FIELDS = 1_000
MAX_PART_BYTES = 1_000_000
YEARS = range(1900, 2101)
"""Of days people mean. Days near the ends of the calendar (year 1, year 9999) cannot be carried into another time zone."""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that came with a form."""

    name: str
    data: bytes


@dataclass(slots=True)
class Form:
    """`errors`: field name → sentence. A form is good when there are none."""

    request: Request
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    several: dict[str, list[str]] = field(default_factory=dict)
    """All values of every field: of boxes that share a name."""
    files: dict[str, Attached] = field(default_factory=dict)

    @classmethod
    async def read(cls, request: Request, *, max_files: int = 0) -> "Form":
        """Files are taken only where they are expected; a field given twice counts once, the last time (but see `several`)."""
        form = cls(request)
        async with request.form(max_files=max_files, max_fields=MAX_FIELDS) as data:
            for name, value in data.multi_items():
                if isinstance(value, str):
                    form.values[name] = value.replace("\0", "")
                    form.several.setdefault(name, []).append(form.values[name])
                elif value.filename:  # an empty field sends a file without a name
                    form.files[name] = Attached(value.filename, await value.read())
        return form

    @classmethod
    async def read_with_files(
        cls, request: Request, files: Mapping[str, int], *, max_text: int = MAX_PART_BYTES
    ) -> tuple["Form", dict[str, bytes]]:
        """The form and the files it may bring: name → most bytes. One byte more is kept, so that too large is noticed.

        A file of another name is not taken; an empty one counts as none. max_text: bytes of one field that is no file.
        """
        taken: dict[str, bytes] = {}
        values: dict[str, str] = {}
        async with request.form(max_files=len(files), max_fields=MAX_FIELDS, max_part_size=max_text) as data:
            for name, value in data.multi_items():
                if isinstance(value, str):
                    values[name] = value.replace("\0", "")
                elif name in files:
                    content = await value.read(files[name] + 1)
                    if content:
                        taken[name] = content
        return cls(request, values), taken

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")

    def wrong(self, name: str, key: str, **values: object) -> None:
        self.errors.setdefault(name, text(language_of(self.request), key, **values))

    def take(self, error: ClassroomError) -> None:
        """A refusal of the domain, shown at the field it names, else above the form."""
        self.errors.setdefault(str(error.fields.get("field", "")), sentence(language_of(self.request), error.code, error.fields))

    def line(self, name: str, limit: int = 200, needed: bool = True) -> str:
        value = " ".join(self[name].split())
        if needed and not value:
            self.wrong(name, "form.needed")
        elif len(value) > limit:
            self.wrong(name, "form.too-long", limit=limit)
        return value

    def paragraph(self, name: str, limit: int = 5_000, needed: bool = False) -> str:
        value = self[name].replace("\r\n", "\n").strip()
        if needed and not value:
            self.wrong(name, "form.needed")
        elif len(value) > limit:
            self.wrong(name, "form.too-long", limit=limit)
        return value

    def both(self, name: str, limit: int = 200, needed: bool = True, long: bool = False) -> Text:
        """`<name>_ko` and `<name>_en`; without English the Korean stands in both."""
        read = self.paragraph if long else self.line
        korean = read(f"{name}_ko", limit, needed)
        english = read(f"{name}_en", limit, False)
        return Text(korean or english, english or korean)

    def whole(self, name: str, low: int, high: int) -> int:
        plain = self[name].strip().replace(",", "")
        if not plain.isdecimal() or len(plain) > 9 or not low <= int(plain) <= high:
            self.wrong(name, "form.number", low=low, high=high)
            return low
        return int(plain)

    def day(self, name: str) -> date:
        """`date`."""
        day = day_or_none(self[name])
        if day is None:
            self.wrong(name, "form.date")
        return day or date(2000, 1, 1)

    def moment(self, name: str) -> datetime:
        """`datetime-local` in Korean time."""
        try:
            moment = datetime.fromisoformat(self[name].strip())
        except ValueError:
            self.wrong(name, "form.moment")
            return datetime(2000, 1, 1, tzinfo=SEOUL)
        if not 2000 <= moment.year <= 2100:
            self.wrong(name, "form.moment")
        return moment.replace(tzinfo=SEOUL) if moment.tzinfo is None else moment

    def moment_or_none(self, name: str) -> datetime | None:
        return self.moment(name) if self[name].strip() else None

    def one_of(self, name: str, known: object) -> str:
        value = self[name]
        assert hasattr(known, "__contains__")
        if value not in known:
            self.wrong(name, "form.choose")
        return value

    def must_be_made_from(self, known: object) -> None:
        """What was typed over something that somebody else changed meanwhile is refused, once: to send it again is a decision."""
        now = stamp_of(known)
        if self["stamp"] and self["stamp"] != now:
            self.wrong("", "error.edited-meanwhile")
        self.values["stamp"] = now

    @property
    def refusal_status(self) -> int:
        """409 when nothing is wrong but that somebody else was faster."""
        return 409 if set(self.errors) == {""} else 422

    def ticked(self, name: str) -> bool:
        return self[name] in ("on", "true", "1", "yes")


def day_or_none(typed: str) -> date | None:
    """The day of the calendar, if it is one: 2026-11-30, also 2026.11.30. or 2026/11/30."""
    try:
        day = date.fromisoformat(typed.strip().rstrip(".").replace(".", "-").replace("/", "-"))
    except ValueError:
        return None
    return day if day.year in YEARS else None

"""A table of people to invite: which rows are good, and what is wrong with the others (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from classroom.errors import Invalid
from classroom.municipalities import Municipality
from classroom.people import MunicipalityCode, checked_name, normal_email
from classroom.texts import Locale

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("이름", "성명", "name"),
    "email": ("이메일", "메일", "email", "e-mail"),
    "municipality": ("시군", "시·군", "지역", "municipality", "city"),
    "language": ("언어", "language"),
}
NEEDED = ("name", "email")


@dataclass(frozen=True, slots=True)
class Problem:
    """`code` names the sentence, `values` fill it."""

    column: str
    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PersonRow:
    number: int
    """As a spreadsheet counts: the head is 1."""
    name: str
    email: str
    home: MunicipalityCode | None
    locale: Locale
    problems: tuple[Problem, ...]


def read_people(rows: Sequence[Sequence[str]], municipalities: Collection[Municipality]) -> list[PersonRow]:
    """The head names the columns in any order and either language. Raises Invalid("column-missing") with field `name`."""
    places = _places(rows[0])
    by_name = {word.lower(): each.code for each in municipalities for word in (each.code, each.name.ko, each.name.en, each.short)}
    seen: dict[str, int] = {}
    people = []
    for number, row in enumerate(rows[1:], 2):
        cells = {column: row[place].strip() if place < len(row) else "" for column, place in places.items()}
        problems: list[Problem] = []
        name, email = cells["name"], cells["email"]
        try:
            name = checked_name(name)
        except Invalid as wrong:
            problems.append(Problem("name", f"error.{wrong.code}"))
        try:
            email = normal_email(email)
        except Invalid as wrong:
            problems.append(Problem("email", f"error.{wrong.code}"))
        else:
            if email in seen:
                problems.append(Problem("email", "accounts.twice", {"row": seen[email]}))
            seen.setdefault(email, number)
        place = cells.get("municipality", "")
        home = by_name.get(place.lower())
        if place and home is None:
            problems.append(Problem("municipality", "accounts.municipality-unknown", {"name": place[:40]}))
        english = cells.get("language", "").lower() in ("en", "english", "영어")
        people.append(PersonRow(number, name[:80], email[:254], home, "en" if english else "ko", tuple(problems)))
    return people


def _places(head: Sequence[str]) -> dict[str, int]:
    plain = [cell.strip().lower() for cell in head]
    places: dict[str, int] = {}
    for column, names in COLUMNS.items():
        for place, cell in enumerate(plain):
            if cell in names:
                places.setdefault(column, place)
    for column in NEEDED:
        if column not in places:
            raise Invalid("column-missing", field="table", name=COLUMNS[column][0])
    return places

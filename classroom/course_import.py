"""Courses as rows of a table: what the columns mean, and every problem named by row and column (pure)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from classroom.admission import AdmissionRule, Mode, checked_admission
from classroom.courses import AUDIENCES, CATEGORIES, LEVELS, Course, CourseKind, CourseState, checked_slug
from classroom.errors import ClassroomError
from classroom.people import CourseId, MunicipalityCode
from classroom.texts import Text
from classroom.timetable import SEOUL

NEEDED = (*("municipality", "slug", "title_ko", "summary_ko", "category", "kind", "capacity", "applies_from", "applies_until"),)
OPTIONAL = (
    *("title_en", "summary_en", "description_ko", "description_en", "place_ko", "place_en", "level", "audience", "mode"),
    *("home_seats", "waitlist", "fee_won", "state"),
)
COLUMNS = (*NEEDED, *OPTIONAL)
MOST_ROWS = 2_000
_LONGEST = {"title": 120, "summary": 300, "description": 8_000, "place": 120}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `code` has a sentence (`import.<code>`), `value` is what stands there."""

    row: int
    """As a spreadsheet counts: the header is row 1."""
    column: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    courses: tuple[tuple[int, Course], ...]
    """Row number and what it would become; only the good ones."""
    problems: tuple[Problem, ...]


def read_rows(table: Sequence[Sequence[str]], known: Collection[tuple[str, str]], municipalities: Collection[str]) -> Rows:
    """`table`: header first. `known`: (municipality, slug) there are already. Nothing is assumed where something is missing."""
    if not table:
        return Rows((), (Problem(1, "", "empty"),))
    header = [name.strip().lower() for name in table[0]]
    missing = [name for name in NEEDED if name not in header]
    strange = [name for name in header if name and name not in COLUMNS]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    problems = [Problem(1, name, "column-missing") for name in missing]
    problems += [Problem(1, name, "column-unknown") for name in strange]
    problems += [Problem(1, name, "column-twice") for name in twice]
    body = [(number, row) for number, row in enumerate(table[1:], 2) if any(cell.strip() for cell in row)]
    if not body:
        problems.append(Problem(2, "", "empty"))
    if len(body) > MOST_ROWS:
        problems.append(Problem(len(body), "", "too-many", str(MOST_ROWS)))
    if problems:
        return Rows((), tuple(problems))
    courses: list[tuple[int, Course]] = []
    seen = set(known)
    for number, row in body:
        values = dict(zip(header, (cell.strip() for cell in row), strict=False))
        reading = _Row(number, values, problems)
        course = reading.course(municipalities, seen)
        if course is not None:
            courses.append((number, course))
            seen.add((course.municipality, course.slug))
    return Rows(tuple(courses), tuple(problems))


class _Row:
    """One row being read; what is wrong goes to `problems`."""

    def __init__(self, number: int, values: dict[str, str], problems: list[Problem]) -> None:
        self._number, self._values, self._problems = number, values, problems

    def course(self, municipalities: Collection[str], seen: Collection[tuple[str, str]]) -> Course | None:
        before = len(self._problems)
        home = self._one_of("municipality", municipalities)
        slug = self._needed("slug")
        if slug:
            try:
                checked_slug(slug)
            except ClassroomError:
                self._wrong("slug", "slug")
        if (home, slug) in seen:
            self._wrong("slug", "taken")
        capacity = self._number_of("capacity", 1, 100_000)
        begins, ends = self._moment("applies_from"), self._moment("applies_until")
        if begins and ends and ends <= begins:
            self._wrong("applies_until", "order")
        rule = AdmissionRule(
            mode=self._one_of("mode", [str(mode) for mode in Mode], Mode.FIRST_COME),
            home_seats=self._number_of("home_seats", 0, 100_000, 0),
            waitlist=self._number_of("waitlist", 0, 100_000, 0),
            fee_won=self._number_of("fee_won", 0, 10_000_000, 0),
        )
        try:
            checked_admission(rule, max(capacity, 1), home)
        except ClassroomError:
            self._wrong("home_seats", "kept")
        kind = self._one_of("kind", [str(kind) for kind in CourseKind])
        state = self._one_of("state", [str(state) for state in CourseState], CourseState.DRAFT)
        texts = [self._texts(name, needed=name in ("title", "summary")) for name in ("title", "summary", "description", "place")]
        category = self._one_of("category", CATEGORIES)
        level, audience = self._one_of("level", LEVELS, "all"), self._one_of("audience", AUDIENCES, "everybody")
        if len(self._problems) > before or begins is None or ends is None:
            return None
        title, summary, description, place = texts
        return Course(
            CourseId(""),
            MunicipalityCode(home),
            slug,
            title,
            summary,
            description,
            category,
            CourseKind(kind),
            None,
            place,
            capacity,
            begins,
            ends,
            state=CourseState(state),
            admission=rule,
            level=level,
            audience=audience,
        )

    def _wrong(self, column: str, code: str) -> None:
        self._problems.append(Problem(self._number, column, code, self._values.get(column, "")[:60]))

    def _needed(self, column: str) -> str:
        value = self._values.get(column, "")
        if not value:
            self._wrong(column, "needed")
        return value

    def _one_of(self, column: str, known: Collection[str], default: str | None = None) -> str:
        value = self._values.get(column, "") if default is not None else self._needed(column)
        if not value:
            return default or ""
        if value not in known:
            self._wrong(column, "unknown")
        return value

    def _number_of(self, column: str, low: int, high: int, default: int | None = None) -> int:
        value = self._values.get(column, "") if default is not None else self._needed(column)
        plain = value.replace(",", "").removesuffix(".0")
        if not plain:
            return default or 0
        if not (plain.isascii() and plain.isdecimal() and len(plain) < 10 and low <= int(plain) <= high):
            self._wrong(column, "number")
            return low
        return int(plain)

    def _moment(self, column: str) -> datetime | None:
        """2026-12-01 09:00 in Korean time."""
        value = self._needed(column)
        if not value:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self._wrong(column, "date")
            return None
        if not 2000 <= moment.year <= 2100:
            self._wrong(column, "date")
            return None
        return moment.replace(tzinfo=SEOUL) if moment.tzinfo is None else moment

    def _texts(self, name: str, *, needed: bool) -> Text:
        korean = self._needed(f"{name}_ko") if needed else self._values.get(f"{name}_ko", "")
        english = self._values.get(f"{name}_en", "")
        for column, value in ((f"{name}_ko", korean), (f"{name}_en", english)):
            if len(value) > _LONGEST[name]:
                self._wrong(column, "too-long")
            if value.startswith(("=", "@")):
                self._wrong(column, "formula")
        return Text(korean or english, english or korean)


def as_row(course: Course) -> list[str]:
    """A course in the order of COLUMNS, as `read_rows` takes it."""
    values = {
        "municipality": course.municipality,
        "slug": course.slug,
        "category": course.category,
        "kind": str(course.kind),
        "capacity": str(course.capacity),
        "applies_from": f"{course.applies_from.astimezone(SEOUL):%Y-%m-%d %H:%M}",
        "applies_until": f"{course.applies_until.astimezone(SEOUL):%Y-%m-%d %H:%M}",
        "level": course.level,
        "audience": course.audience,
        "mode": str(course.admission.mode),
        "home_seats": str(course.admission.home_seats),
        "waitlist": str(course.admission.waitlist),
        "fee_won": str(course.admission.fee_won),
        "state": str(course.state),
    }
    for name, words in (
        ("title", course.title),
        ("summary", course.summary),
        ("description", course.description),
        ("place", course.place),
    ):
        values |= {f"{name}_ko": words.ko, f"{name}_en": words.en}
    return [str(values[name]) for name in COLUMNS]

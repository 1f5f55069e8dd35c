"""A table of ready-made videos to be brought in: what its columns mean, and every problem named by row and column (pure)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from classroom.courses import CATEGORIES
from classroom.texts import Text

NEEDED: Final = ("file", "municipality", "title_ko", "category")
OPTIONAL: Final = ("title_en", "summary_ko", "summary_en", "shared", "captions_ko", "captions_en")
YES: Final = frozenset({"", "yes", "true", "1", "예", "공유"})
NO: Final = frozenset({"no", "false", "0", "아니요", "아니오"})
LONGEST: Final = {"title": 200, "summary": 1_000}


@dataclass(frozen=True, slots=True)
class Problem:
    row: int
    """As a spreadsheet counts: the header is row 1."""
    column: str
    what: str


@dataclass(frozen=True, slots=True)
class Video:
    """One good row. File names are relative to the folder, without any way out of it."""

    row: int
    file: str
    municipality: str
    title: Text
    summary: Text
    category: str
    shared: bool
    captions: dict[str, str]
    """Language → file."""


def read_videos(table: Sequence[Sequence[str]], municipalities: Collection[str]) -> tuple[list[Video], list[Problem]]:
    """`table`: header first; blank rows are []. What can be said without looking at the files."""
    header = [name.strip().lower() for name in table[0]] if table else []
    problems = [Problem(1, name, "this column is missing") for name in NEEDED if name not in header]
    problems += [Problem(1, name, "no such column") for name in header if name and name not in NEEDED + OPTIONAL]
    problems += [Problem(1, name, "this column stands here twice") for name in sorted(set(header)) if header.count(name) > 1]
    if problems:
        return [], problems
    videos: list[Video] = []
    first: dict[str, int] = {}
    for number, cells in enumerate(table[1:], 2):
        values = dict(zip(header, (cell.strip() for cell in cells), strict=False))
        if not any(values.values()):
            continue
        wrong = list(_wrong(values, municipalities))
        file = values.get("file", "")
        if file and file in first:
            wrong.append(("file", f"stands in row {first[file]} already"))
        first.setdefault(file, number)
        problems += [Problem(number, column, what) for column, what in wrong]
        if not wrong:
            videos.append(_video(number, values))
    if not videos and not problems:
        problems.append(Problem(2, "", "there is no row"))
    return videos, problems


def _wrong(values: dict[str, str], municipalities: Collection[str]) -> list[tuple[str, str]]:
    found = [(name, "is empty") for name in NEEDED if not values.get(name)]
    for name in ("file", "captions_ko", "captions_en"):
        path = PurePosixPath(values.get(name, "").replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or ":" in str(path) or "\0" in str(path):
            found.append((name, "leads out of the folder"))
    if values.get("municipality") and values["municipality"] not in municipalities:
        found.append(("municipality", f"no municipality {values['municipality']!r}"))
    if values.get("category") and values["category"] not in CATEGORIES:
        found.append(("category", f"none of {', '.join(CATEGORIES)}"))
    if values.get("shared", "").lower() not in YES | NO:
        found.append(("shared", "neither yes nor no"))
    for name in ("title_ko", "title_en", "summary_ko", "summary_en"):
        longest = LONGEST[name.partition("_")[0]]
        if len(values.get(name, "")) > longest:
            found.append((name, f"longer than {longest} characters"))
    return found


def _video(row: int, values: dict[str, str]) -> Video:
    texts = {name: " ".join(values.get(name, "").split()) for name in ("title_ko", "title_en", "summary_ko", "summary_en")}
    captions = {language: values[f"captions_{language}"] for language in ("ko", "en") if values.get(f"captions_{language}")}
    return Video(
        row,
        values["file"].replace("\\", "/"),
        values["municipality"],
        Text(texts["title_ko"], texts["title_en"] or texts["title_ko"]),
        Text(texts["summary_ko"], texts["summary_en"] or texts["summary_ko"]),
        values["category"],
        values.get("shared", "").lower() in YES,
        captions,
    )

"""What the province and its municipalities count: by month, municipality and field, as charts, tables and files."""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.courses import CATEGORIES
from classroom.figures import FigureRow, Measure, Tally, group, months_of, total
from classroom.history import SEOUL
from classroom.people import Viewer
from web import auth
from web.exports import as_file
from web.formatting import number
from web.i18n import Language, text
from web.rendering import address_with, language_of, render

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart and one row of its table."""

    name: str
    words: str
    """The value, with its unit."""
    size: float
    """0–100: share of the longest bar."""


@router.get("/admin/figures")
async def figures(request: Request, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    services = auth.services_of(request)
    queries, language = services.store.queries, language_of(request)
    this_year = services.now().astimezone(SEOUL).year
    years = await queries.figure_years(viewer.scope)
    year = _year(request, this_year)
    wanted = request.query_params.get("measure")
    measure = Measure(wanted) if wanted in list(Measure) else Measure.ENROLMENTS
    municipalities = [each for each in await queries.municipalities() if viewer.administers(each.code)]
    rows = await queries.figures(viewer.scope, year)
    where = request.query_params.get("municipality")
    if where in [each.code for each in municipalities]:
        rows = [row for row in rows if row.municipality == where]
    by_month = {month: Tally() for month in months_of(year)} | group(rows, lambda row: row.month)
    names: dict[str, str] = {each.code: each.name.in_(language) for each in municipalities}
    return render(
        request,
        "admin/figures.html",
        year=year,
        years=sorted({*years, this_year, year}, reverse=True),
        measure=measure,
        measures=list(Measure),
        where=where,
        municipalities=municipalities,
        total=total(rows),
        say_tally=lambda tally, each: _words(language, tally, each),
        by_month=_bars(language, {f"{int(month[5:])}": tally for month, tally in by_month.items()}, measure, keep_order=True),
        by_municipality=_bars(language, _named(group(rows, lambda row: row.municipality), names), measure),
        by_category=_bars(
            language,
            _named(group(rows, lambda row: row.category), {key: each.in_(language) for key, each in CATEGORIES.items()}),
            measure,
        ),
        counted_at=await queries.figures_counted_at(),
        with_filter=lambda **changes: address_with(request, **changes),
    )


@router.get("/admin/figures/{year}.{kind}")
async def download(request: Request, year: int, kind: str, viewer: Viewer = Depends(auth.need_administrator)) -> Response:
    """A year's rows as CSV or Excel. Sums only: nobody's personal data."""
    queries, language = auth.services_of(request).store.queries, language_of(request)
    names: dict[str, str] = {each.code: each.name.in_(language) for each in await queries.municipalities()}
    rows = await queries.figures(viewer.scope, year) if 2000 <= year <= 2100 else []
    keys = ("figures.month", "filter.municipality", "filter.category", *(f"figures.measure.{each}" for each in Measure))
    head = [text(language, key) for key in keys] + [text(language, "figures.judged"), text(language, "figures.attended")]
    return as_file("xlsx" if kind == "xlsx" else "csv", f"figures-{year}", head, (_line(row, names, language) for row in rows))


def _line(row: FigureRow, names: Mapping[str, str], language: Language) -> list[object]:
    tally = row.tally
    share = round(tally.attendance * 100, 1) if tally.attendance is not None else ""
    category = CATEGORIES[row.category].in_(language) if row.category in CATEGORIES else row.category
    place = names.get(row.municipality, row.municipality)
    values = [tally.enrolments, share, round(tally.hours, 1), tally.certificates, tally.judged, tally.attended]
    return [row.month, place, category, *values]


def _year(request: Request, this_year: int) -> int:
    given = request.query_params.get("year", "")
    return int(given) if given.isdecimal() and len(given) == 4 and given.startswith("20") else this_year


def _named(tallies: Mapping[str, Tally], names: Mapping[str, str]) -> dict[str, Tally]:
    return {names.get(key, key): tally for key, tally in tallies.items()}


def _words(language: Language, tally: Tally, measure: Measure) -> str:
    value = tally.of(measure)
    if value is None:
        return "–"
    shown = number(round(value * 100)) if measure is Measure.ATTENDANCE else number(round(value))
    return text(language, f"figures.value.{measure}", n=shown)


def _bars(language: Language, tallies: Mapping[str, Tally], measure: Measure, keep_order: bool = False) -> list[Bar]:
    """Longest first, unless the order means something."""
    values = {name: tally.of(measure) for name, tally in tallies.items()}
    most = max((value for value in values.values() if value), default=0) or 1
    bars = [Bar(name, _words(language, tallies[name], measure), (value or 0) * 100 / most) for name, value in values.items()]
    return bars if keep_order else sorted(bars, key=lambda bar: (-bar.size, bar.name))

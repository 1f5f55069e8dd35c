"""Templates → pages: one environment, and what every page knows."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response

from classroom.municipalities import Municipality
from classroom.people import Viewer
from classroom.texts import Text
from web import formatting, i18n
from web.assets import Assets
from web.formatting import as_typed
from web.i18n import Language
from web.stamps import stamp_of

TEMPLATES = Path(__file__).parent / "templates"
THEMES = ("light", "dark", "contrast")
LOOK_S = 365 * 86_400
"""Language, theme and text size are remembered this long."""


class Whole(str):
    """A date that is never broken over two lines where it stands by itself in a page; within a sentence it is plain text."""

    __slots__ = ("tail",)
    tail: str
    """What follows the date and may go to the next line."""

    def __new__(cls, date: str, tail: str = "") -> "Whole":
        whole = super().__new__(cls, date + tail)
        whole.tail = tail
        return whole

    def __html__(self) -> Markup:
        return Markup('<span class="whole">{}</span>{}').format(self.removesuffix(self.tail), self.tail)


class Words:
    """Dates, times and numbers in one language, for templates."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def day(self, value: Any) -> Whole:
        return Whole(formatting.day(value, self.language))

    def short_day(self, value: Any) -> str:
        return formatting.short_day(value, self.language)

    def day_time(self, value: Any) -> Whole:
        return self._begins_with_a_day(formatting.day_time(value, self.language), value)

    def span(self, start: Any, end: Any) -> Whole:
        return self._begins_with_a_day(formatting.span(start, end, self.language), start)

    def _begins_with_a_day(self, words: str, day: Any) -> Whole:
        whole = formatting.day(day, self.language)
        return Whole(whole, words.removeprefix(whole))

    def period(self, start: Any, end: Any) -> Markup:
        """A date is never broken over two lines."""
        first, mark, last = formatting.period(start, end, self.language).partition(" ~ " if self.language == "ko" else " – ")
        whole = Markup('<span class="whole">{}</span>')
        return whole.format(first) + mark + whole.format(last) if last else whole.format(first)

    def month(self, value: str) -> str:
        return formatting.month(value, self.language)

    def month_day(self, value: Any) -> str:
        """11.23 under a chart's column."""
        return f"{value.month}.{value.day}"

    def tenths(self, value: float) -> str:
        """12, 1.5"""
        return f"{value:,.1f}".removesuffix(".0")

    def duration(self, seconds: float) -> str:
        return formatting.duration(seconds, self.language)

    def name(self, name: str) -> str:
        """How somebody is called: 홍길동 님"""
        return f"{name} 님" if self.language == "ko" else name

    clock = staticmethod(formatting.clock)
    position = staticmethod(formatting.position)
    number = staticmethod(formatting.number)
    hours = staticmethod(formatting.hours)
    iso = staticmethod(formatting.iso)
    mask = staticmethod(formatting.mask)
    size = staticmethod(formatting.file_size)


class Pages:
    """Renders templates. One per application."""

    def __init__(self, assets: Assets) -> None:
        self.assets = assets
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(default=True),
            undefined=StrictUndefined,
            auto_reload=False,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.do"],
        )
        self.environment.globals |= {"static": assets.url, "stamp_of": stamp_of}
        self.environment.filters |= {
            "pairs": pairs,
            "keyed": keyed,
            "named": named,
            "as_date": date.fromisoformat,
            "typed": as_typed,
        }
        self.environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}

    def render(self, request: Request, template: str, values: Mapping[str, Any], status: int) -> Response:
        content = self.environment.get_template(template).render(common_values(request) | dict(values))
        headers = {"Cache-Control": "private, no-store" if viewer_of(request) else "no-cache", "Vary": "Cookie, Accept-Language"}
        response = HTMLResponse(content, status, headers)
        remember_language(request, response)
        return response


def pairs(texts: Mapping[str, Text], language: Language) -> list[tuple[str, str]]:
    """Options of a choice between stored texts."""
    return [(key, words.in_(language)) for key, words in texts.items()]


def keyed(values: Iterable[str], t: Callable[[str], str], prefix: str) -> list[tuple[str, str]]:
    """Options of a choice between our own words: `kind.` + value names the sentence."""
    return [(str(value), t(prefix + str(value))) for value in values]


def named(municipalities: Iterable[Municipality], language: Language) -> list[tuple[str, str]]:
    return [(each.code, each.name.in_(language)) for each in municipalities]


def render(request: Request, template: str, status: int = 200, /, **values: Any) -> Response:
    """The page `template`, in the visitor's language."""
    pages: Pages = request.app.state.pages
    return pages.render(request, template, values, status)


def language_of(request: HTTPConnection) -> Language:
    return i18n.choose_language(
        request.query_params.get("lang"), request.cookies.get(i18n.COOKIE), request.headers.get("accept-language")
    )


def viewer_of(request: HTTPConnection) -> Viewer | None:
    """Who is signed in, once `auth.load_viewer` ran for this request."""
    return cast(Viewer | None, getattr(request.state, "viewer", None))


def remember_language(request: Request, response: Response) -> None:
    """`?lang=` is kept for later pages."""
    wanted = request.query_params.get("lang")
    if wanted in i18n.LANGUAGES and request.cookies.get(i18n.COOKIE) != wanted:
        secure = bool(request.app.state.services.settings.secure)
        response.set_cookie(i18n.COOKIE, wanted, max_age=LOOK_S, path="/", samesite="lax", secure=secure)


def common_values(request: Request) -> dict[str, Any]:
    language = language_of(request)
    other: Language = "en" if language == "ko" else "ko"

    def t(key: str, **values: object) -> str:
        return i18n.text(language, key, **values)

    return {
        "request": request,
        "lang": language,
        "other_lang": other,
        "other_lang_url": address_with(request, lang=other),
        "t": t,
        "raw": i18n.CATALOGUES[language].__getitem__,
        "say": Words(language),
        "viewer": viewer_of(request),
        "theme": request.cookies.get("theme") if request.cookies.get("theme") in THEMES else None,
        "large_text": request.cookies.get("text") == "large",
        "path": request.url.path,
        "here": own_address(request),
        "flash": flash(request, language),
        "site": getattr(request.state, "site", None),
    }


def flash(request: Request, language: Language) -> str | None:
    """The sentence after something was done: `?done=applied`. Only our own sentences can be shown."""
    key = f"done.{request.query_params.get('done', '')}"
    return i18n.text(language, key) if i18n.has_text(key) else None


def own_address(request: HTTPConnection) -> str:
    """Path and query of this page, without the language."""
    query = urlencode([(name, value) for name, value in request.query_params.multi_items() if name != "lang"])
    return request.url.path + (f"?{query}" if query else "")


def address_with(request: HTTPConnection, **changes: object) -> str:
    """This page's path with its query changed; None or "" drops a name."""
    query = dict(request.query_params) | {name: str(value) if value is not None else "" for name, value in changes.items()}
    kept = urlencode({name: value for name, value in query.items() if value})
    return request.url.path + (f"?{kept}" if kept else "")

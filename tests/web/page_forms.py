"""The forms a page shows, with the values a browser would send."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    """Name → "date", "file", "select" …"""


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self._open: PageForm | None = None
        self._by_id: dict[str, PageForm] = {}
        self._field: tuple[PageForm, str] | None = None
        """The select or textarea that is being read."""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self._open = PageForm(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
            self._by_id[given.get("id", "")] = self._open
        owner = self._by_id.get(given.get("form", "-"), self._open)
        name = given.get("name")
        if tag == "option" and self._field is not None:
            form, select = self._field
            if "selected" in given or select not in form.values:
                form.values[select] = given.get("value", "")
        if owner is None or not name:
            return
        if tag in ("select", "textarea"):
            self._field = (owner, name)
            owner.kinds[name] = tag
            if tag == "textarea":
                owner.values[name] = ""
        elif tag in ("input", "button"):
            kind = given.get("type", "text" if tag == "input" else "submit")
            if kind in ("checkbox", "radio") and "checked" not in given and name in owner.kinds:
                return
            owner.kinds.setdefault(name, kind)
            owner.values.setdefault(name, given.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field[0].kinds[self._field[1]] == "textarea":
            self._field[0].values[self._field[1]] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag in ("select", "textarea"):
            self._field = None


def forms_of(html: str) -> list[PageForm]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms

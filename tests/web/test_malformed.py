"""Nonsense wherever somebody may type: every address, every placeholder, every field of every form. It is refused or ignored,
never a mistake of ours."""

import re
from itertools import cycle
from urllib.parse import quote, urljoin

import pytest

from tests.web.page_forms import PageForm, forms_of
from tests.web.test_rights import GET, WHO, fill, values
from tests.web.world import World

__all__ = ["values"]  # a fixture

JUNK = (
    "0001-01-01",
    "9999-12-31",
    "2026-02-30",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "2026-11-28T10:00+23:59",
    "10:00+09:00",
    "-1",
    "99999999999999999999",
    "²",
    "٣",
    "1e309",
    "{0}",
    "{a.b}%s%00",
    "💥" * 40,
    "\u202eRTL" + "가" * 100,
    "=1+1",
    "../../etc/passwd",
    "x\r\nX-Evil: yes",
    "null",
    "x" * 300,
)
TIMES = ("0001-01-01", "9999-12-31", "2026-02-30", "10:00+09:00", "2026-11-28T10:00+23:59")
NAMES = re.findall(
    r"\w+",
    "q page kind done sort order municipality field category year month person course lesson state status next lang form date "
    "before after level audience open certified preset reason t unit who what measure past deleted",
)
"""Of query parameters; a page takes no notice of those it does not know."""
LEFT_ALONE = ("/sign-out", "/me/account/close", "/me/account/sessions", "/display")
"""Forms that end the session the rest of the test needs, or take no value."""


def test_no_address_is_a_mistake_of_ours(shared: World, values: dict[str, str]) -> None:
    junk = cycle(quote(each) for each in JUNK)
    failed = []
    for path in GET:
        addresses = [fill(path, values) + "?" + "&".join(f"{name}={next(junk)}" for name in NAMES)]
        for name in re.findall(r"\{(\w+)\}", path):
            addresses += [fill(path, values | {name: next(junk).replace("/", "") or "x"}) for _ in range(2)]
        who = "resident01" if GET[path][WHO.index("province")] == 404 else "province"
        failed += [(who, address) for address in addresses if shared.get(address, who).status_code >= 500]
    assert failed == []


def test_every_word_of_a_query_may_be_nonsense(shared: World) -> None:
    for path in (
        "/courses",
        "/recordings",
        "/admin/people",
        "/admin/courses",
        "/admin/access-log",
        "/me/history",
        "/api/v1/courses",
    ):
        for junk in JUNK:
            address = f"{path}?" + "&".join(f"{name}={quote(junk)}" for name in NAMES)
            assert shared.get(address, "province").status_code < 500, address


def shown_forms(world: World, values: dict[str, str], who: str) -> list[tuple[str, PageForm]]:
    """Every form on the pages of `who`, once per route and fields."""
    found: dict[tuple[str, frozenset[str]], tuple[str, PageForm]] = {}
    for path in GET:
        page = fill(path, values)
        answer = world.get(page, who)
        if answer.status_code != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
            continue
        for form in forms_of(answer.text):
            action = urljoin(page, form.action or page)
            if form.method == "post" and not action.startswith(LEFT_ALONE):
                found.setdefault((re.sub(r"[0-9a-z]{16}", "", action), frozenset(form.kinds)), (action, form))
    return list(found.values())


@pytest.mark.parametrize("who", ["resident01", "suwon"])  # staff see the teaching pages too
def test_no_field_of_a_form_is_a_mistake_of_ours(world: World, values: dict[str, str], who: str) -> None:
    """As the page offers it, but with nonsense: in all fields at once, then in each field that asks for a time."""
    junk = cycle(JUNK)
    failed = []
    forms = shown_forms(world, values, who)
    assert len(forms) > 3
    for action, form in forms:
        tries = [{name: next(junk) for name in form.values}]
        timed = [name for name, kind in form.kinds.items() if kind in ("date", "time", "datetime-local", "month")]
        tries += [form.values | {name: each} for name in timed for each in TIMES]
        tries += [form.values | {name: each} for name in list(form.values)[:2] for each in JUNK[7:8]]
        for sent in tries:
            files = {name: ("a.csv", sent.pop(name).encode()) for name in list(sent) if form.kinds[name] == "file"}
            answer = world.post(action, who, data=sent, **({"files": files} if files else {}))
            if answer.status_code >= 500:
                failed.append((action, sent))
    assert failed == []
    for path in GET:  # and what was taken does not break a page later
        if "{" in path:
            assert world.get(fill(path, values), who).status_code < 500, path

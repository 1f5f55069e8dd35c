"""Two who edit the same thing at once: the second is told, whatever the form. Every address that is posted to is looked at."""

import re
from dataclasses import fields, replace
from datetime import timedelta
from urllib.parse import urljoin

import pytest

from classroom.people import CourseId, PersonId
from classroom.rules import AttendanceRule, CompletionRule
from tests.web.page_forms import PageForm, forms_of
from tests.web.test_rights import GET, POST, fill, values
from tests.web.world import World
from web.pages.teaching.rules import ATTENDANCE_TEXTS, COMPLETION_TEXTS

__all__ = ["values"]  # a fixture

MADE_FROM: dict[str, tuple[str, dict[str, str]]] = {
    "/admin/courses/{municipality}/{slug}/edit": ("version", {"title_ko": "다른 제목"}),
    "/admin/sites/{municipality}/edit": ("version", {"headline_ko": "다른 인사"}),
    "/admin/notices/{notice}": ("version", {"title_ko": "다른 제목"}),
    "/admin/lessons/{lesson}": ("stamp", {"title_ko": "다른 제목"}),
    "/admin/keeping/{municipality}": ("stamp", {"keep_days": "90"}),
    "/admin/retention/{what}": ("stamp", {"keep_days": "777"}),
    "/admin/recordings/{recording}/sharing": ("stamp", {"municipality": "yongin"}),
    "/admin/rules/{municipality}": ("stamp", {"on_time_min": "7"}),
    "/teaching/{course_id}/rules": ("stamp", {"on_time_min": "7"}),
    "/teaching/{course_id}/quizzes/{quiz}": ("stamp", {"title_ko": "다른 제목"}),
    "/teaching/{course_id}/assignments/{assignment}": ("stamp", {"title_ko": "다른 제목"}),
    "/teaching/{course_id}/assignments/{assignment}/grades/{person}": ("stamp", {"feedback": "잘했습니다"}),
    "/lessons/{lesson}/attendance/{person}": ("stamp", {"verdict": "excused", "reason": "다시 확인했습니다"}),
    "/lessons/{lesson}/captioner": ("stamp", {"captioner": "resident05@demo.example"}),
}
"""Forms that show what is there and change it → the field that says what they were made from, and something else to type."""

OWN = "one's own, and nobody else's"
NEW = "makes something new; it shows nothing that could be old"
FILE = "a file to take away"
STATE = "one button: the action looks at the state it finds, and refuses or does nothing when somebody was faster"
NEEDS_NONE = {
    **dict.fromkeys(("/sign-in", "/sign-out", "/display", "/sign-up", "/sign-up/{token}", "/guardian/{token}"), OWN),
    **dict.fromkeys(("/reset", "/reset/{token}", "/me/email/{token}", "/me/calendar", "/me/statements"), OWN),
    **dict.fromkeys((f"/me/account/{each}" for each in ("password", "sessions", "profile", "home", "email", "close")), OWN),
    "/{municipality}/courses/{course}/application": OWN,
    "/check-in/{lesson}": OWN,
    "/lessons/{lesson}/ticket": OWN,
    "/recordings/{recording}/watching": OWN,
    "/recordings/{recording}/withdrawal": OWN,
    "/learning/{course_id}/survey": OWN,
    "/learning/{course_id}/excuses": OWN,
    "/learning/{course_id}/quizzes/{quiz}/attempts": OWN,
    "/learning/{course_id}/quizzes/{quiz}/answers": OWN,
    "/learning/{course_id}/assignments/{assignment}": OWN,
    "/admin/courses/new": NEW,
    "/admin/courses/{municipality}/{slug}/copy": NEW,
    "/admin/courses/{municipality}/{slug}/lessons": NEW,
    "/admin/notices/new": NEW,
    "/admin/people/import": NEW,
    "/admin/uploads": NEW,
    "/admin/catalogue": "its preview is looked at anew when it is confirmed: what was taken meanwhile is named",
    "/teaching/{course_id}/quizzes/new": NEW,
    "/teaching/{course_id}/assignments/new": NEW,
    "/admin/seals/{municipality}": "a new picture; every seal is kept, papers name theirs",
    "/lessons/{lesson}/attendance.{kind}": FILE,
    "/recordings/{recording}/film": FILE,
    "/teaching/{course_id}/progress.{kind}": FILE,
    "/admin/access-log/{month}.{kind}": FILE,
    "/admin/access-log/review": "signs what the log held when it was pressed; reviews are added, never changed",
    "/admin/people/merge": STATE,
    "/admin/people/{person}/suspended": STATE,
    "/admin/people/{person}/roles": STATE,
    "/admin/people/{person}/roles/revoke": STATE,
    "/admin/courses/{municipality}/{slug}/applications/{person}": STATE,
    "/admin/courses/{municipality}/{slug}/calling-off": STATE,
    "/admin/courses/{municipality}/{slug}/seats": STATE,
    "/admin/courses/{municipality}/{slug}/applications.{kind}": FILE,
    "/admin/courses/{municipality}/{slug}/draw": STATE,
    "/admin/certificates/{certificate}/revocation": STATE,
    "/admin/certificates/{certificate}/reissue": "takes today's name and seal; what was there before is kept",
    "/admin/sites/{municipality}": STATE,
    "/admin/recordings/bulk": STATE,
    "/admin/recordings/{recording}/audience": STATE,
    "/admin/uploads/{video}/parts": "the offset is what it was made from: 409 tells where to go on",
    "/admin/uploads/{video}/removal": STATE,
    "/lessons/{lesson}/roll-call": "ticks are facts, one a person; every one stays on record",
    "/teaching/{course_id}/certificates": STATE,
    "/teaching/{course_id}/items": "one item a press, moved in the list as it is then",
    "/teaching/{course_id}/quizzes/{quiz}/removal": STATE,
    "/teaching/{course_id}/assignments/{assignment}/removal": STATE,
    "/teaching/{course_id}/excuses/{excuse}": STATE,
    "/recordings/{recording}/edits": "its JSON carries the number of the edit it was made from",
    "/recordings/{recording}/edits/undo": STATE,
    "/recordings/{recording}/captions/{language}": "what was there comes back with undo",
    "/recordings/{recording}/captions/{language}/removal": "what was there comes back with undo",
}


def test_every_address_says_how_two_editors_are_told_apart() -> None:
    assert MADE_FROM.keys() & NEEDS_NONE.keys() == set()
    assert POST.keys() - MADE_FROM.keys() - NEEDS_NONE.keys() == set(), "does it change what is there?"
    assert (MADE_FROM.keys() | NEEDS_NONE.keys()) - POST.keys() == set(), "no such route any more"


def route_of(action: str) -> str:
    """The most literal one that fits."""
    path = action.partition("?")[0]
    fitting = [each for each in POST if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", each), path)]
    return min(fitting, key=lambda each: each.count("{"))


def forms_on_pages(world: World, values: dict[str, str], who: str) -> list[tuple[str, str, PageForm]]:
    """(page, action, form) of every form that is posted from the pages of `who`."""
    found = []
    for path in GET:
        page = fill(path, values)
        answer = world.get(page, who)
        if answer.status_code == 200 and answer.headers.get("content-type", "").startswith("text/html"):
            forms = [form for form in forms_of(answer.text) if form.method == "post"]
            found += [(page, urljoin(page, form.action or page), form) for form in forms]
    return found


def test_every_form_that_changes_something_says_what_it_was_made_from(shared: World, values: dict[str, str]) -> None:
    seen = set()
    for who in ("resident01", "instructor", "suwon", "province"):
        for page, action, form in forms_on_pages(shared, values, who):
            route = route_of(action)
            if route in MADE_FROM and form.values.get("action") not in ("cancel", "remove"):
                assert form.values.get(MADE_FROM[route][0]), (page, action)
                seen.add(route)
    assert MADE_FROM.keys() - seen == set(), "on no page"


def test_what_was_typed_over_a_change_is_refused_once_and_a_double_press_is_no_quarrel(
    world: World, values: dict[str, str]
) -> None:
    """Made from something older: 409, nothing is written, and sent again it is a decision."""
    tried = {}
    of_the_province = [
        ("/admin/retention", form.action, form) for form in forms_of(world.get("/admin/retention", "province").text)
    ]
    for who, forms in (("suwon", forms_on_pages(world, values, "suwon")), ("province", of_the_province)):
        for page, action, form in forms:
            route = route_of(action) if form.method == "post" else ""
            if route in MADE_FROM and route not in tried and form.values.get("action") not in ("cancel", "remove"):
                tried[route] = (who, page, action, form)
    assert tried.keys() == MADE_FROM.keys()
    for route, (who, page, action, form) in tried.items():
        field, typed = MADE_FROM[route]
        sent = {name: value for name, value in form.values.items() if form.kinds[name] != "file"} | typed
        old = {field: "0123456789abcdef" if field == "stamp" else "0"}
        refused = world.post(action, who, data=sent | old)
        assert refused.status_code == 409, (action, refused.status_code)
        assert "먼저 고쳤습니다" in refused.text, action
        now = next(each for each in forms_of(world.get(page, who).text) if urljoin(page, each.action or page) == action)
        assert now.values.get(field) == form.values[field], f"{action} wrote something"
        again = next(each for each in forms_of(refused.text) if urljoin(page, each.action or page) == action)
        assert again.values[field] == form.values[field], f"{action} cannot be sent again"
        pressed = [world.post(action, who, data=sent) for _ in range(2)]
        assert [each.status_code for each in pressed] == [303, 303], action
        assert pressed[0].headers["location"] == pressed[1].headers["location"], action


def test_every_part_of_a_rule_has_its_name_on_the_page() -> None:
    assert set(ATTENDANCE_TEXTS) == {each.name for each in fields(AttendanceRule)}
    assert set(COMPLETION_TEXTS) == {each.name for each in fields(CompletionRule)}


@pytest.mark.parametrize("kind", ["municipal", "course"])
def test_the_second_to_save_the_rules_is_told_and_loses_nothing_typed(world: World, values: dict[str, str], kind: str) -> None:
    page = "/admin/rules/suwon" if kind == "municipal" else f"/teaching/{values['course_id']}/rules"
    first, second = (forms_of(world.get(page, who).text)[-1].values for who in ("suwon", "province"))
    assert world.post(page, "suwon", data=first | {"on_time_min": "7"}).status_code == 303
    refused = world.post(page, "province", data=second | {"on_time_min": "9", "course_share": "70"})
    assert refused.status_code == 409
    assert 'name="on_time_min" type="number" value="9"' in refused.text
    named = re.search(r"다른 항목: <strong>(.*?)</strong>", refused.text)
    assert named is not None
    assert named[1] == "출석 인정 (시작 뒤 분), 출석률 (%)"
    assert 'name="on_time_min" type="number" value="7"' in world.get(page, "suwon").text
    knowing = next(form.values for form in forms_of(refused.text) if "on_time_min" in form.values)
    assert world.post(page, "province", data=knowing).status_code == 303
    assert 'name="on_time_min" type="number" value="9"' in world.get(page, "suwon").text


def test_nobody_accepts_what_was_handed_in_after_they_looked(world: World, values: dict[str, str]) -> None:
    page = f"/teaching/{values['course_id']}/assignments/{values['assignment']}"
    form = next(each for each in forms_of(world.get(page, "instructor").text) if "/grades/" in each.action)

    async def hand_in_again() -> None:
        async with world.store.writing() as uow:
            found = await uow.assignments.of_course(CourseId(values["course_id"]))
            assignment = next(each for each in found if each.id == values["assignment"])
            given = await uow.assignments.submission(assignment.id, PersonId(form.action.rsplit("/", 1)[1]))
            assert given is not None
            later = given.submitted_at + timedelta(minutes=1)
            await uow.assignments.put_submission(replace(given, text="다른 글", submitted_at=later), assignment)

    assert world.client.portal is not None
    world.client.portal.call(hand_in_again)
    answer = world.post(form.action, "instructor", data=form.values | {"decision": "accept"})
    assert answer.status_code == 409
    assert "다른 글" in answer.text

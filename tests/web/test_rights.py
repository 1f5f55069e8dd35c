"""Every route × everybody: what they get. A route that is not in the table fails; absent and not-yours look the same."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.routing import BaseRoute, Mount, Route

from classroom.people import CourseId
from tests.web.world import World

WHO = (None, "resident01", "resident30", "instructor", "suwon", "seongnam", "province")
"""A stranger, a learner of the course, one who is not, its instructor, its municipality's staff, another's, the province."""

PUBLIC = (200,) * 7
SIGNED_IN = (303, 200, 200, 200, 200, 200, 200)
SIGNED_IN_JSON = (401, 200, 200, 200, 200, 200, 200)
ENROLLED = (303, 200, 404, 404, 404, 404, 404)
LEARNERS = (303, 200, 404, 200, 200, 404, 200)
LEARNERS_JSON = (401, 200, 404, 200, 200, 404, 200)
STAFF = (303, 404, 404, 200, 200, 404, 200)
STAFF_JSON = (401, 404, 404, 200, 200, 404, 200)
ADMINISTRATORS = (303, 404, 404, 404, 200, 200, 200)
OWN_ADMINISTRATORS = (303, 404, 404, 404, 200, 404, 200)

DEAD_LINK = (409,) * 7
"""A token that is in no mail."""

GET: dict[str, tuple[int, ...]] = {
    "/healthz": PUBLIC,
    "/readyz": PUBLIC,
    "/metrics": (403,) * 7,  # for this machine, or with the token
    "/robots.txt": PUBLIC,
    "/favicon.ico": (302,) * 7,
    "/api/openapi.json": PUBLIC,
    "/": PUBLIC,
    "/courses": PUBLIC,
    "/{municipality}/": PUBLIC,
    "/{municipality}/courses": PUBLIC,
    "/{municipality}/notices": PUBLIC,
    "/{municipality}/logo": (404,) * 7,  # Suwon has none in the demo world
    "/notices": PUBLIC,
    "/notices/{notice}": PUBLIC,
    "/{municipality}/courses/{course}": PUBLIC,
    "/{municipality}/courses/{course}/draw": (404,) * 7,  # no lottery
    "/items/{item}": PUBLIC,
    "/covers/{seed}.svg": PUBLIC,
    "/brand/{colour}.css": PUBLIC,
    "/verify/": PUBLIC,
    "/verify/{code}": PUBLIC,
    "/sign-in": (200, 303, 303, 303, 303, 303, 303),
    "/sign-out": (303, 200, 200, 200, 200, 200, 200),
    "/me": SIGNED_IN,
    "/me/history": SIGNED_IN,
    "/me/messages": SIGNED_IN,
    "/me/calendar": SIGNED_IN,
    "/calendar/{token}.ics": (404,) * 7,  # nobody's secret address; a real one in tests/web/test_timetable.py
    "/me/account": SIGNED_IN,
    "/me/account/data.json": SIGNED_IN,
    "/me/email/{token}": SIGNED_IN,
    "/sign-up": (200, 303, 303, 303, 303, 303, 303),
    "/sign-up/{token}": DEAD_LINK,
    "/guardian/{token}": DEAD_LINK,
    "/reset": PUBLIC,
    "/reset/{token}": DEAD_LINK,
    "/sign-in/oidc": (404,) * 7,  # no provider is named in the tests
    "/sign-in/oidc/callback": (404,) * 7,
    "/me/certificates": SIGNED_IN,
    "/me/certificates/{certificate}": (303, 200, 404, 404, 200, 404, 200),
    "/me/certificates/{certificate}/pdf": (303, 200, 404, 404, 200, 404, 200),
    "/lessons/{lesson}/room": LEARNERS,
    "/lessons/{lesson}/attendance": STAFF,
    "/lessons/{lesson}/captioner": STAFF,
    "/lessons/{lesson}/attendance.json": STAFF,
    "/lessons/{lesson}/attendance/{person}": STAFF,
    "/recordings": SIGNED_IN,
    "/recordings/{recording}": LEARNERS,
    "/recordings/{recording}/manifest.json": LEARNERS,
    "/recordings/{recording}/chat.json": LEARNERS,
    "/recordings/{recording}/files/{name}": LEARNERS,
    "/recordings/{recording}/poster": LEARNERS,
    "/recordings/{recording}/film": (303, 404, 404, 404, 404, 404, 404),  # this recording has none yet
    "/recordings/{recording}/edit": STAFF,
    "/recordings/{recording}/edits.json": STAFF,
    "/recordings/{recording}/film.json": LEARNERS,
    "/recordings/{recording}/live.json": (303, 404, 404, 404, 404, 404, 404),  # its class is over
    "/recordings/{recording}/live-said.json": (303, 404, 404, 404, 404, 404, 404),
    "/recordings/{recording}/live/{name}": (303, 404, 404, 404, 404, 404, 404),
    "/admin/": ADMINISTRATORS,
    "/admin/courses": ADMINISTRATORS,
    "/admin/courses/new": ADMINISTRATORS,
    "/admin/courses/{municipality}/{slug}": OWN_ADMINISTRATORS,
    "/admin/courses/{municipality}/{slug}/edit": OWN_ADMINISTRATORS,
    "/admin/lessons": ADMINISTRATORS,
    "/admin/lessons/{lesson}": OWN_ADMINISTRATORS,
    "/admin/catalogue": ADMINISTRATORS,
    "/admin/catalogue/courses.{form}": ADMINISTRATORS,
    "/admin/courses/{municipality}/{slug}/copy": OWN_ADMINISTRATORS,
    "/admin/courses/{municipality}/{slug}/timetable": OWN_ADMINISTRATORS,
    "/admin/people": ADMINISTRATORS,
    "/admin/people/import": ADMINISTRATORS,
    "/admin/people/doubles": (303, 404, 404, 404, 404, 404, 200),
    "/admin/recordings": ADMINISTRATORS,
    "/admin/keeping": ADMINISTRATORS,
    "/admin/keeping.{kind}": ADMINISTRATORS,
    "/admin/retention": (303, *(404,) * 5, 200),
    "/admin/retention.{kind}": (303, *(404,) * 5, 200),
    "/admin/uploads": ADMINISTRATORS,
    "/admin/uploads.json": ADMINISTRATORS,
    "/admin/uploads/{video}": OWN_ADMINISTRATORS,
    "/admin/certificates": ADMINISTRATORS,
    "/admin/sites": ADMINISTRATORS,
    "/admin/sites/{municipality}/edit": OWN_ADMINISTRATORS,
    "/admin/notices": ADMINISTRATORS,
    "/admin/notices/new": ADMINISTRATORS,
    "/admin/notices/{notice}": OWN_ADMINISTRATORS,
    "/admin/access-log": ADMINISTRATORS,
    "/admin/figures": ADMINISTRATORS,
    "/admin/status": (303, 404, 404, 404, 404, 404, 200),
    "/admin/figures/{year}.{kind}": ADMINISTRATORS,
    "/me/certificates/{certificate}/badge.{badge}": (303, 200, 404, 404, 404, 404, 404),  # it holds the holder's address
    "/me/statements": SIGNED_IN,
    "/me/statements/{statement}/pdf": (303, 404, 404, 404, 404, 404, 404),  # absent; whose it is: test_certificates.py
    "/issuers/{municipality}": PUBLIC,
    "/issuers/{municipality}/did.json": PUBLIC,
    "/issuers/{municipality}/status/{year}": PUBLIC,
    "/admin/certificates/{certificate}": OWN_ADMINISTRATORS,
    "/admin/seals/{municipality}": OWN_ADMINISTRATORS,
    "/admin/seals/{municipality}/picture": (303, 404, 404, 404, 404, 404, 404),  # none was uploaded
    "/teaching/{course_id}/certificates.json": (303, 404, 404, 404, 200, 404, 200),
    "/lessons/{lesson}/roll-call": STAFF,
    "/lessons/{lesson}/roll-call.json": STAFF,
    "/lessons/{lesson}/roll-call/code.svg": STAFF,
    "/check-in/{lesson}/{scanned}": (303, 410, *(404,) * 5),  # an old code
    "/admin/rules": (303, 404, 404, 404, 303, 303, 200),  # who has one municipality is led to its rules
    "/admin/rules/{municipality}": OWN_ADMINISTRATORS,
    "/learning/{course_id}": ENROLLED,
    "/learning/{course_id}/survey": ENROLLED,
    "/learning/{course_id}/excuses": ENROLLED,
    "/learning/{course_id}/quizzes/{quiz}": ENROLLED,
    "/learning/{course_id}/assignments/{assignment}": ENROLLED,
    "/uploads/{upload}": (303, 404, 404, 404, 404, 404, 404),  # absent; whose it is: tests/web/test_assessing.py
    "/teaching/{course_id}": STAFF,
    "/teaching/{course_id}/quizzes/new": STAFF,
    "/teaching/{course_id}/quizzes/{quiz}": STAFF,
    "/teaching/{course_id}/assignments/new": STAFF,
    "/teaching/{course_id}/assignments/{assignment}": STAFF,
    "/teaching/{course_id}/excuses": STAFF,
    "/teaching/{course_id}/survey": STAFF,
    "/teaching/{course_id}/items": STAFF,
    "/teaching/{course_id}/survey.{kind}": STAFF,
    "/teaching/{course_id}/rules": OWN_ADMINISTRATORS,
    "/api/v1/municipalities": PUBLIC,
    "/api/v1/courses": PUBLIC,
    "/api/v1/municipalities/{municipality}/courses/{course}/lessons": PUBLIC,
    "/api/v1/me/history": SIGNED_IN_JSON,
    "/api/v1/recordings": SIGNED_IN_JSON,
    "/api/v1/recordings/{recording}": LEARNERS_JSON,
    "/api/v1/lessons/{lesson}/attendance": STAFF_JSON,
}
WRONG_FORM = 422
ENROLLED_FORM = (401, WRONG_FORM, *(404,) * 5)
STAFF_FORM = (401, 404, 404, WRONG_FORM, WRONG_FORM, 404, WRONG_FORM)
POST: dict[str, tuple[int, ...]] = {
    # Sent with an empty form: what matters is who gets as far as having it looked at.
    "/sign-in": (WRONG_FORM,) * 7,
    "/sign-out": (303,) * 7,
    "/display": (303,) * 7,
    "/{municipality}/courses/{course}/application": (303, 409, 409, 409, 409, 409, 409),  # closed for applications
    "/me/account/password": (401, *(WRONG_FORM,) * 6),
    "/me/account/sessions": (401, *(303,) * 6),
    "/me/account/profile": (401, *(WRONG_FORM,) * 6),
    "/me/account/home": (401, *(WRONG_FORM,) * 6),
    "/me/account/email": (401, *(WRONG_FORM,) * 6),
    "/me/account/close": (401, *(WRONG_FORM,) * 6),
    "/me/email/{token}": (401, *(409,) * 6),
    "/sign-up": (WRONG_FORM,) * 7,
    "/sign-up/{token}": DEAD_LINK,
    "/guardian/{token}": DEAD_LINK,
    "/reset": (WRONG_FORM,) * 7,
    "/reset/{token}": (409, 409, 409, 409, 409, 409, 409),
    "/admin/people/merge": (401, 404, 404, 404, 404, 404, WRONG_FORM),
    "/admin/people/{person}/suspended": (401, 404, 404, 404, 404, 404, 303),
    "/admin/people/import": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/lessons/{lesson}/ticket": (401, 200, 404, 200, 200, 404, 200),
    "/lessons/{lesson}/captioner": (401, 404, 404, 303, 303, 404, 303),
    "/lessons/{lesson}/attendance/{person}": (401, 404, 404, WRONG_FORM, WRONG_FORM, 404, WRONG_FORM),
    "/lessons/{lesson}/attendance.{kind}": (401, 404, 404, WRONG_FORM, WRONG_FORM, 404, WRONG_FORM),
    "/recordings/{recording}/edits": (401, 404, 404, WRONG_FORM, WRONG_FORM, 404, WRONG_FORM),
    "/recordings/{recording}/edits/undo": (401, 404, 404, 200, 200, 404, 200),
    "/recordings/{recording}/captions/{language}": (401, 404, 404, WRONG_FORM, WRONG_FORM, 404, WRONG_FORM),
    "/recordings/{recording}/captions/{language}/removal": (401, 404, 404, 200, 200, 404, 200),
    "/recordings/{recording}/withdrawal": (401, 200, 404, 200, 409, 404, 409),  # oneself, who was in class
    "/admin/courses/new": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/edit": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/me/calendar": (401, *(303,) * 6),
    "/admin/catalogue": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/copy": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/lessons/{lesson}": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/lessons": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/applications/{person}": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/calling-off": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/seats": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/applications.{kind}": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/courses/{municipality}/{slug}/draw": (401, *(404,) * 6),  # no lottery
    "/admin/people/{person}/roles/revoke": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/admin/people/{person}/roles": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/recordings/{recording}/film": (401, 404, 404, 404, 404, 404, 404),  # this recording has none yet
    "/admin/recordings/bulk": (401, 404, 404, 404, 303, 303, 303),
    "/admin/recordings/{recording}/sharing": (401, 404, 404, 404, 303, 404, 303),
    "/admin/keeping/{municipality}": (401, 404, 404, 404, 303, 404, 303),
    "/admin/retention/{what}": (401, *(404,) * 5, WRONG_FORM),
    "/admin/uploads": (401, 404, 404, 404, 400, 400, 400),  # wants JSON
    "/admin/uploads/{video}/parts": (401, 404, 404, 404, 409, 404, 409),
    "/admin/uploads/{video}/removal": (401, 404, 404, 404, 200, 404, 404),  # the first takes it away
    "/admin/recordings/{recording}/audience": (401, 404, 404, 404, 303, 404, 303),
    "/recordings/{recording}/watching": (401, 200, 404, 200, 200, 404, 200),
    "/me/statements": (401, 303, 409, 409, 409, 409, 409),  # who has learned nothing has nothing to state
    "/admin/certificates/{certificate}/revocation": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/certificates/{certificate}/reissue": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/seals/{municipality}": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/teaching/{course_id}/certificates": (401, 404, 404, 404, 303, 404, 303),
    "/lessons/{lesson}/roll-call": (401, 404, 404, 303, 303, 404, 303),
    "/check-in/{lesson}": (401, 410, *(404,) * 5),
    "/admin/rules/{municipality}": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/learning/{course_id}/survey": ENROLLED_FORM,
    "/learning/{course_id}/excuses": ENROLLED_FORM,
    "/learning/{course_id}/quizzes/{quiz}/attempts": (401, 303, *(404,) * 5),
    "/learning/{course_id}/quizzes/{quiz}/answers": (401, 409, *(404,) * 5),  # nothing was begun
    "/learning/{course_id}/assignments/{assignment}": ENROLLED_FORM,
    "/teaching/{course_id}/progress.{kind}": STAFF_FORM,
    "/teaching/{course_id}/items": STAFF_FORM,
    "/teaching/{course_id}/quizzes/new": STAFF_FORM,
    "/teaching/{course_id}/quizzes/{quiz}": STAFF_FORM,
    "/teaching/{course_id}/quizzes/{quiz}/removal": (401, 404, 404, 303, 404, 404, 404),  # gone after the first
    "/teaching/{course_id}/assignments/new": STAFF_FORM,
    "/teaching/{course_id}/assignments/{assignment}": STAFF_FORM,
    "/teaching/{course_id}/assignments/{assignment}/removal": (401, 404, 404, 303, 303, 404, 303),  # stays: handed in
    "/teaching/{course_id}/assignments/{assignment}/grades/{person}": STAFF_FORM,
    "/teaching/{course_id}/excuses/{excuse}": STAFF_FORM,
    "/teaching/{course_id}/rules": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/sites/{municipality}": (401, 404, 404, 404, 303, 404, 303),
    "/admin/sites/{municipality}/edit": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
    "/admin/access-log/{month}.{kind}": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/admin/access-log/review": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/admin/notices/new": (401, 404, 404, 404, WRONG_FORM, WRONG_FORM, WRONG_FORM),
    "/admin/notices/{notice}": (401, 404, 404, 404, WRONG_FORM, 404, WRONG_FORM),
}
ELSEWHERE = {"/whip/", "/whep/", "/captions/"}
"""Bearer tickets only: tests/web/test_whip.py."""


def routes(found: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in found:
        inner: Any = getattr(route, "original_router", None)
        if inner is not None:
            yield from routes(inner.routes)
        elif isinstance(route, Mount):
            assert route.path == "/static", f"an unexpected mount at {route.path}"
        elif isinstance(route, Route) or hasattr(route, "methods"):
            path = str(getattr(route, "path"))  # noqa: B009
            for method in getattr(route, "methods") - {"HEAD", "OPTIONS"}:  # noqa: B009
                yield method, path


@pytest.fixture(scope="session")
def values(shared: World) -> dict[str, str]:
    """What stands for the placeholders: all of Suwon."""
    person = shared.session("resident01") and shared.client.portal
    assert person is not None
    viewer = shared.query(shared.store.queries.viewer, shared.session("resident01"), shared.demo.ended_started_at)
    site = shared.query(shared.store.queries.site, "suwon", shared.demo.ended_started_at)
    certificate = shared.query(shared.store.queries.certificates, viewer)[0]
    course = shared.query(shared.store.queries.course, "suwon", "smartphone-photo", viewer, shared.demo.ended_started_at).course
    quiz, assignment, excuse = shared.query(_tasks, shared, course.id)
    portal = shared.query(shared.store.queries.portal, shared.demo.ended_started_at)
    return {
        "municipality": "suwon",
        "course": "smartphone-photo",
        "slug": "smartphone-photo",
        "lesson": shared.demo.live_lesson,
        "recording": shared.recording,
        "name": "main.webm",
        "language": "ko",
        "video": shared.upload,
        "item": portal.items[0].id,
        "seed": "abc",
        "token": "guessed",
        "form": "csv",
        "colour": "1b5faa",
        "code": certificate.shown_code,
        "certificate": certificate.id,
        "person": viewer.id,
        "month": "2026-11",
        "year": "2026",
        "course_id": course.id,
        "quiz": quiz,
        "assignment": assignment,
        "excuse": excuse,
        "upload": "0000000000000000",
        "kind": "xlsx",
        "what": "mails",
        "badge": "jwt",
        "scanned": "1-abc",
        "statement": "0000000000000000",
        "notice": next(each.id for each in site.notices if each.municipality == "suwon"),
    }


async def _tasks(world: World, course: CourseId) -> tuple[str, str, str]:
    async with world.store.reading() as uow:
        quizzes, assignments = await uow.quizzes.of_course(course), await uow.assignments.of_course(course)
        return quizzes[0].id, assignments[0].id, (await uow.excuses.of_course(course))[0][0].id


def fill(path: str, values: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], path)


def test_every_route_has_a_rule(shared: World) -> None:
    known = {("GET", path) for path in GET} | {("POST", path) for path in POST}
    found = {(method, path) for method, path in routes(shared.app.routes) if not path.startswith(tuple(ELSEWHERE))}
    assert found - known == set(), "write down who may use it"
    assert known - found == set(), "no such route any more"


@pytest.mark.parametrize("path", GET)
def test_everybody_gets_what_is_theirs(shared: World, values: dict[str, str], path: str) -> None:
    address = fill(path, values)
    signed = {
        who: shared.signed(address, who) if who and ("/files/" in path or path.endswith("/poster")) else address for who in WHO
    }
    assert tuple(shared.get(signed[who], who).status_code for who in WHO) == GET[path]


@pytest.mark.parametrize("path", POST)
def test_everybody_may_do_what_is_theirs(world: World, values: dict[str, str], path: str) -> None:
    address = fill(path, values)
    request: dict[str, Any] = {"json": {"consent": True}} if path.endswith("/ticket") else {"data": {}}
    if path.endswith("/watching"):
        request = {"json": {"player": "a-player-of-tests", "sent_s": 1.0, "at_s": 0.0, "stretches": []}}
    if path.endswith("/audience"):
        request = {"data": {"audience": "course"}}
    statuses = []
    for who in WHO:
        statuses.append(world.post(address, who, **request).status_code)
        if path == "/sign-out":
            world._sessions.clear()
    assert tuple(statuses) == POST[path]


@pytest.mark.parametrize(
    "path",
    [
        "/recordings/{}",
        "/recordings/{}/manifest.json",
        "/recordings/{}/files/main.webm",
        "/lessons/{}/room",
        "/lessons/{}/attendance",
        "/me/certificates/{}",
    ],
)
def test_absent_and_not_yours_look_the_same(shared: World, values: dict[str, str], path: str) -> None:
    mine = values["lesson" if "lessons" in path else "certificate" if "certificates" in path else "recording"]
    foreign, absent = shared.get(path.format(mine), "resident30"), shared.get(path.format("0000000000000000"), "resident30")
    assert foreign.status_code == absent.status_code == 404
    assert foreign.text.replace(mine, "") == absent.text.replace("0000000000000000", "")


def test_a_stranger_is_sent_to_sign_in_whether_or_not_the_lesson_exists(shared: World) -> None:
    for lesson in (shared.demo.live_lesson, "nothing"):
        answer = shared.get(f"/lessons/{lesson}/room")
        assert answer.headers["location"] == f"/sign-in?next=/lessons/{lesson}/room"


def test_administrators_see_only_their_own_municipality(shared: World) -> None:
    for page in ("/admin/courses", "/admin/lessons", "/admin/recordings"):
        assert "스마트폰 사진" in shared.get(page, "suwon").text
        assert "스마트폰 사진" not in shared.get(page, "seongnam").text
    assert "/admin/sites/suwon" not in shared.get("/admin/sites", "seongnam").text

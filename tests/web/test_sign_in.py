"""Signing in: sessions that end when they should, guessing that is limited, valid sign-ins that are not."""

from datetime import timedelta

import pytest

from tests.web.world import World
from web.auth import own_path
from web.limits import PER_ACCOUNT, network


def test_the_form_has_the_names_outside_tools_rely_on(shared: World) -> None:
    for language, names in (("ko", ("이메일", "비밀번호", "로그인")), ("en", ("Email", "Password", "Sign in"))):
        text = shared.get(f"/sign-in?lang={language}").text
        assert f'<label class="field__label" for="email">{names[0]}</label>' in text
        assert f'<label class="field__label" for="password">{names[1]}</label>' in text
        assert f'type="submit">{names[2]}</button>' in text


def test_a_right_password_opens_my_learning_and_a_wrong_one_says_what_to_do(world: World) -> None:
    right = world.sign_in("resident01")
    assert (right.status_code, right.headers["location"]) == (303, "/me")
    wrong = world.sign_in("resident01", "classroom-demo!", **{"Accept-Language": "en"})
    assert wrong.status_code == 401
    assert "Email or password is wrong. Please check and try again." in wrong.text
    assert 'value="resident01@demo.example"' in wrong.text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(world: World) -> None:
    cookie = next(value for value in world.sign_in("resident01").headers.get_list("set-cookie") if value.startswith("session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie


def test_over_https_the_cookie_is_secure_and_bound_to_the_host(template, tmp_path) -> None:  # type: ignore[no-untyped-def]
    from tests.web.world import SECRET
    from web.services import WebSettings

    assert WebSettings(secret=SECRET, public_url="https://learn.example.kr").secure
    world = World(template, tmp_path)
    object.__setattr__(world.app.state.services.settings, "public_url", "https://learn.example.kr")
    with world.client:
        answer = world.client.post("/sign-in", data={"email": "resident01@demo.example", "password": "classroom-demo"})
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-session="))
    assert "Secure" in cookie


def test_signing_out_ends_the_session_on_the_server(world: World) -> None:
    token = world.session("resident01")
    assert world.get("/me", "resident01").status_code == 200
    world.post("/sign-out", "resident01")
    assert world.get("/me", headers={"Cookie": f"session={token}"}).status_code == 303


def test_a_session_ends_by_itself(world: World) -> None:
    world.session("resident01")
    world.ahead = timedelta(days=30)
    assert world.get("/me", "resident01").status_code == 303


def test_a_second_sign_in_does_not_keep_the_first_session_of_this_browser(world: World) -> None:
    old = world.session("resident01")
    world.client.post(
        "/sign-in", data={"email": "resident02@demo.example", "password": "classroom-demo"}, headers={"Cookie": f"session={old}"}
    )
    world.client.cookies.clear()
    assert world.get("/me", headers={"Cookie": f"session={old}"}).status_code == 303


def test_all_other_devices_are_signed_out_at_once(world: World) -> None:
    elsewhere = world.session("resident01")
    world._sessions.clear()
    assert world.post("/me/account/sessions", "resident01").status_code == 303
    assert world.get("/me", headers={"Cookie": f"session={elsewhere}"}).status_code == 303
    assert world.get("/me", "resident01").status_code == 200


def test_a_new_password_needs_the_old_one_and_ends_other_sessions(world: World) -> None:
    elsewhere = world.session("resident01")
    world._sessions.clear()
    wish = {"old": "classroom-demo", "new": "a longer sentence", "again": "a longer sentence"}
    for wrong, field in (({"old": "guess"}, "old"), ({"again": "another"}, "again"), ({"new": "short", "again": "short"}, "new")):
        answer = world.post("/me/account/password", "resident01", data=wish | wrong)
        assert answer.status_code in (401, 422)
        assert f'id="f-{field}-error"' in answer.text
        assert "a longer sentence" not in answer.text
    assert world.post("/me/account/password", "resident01", data=wish).headers["location"] == "/me/account?done=password"
    assert world.get("/me", headers={"Cookie": f"session={elsewhere}"}).status_code == 303
    assert world.sign_in("resident01").status_code == 401
    assert world.sign_in("resident01", "a longer sentence").status_code == 303


def test_guessing_the_old_password_from_a_stolen_session_is_limited(world: World) -> None:
    wish = {"old": "guess", "new": "a longer sentence", "again": "a longer sentence"}
    answers = [world.post("/me/account/password", "resident01", data=wish).status_code for _ in range(PER_ACCOUNT.amount + 1)]
    assert answers == [401] * PER_ACCOUNT.amount + [429]


@pytest.mark.parametrize("cookie", ["", "x", "x" * 5_000, "session", "'; DROP TABLE sessions; --", "../../etc"])
def test_made_up_sessions_are_no_sessions(shared: World, cookie: str) -> None:
    assert shared.get("/me", headers={"Cookie": f"session={cookie}"}).status_code == 303


def test_guessing_one_account_is_stopped_even_with_the_right_password_at_last(world: World) -> None:
    answers = [world.sign_in("resident05", f"guess {n}").status_code for n in range(PER_ACCOUNT.amount)]
    assert answers == [401] * PER_ACCOUNT.amount
    refused = world.sign_in("resident05")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert world.sign_in("resident06").status_code == 303, "a neighbour at the same address signs in"


def test_a_browser_that_was_in_before_is_not_locked_out_by_strangers(world: World) -> None:
    first = world.client.post("/sign-in", data={"email": "resident05@demo.example", "password": "classroom-demo"})
    known = first.cookies["known"]
    world.client.cookies.clear()
    for n in range(PER_ACCOUNT.amount):
        world.sign_in("resident05", f"guess {n}")
    assert world.sign_in("resident05").status_code == 429
    assert world.sign_in("resident05", Cookie=f"known={known}").status_code == 303


def test_a_whole_school_signs_in_from_one_address(world: World) -> None:
    answers = {world.sign_in(f"resident{n:02}").status_code for n in range(1, 31) for _ in range(4)}
    assert answers == {303}


def test_an_unknown_account_is_limited_and_answered_like_a_known_one(world: World) -> None:
    answers = [world.sign_in("nobody", "guess") for _ in range(PER_ACCOUNT.amount + 1)]
    assert [answer.status_code for answer in answers] == [401] * PER_ACCOUNT.amount + [429]
    known = world.sign_in("resident07", "guess").text
    assert answers[0].text.replace("nobody", "") == known.replace("resident07", "")


@pytest.mark.parametrize(
    ("wanted", "leads_to"),
    [
        ("/courses?q=a", "/courses?q=a"),
        ("/lessons/x/room", "/lessons/x/room"),
        ("https://evil.example/", "/me"),
        ("//evil.example/", "/me"),
        ("/\\evil.example", "/me"),
        ("/x\\..\\y", "/me"),
        ("javascript:alert(1)", "/me"),
        ("/a\r\nSet-Cookie: x=y", "/me"),
        ("/\t/evil.example", "/me"),
        ("", "/me"),
        (None, "/me"),
        ("/" + "a" * 5_000, "/me"),
    ],
)
def test_sign_in_leads_only_to_our_own_pages(wanted: str | None, leads_to: str) -> None:
    assert own_path(wanted) == leads_to


def test_the_wish_where_to_go_survives_the_form(world: World) -> None:
    assert 'name="next" value="/courses"' in world.get("/sign-in?next=/courses").text
    assert 'name="next" value=""' in world.get("/sign-in?next=//evil.example").text
    answer = world.post(
        "/sign-in", data={"email": "resident01@demo.example", "password": "classroom-demo", "next": "//evil.example"}
    )
    assert answer.headers["location"] == "/me"


def test_a_link_in_english_leads_to_a_form_in_english(world: World) -> None:
    asked = world.get("/me?lang=en")
    assert asked.headers["location"].startswith("/sign-in?next=")
    assert "Sign in" in world.get(asked.headers["location"], headers={"Cookie": f"lang={asked.cookies['lang']}"}).text


def test_one_ipv6_subscriber_is_one_address() -> None:
    assert network("2001:db8:1:2:3:4:5:6") == network("2001:db8:1:2::1") != network("2001:db8:1:3::1")
    assert network("192.0.2.1") != network("192.0.2.2")
    assert network("testclient") == network("") == "unknown"

"""Signing in by an outside OpenID provider: a real provider over HTTP, and everything it must not get past."""

import base64
import hashlib
import hmac
import re
import time
import warnings
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from tests.web.world import Template, World
from web.interop.oidc import Provider, ProviderFailed

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the provider's own use of a deprecated module
    from oidc_provider_mock import User, run_server_in_thread

pytestmark = pytest.mark.filterwarnings("ignore")  # the provider runs in a thread of this process, with its own warnings
PEOPLE = (
    User(sub="fresh", claims={"email": "fresh@id.example", "email_verified": True, "name": "박새로"}),
    User(sub="unproven", claims={"email": "unproven@id.example", "email_verified": False}),
    User(sub="taken", claims={"email": "resident01@demo.example", "email_verified": True}),
)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with run_server_in_thread(user_claims=PEOPLE) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def world(template: Template, tmp_path: Any, issuer: str) -> Iterator[World]:
    world = World(template, tmp_path)
    provider = Provider(issuer=issuer, client_id="classroom", client_secret="not a secret", name="도민카드")
    object.__setattr__(world.app.state.services, "oidc", provider)
    with world.client:
        yield world


def go(world: World, subject: str, as_: str | None = None) -> Any:
    """Through the provider's own form and back, as a browser would; the answer of our callback."""
    begun = world.get("/sign-in/oidc?next=/me/history", as_)
    assert begun.status_code == 303
    authorized = httpx2.post(begun.headers["location"], data={"sub": subject})
    assert authorized.status_code == 302, authorized.text
    back = urlsplit(authorized.headers["location"])
    return world.get(f"{back.path}?{back.query}", as_, headers={"Cookie": f"oidc={begun.cookies['oidc']}"})


def test_a_new_person_with_a_proven_address_gets_an_account_and_comes_back_to_it(world: World) -> None:
    assert "도민카드 아이디로 로그인" in world.get("/sign-in").text
    first = go(world, "fresh")
    assert first.headers["location"] == "/me/history"
    session = first.cookies["session"]
    page = world.get("/me/account", headers={"Cookie": f"session={session}"}).text
    assert "fresh@id.example" in page
    assert "박새로" in page
    again = go(world, "fresh")
    one = world.query(world.store.queries.viewer, session, world.demo.ended_started_at)
    two = world.query(world.store.queries.viewer, again.cookies["session"], world.demo.ended_started_at)
    assert one.id == two.id


def test_an_address_alone_opens_nobodys_account_until_its_owner_links_it(world: World) -> None:
    refused = go(world, "taken")
    assert refused.status_code == 409
    assert "session" not in refused.cookies
    assert "비밀번호로 로그인한 뒤" in refused.text
    assert go(world, "taken", "resident01").headers["location"] == "/me/account?done=linked"
    entered = go(world, "taken")
    assert entered.headers["location"] == "/me/history"
    assert go(world, "taken", "resident02").status_code == 409, "one identity is one person's"


def test_an_unproven_address_opens_no_account(world: World) -> None:
    refused = go(world, "unproven")
    assert refused.status_code == 409
    assert "이메일을 확인해 주지 않았습니다" in refused.text


def test_an_answer_works_only_in_the_browser_that_began(world: World) -> None:
    begun = world.get("/sign-in/oidc")
    authorized = httpx2.post(begun.headers["location"], data={"sub": "fresh"})
    back = urlsplit(authorized.headers["location"])
    other = world.get("/sign-in/oidc").cookies["oidc"]
    for headers in ({}, {"Cookie": f"oidc={other}"}, {"Cookie": "oidc=x.y.z"}):
        assert world.get(f"{back.path}?{back.query}", headers=headers).status_code == 502
    state = parse_qs(back.query)["state"][0]
    cancelled = world.get(f"{back.path}?error=access_denied&state={state}", headers={"Cookie": f"oidc={begun.cookies['oidc']}"})
    assert cancelled.status_code == 502
    assert "이메일로 로그인해 주세요" in cancelled.text


def test_a_provider_that_is_away_is_a_sentence_not_a_traceback(template: Template, tmp_path: Any) -> None:
    world = World(template, tmp_path)
    away = Provider(issuer="http://127.0.0.1:9", client_id="x", client_secret="y", name="도민카드")
    object.__setattr__(world.app.state.services, "oidc", away)
    with world.client:
        answer = world.get("/sign-in/oidc")
    assert answer.status_code == 502
    assert not re.search("Traceback|ConnectError", answer.text)


# -- what an id_token must be -----------------------------------------------------------------------------------------

KEY = RSAKey.generate_key(2048, {"kid": "k"})


def provider() -> Provider:
    made = Provider(issuer="https://id.example", client_id="classroom", client_secret="s" * 40, name="n")
    made._description = {"issuer": "https://id.example"}
    return made


def claims(**changes: object) -> dict[str, object]:
    return {"iss": "https://id.example", "aud": "classroom", "sub": "1", "nonce": "n", "exp": int(time.time()) + 60} | changes


def signed(made: dict[str, object], key: Any = KEY, algorithm: str = "RS256") -> str:
    return jwt.encode({"alg": algorithm, "kid": "k"}, made, key, algorithms=[algorithm])


def confused() -> str:
    """Signed with HMAC under the provider's public key, which everybody has (RFC 8725 §2.1)."""

    def plain(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    head = plain(b'{"alg":"HS256","kid":"k"}') + "." + signed(claims()).split(".")[1]
    return head + "." + plain(hmac.new(KEY.as_pem(private=False), head.encode(), hashlib.sha256).digest())


def test_a_right_token_is_taken() -> None:
    assert provider()._check(signed(claims()), KeySet([KEY]), "n")["sub"] == "1"


@pytest.mark.parametrize(
    "token",
    [
        signed(claims(iss="https://evil.example")),
        signed(claims(aud="another")),
        signed(claims(aud=["classroom", "another"])),
        signed(claims(nonce="old")),
        signed(claims(exp=int(time.time()) - 120)),
        signed({name: value for name, value in claims().items() if name != "sub"}),
        signed(claims(), RSAKey.generate_key(2048, {"kid": "k"})),
        signed(claims(), ECKey.generate_key("P-256", {"kid": "k"}), "ES256"),
        signed(claims(), OctKey.import_key("s" * 40), "HS256"),
        confused(),
        signed(claims()).rsplit(".", 1)[0] + ".",
        "eyJhbGciOiJub25lIn0." + signed(claims()).split(".")[1] + ".",
        "x",
    ],
    ids=["issuer", "audience", "two", "nonce", "old", "nobody", "key", "type", "secret", "public key", "bare", "none", "junk"],
)
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(ProviderFailed):
        provider()._check(token, KeySet([KEY]), "n")

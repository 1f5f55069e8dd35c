"""OpenID Connect (Core 1.0, code flow with PKCE): an outside provider says who somebody is. Routes are in `pages/oidc.py`.

The provider is asked over TLS with a time limit; its answer counts only with the right issuer, audience, nonce and signature.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

PATIENCE_S = 10.0
FRESH_S = 3_600.0
LEEWAY_S = 60
ALGORITHMS = ("RS256", "ES256", "PS256", "EdDSA")
"""Never HS256: the client secret is not a key everybody agrees on (RFC 8725 §3.1)."""
MAX_ANSWER_BYTES = 200_000


class ProviderFailed(Exception):
    """The provider cannot be reached, or what it says does not hold. The text is for the log, not for people."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What the provider vouches for."""

    subject: str
    email: str | None
    is_email_proven: bool
    name: str


class Provider:
    """One OpenID provider. Keeps its description and keys for an hour. Opens nothing before it is used."""

    def __init__(self, *, issuer: str, client_id: str, client_secret: str, name: str) -> None:
        self.issuer = issuer.rstrip("/")
        self.name = name
        """What it is called on the button."""
        self._client_id = client_id
        self._client_secret = client_secret
        self._description: Mapping[str, Any] = {}
        self._keys: KeySet | None = None
        self._fresh_until = 0.0

    async def authorization_url(self, *, redirect_uri: str, state: str, nonce: str, verifier: str) -> str:
        """Where the browser goes. Raises ProviderFailed."""
        description, _ = await self._learn()
        return str(
            prepare_grant_uri(
                description["authorization_endpoint"],
                self._client_id,
                "code",
                redirect_uri,
                "openid email profile",
                state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            )
        )

    async def redeem(self, code: str, *, redirect_uri: str, nonce: str, verifier: str) -> Claims:
        """The code the browser came back with → who it is. Raises ProviderFailed."""
        description, keys = await self._learn()
        data = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
        methods = description.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]  # Discovery §3
        if "client_secret_basic" in methods:
            # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
            request: dict[str, Any] = {"auth": (quote(self._client_id, safe=""), quote(self._client_secret, safe=""))}
        else:
            request = {}
            data |= {"client_id": self._client_id, "client_secret": self._client_secret}
        answer = await self._ask("POST", description["token_endpoint"], data=data, **request)
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise ProviderFailed("no id_token in the answer")
        claims = self._check(id_token, keys, nonce)
        if not claims.get("email") and isinstance(answer.get("access_token"), str) and "userinfo_endpoint" in description:
            more = await self._ask(
                "GET", description["userinfo_endpoint"], headers={"Authorization": f"Bearer {answer['access_token']}"}
            )
            if more.get("sub") != claims["sub"]:  # Core §5.3.2: else somebody else's
                raise ProviderFailed("userinfo is about another subject")
            claims = {**more, **claims}
        email = claims.get("email")
        name = claims.get("name")
        return Claims(
            str(claims["sub"]),
            email if isinstance(email, str) else None,
            claims.get("email_verified") is True,
            name if isinstance(name, str) else "",
        )

    def _check(self, id_token: str, keys: KeySet, nonce: str) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._description["issuer"]},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            claims = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
            registry.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as wrong:
            raise ProviderFailed(f"id_token refused: {type(wrong).__name__}") from wrong
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self._client_id:
            raise ProviderFailed("id_token is for somebody else too")
        return dict(claims)

    async def _learn(self) -> tuple[Mapping[str, Any], KeySet]:
        if self._keys is None or time.monotonic() > self._fresh_until:
            found = await self._ask("GET", f"{self.issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self.issuer:
                raise ProviderFailed("the description names another issuer")
            if not all(isinstance(found.get(f"{name}_endpoint"), str) for name in ("authorization", "token")):
                raise ProviderFailed("the description is incomplete")
            keys = await self._ask("GET", str(found.get("jwks_uri")))
            try:
                self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
            except (JoseError, ValueError, KeyError, TypeError) as wrong:
                raise ProviderFailed("its keys cannot be read") from wrong
            self._description = found
            self._fresh_until = time.monotonic() + FRESH_S
        return self._description, self._keys

    async def _ask(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=PATIENCE_S, follow_redirects=False) as client:
                answer = await client.request(method, url, **request)
                answer.raise_for_status()
                if len(answer.content) > MAX_ANSWER_BYTES:
                    raise ProviderFailed("its answer is too long")
                found = answer.json()
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as wrong:
            raise ProviderFailed(f"{type(wrong).__name__} from {method}") from wrong
        if not isinstance(found, dict):
            raise ProviderFailed("its answer is no object")
        return found

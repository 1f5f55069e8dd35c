"""Open Badges 3.0: a certificate as a credential that anybody's software can check, signed with the installation's key.

Each municipality is an issuer of its own (`did:web:…:issuers:suwon`); they share one key, kept in the data folder. What the
credential says is what stands on the paper. Who it is for is told by a salted hash of the e-mail address and a name that means
nothing elsewhere. A revoked certificate is a set bit in the issuer's status list of its year (W3C Bitstring Status List 1.0).
"""

import base64
import gzip
import hashlib
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import NAMESPACE_URL, uuid5

from joserfc import jwt
from joserfc.jwk import RSAKey

from classroom.certificates import Certificate
from classroom.municipalities import Municipality

CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"]
KEY_BITS = 2_048
STATUS_BITS = 131_072
"""The least a status list may have, so that one bit hides among many."""
_NUMBER = re.compile(r"(\d{4})-.*-(\d+)")


def new_key() -> bytes:
    """A private key (PEM)."""
    return RSAKey.generate_key(KEY_BITS, private=True).as_pem(private=True)


class BadgeIssuer:
    """Signs for every municipality. `load_key` gives the private key (PEM) when it is first needed."""

    def __init__(self, public_url: str = "http://127.0.0.1:8000", load_key: Callable[[], bytes] = new_key) -> None:
        self.public_url = public_url
        self._load_key = load_key

    @cached_property
    def _key(self) -> RSAKey:
        return RSAKey.import_key(self._load_key())

    def did(self, municipality: str) -> str:
        """Resolves to `<public url>/issuers/<municipality>/did.json` (did:web §2.5.2)."""
        return f"did:web:{quote(urlsplit(self.public_url).netloc, safe='')}:issuers:{municipality}"

    def did_document(self, municipality: str) -> dict[str, Any]:
        did = self.did(municipality)
        method = {
            "id": f"{did}#key-1",
            "type": "JsonWebKey",
            "controller": did,
            "publicKeyJwk": {**self._key.as_dict(private=False), "alg": "RS256"},
        }
        return {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
            "id": did,
            "verificationMethod": [method],
            "assertionMethod": [method["id"]],
        }

    def profile(self, municipality: Municipality) -> dict[str, Any]:
        """Who issues."""
        return {
            "id": self.did(municipality.code),
            "type": ["Profile"],
            "name": municipality.name.ko,
            "url": f"{self.public_url}/{municipality.code}/",
            "phone": municipality.phone,
        }

    def credential(self, certificate: Certificate, municipality: Municipality, email: str) -> dict[str, Any]:
        """The credential, not signed yet. The same certificate and address give the same one."""
        paper = certificate.paper
        address = f"{self.public_url}/verify/{certificate.shown_code}"
        status = f"{self.public_url}/issuers/{municipality.code}/status/{status_year(certificate)}"
        salt = certificate.code[:8]
        return {
            "@context": CONTEXT,
            "id": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self.public_url}/certificates/{certificate.id}')}",
            "type": ["VerifiableCredential", "OpenBadgeCredential"],
            "name": paper.course.ko,
            "issuer": self.profile(municipality),
            "validFrom": _time(certificate.issued_at),
            "credentialSubject": {
                "id": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self.public_url}/{municipality.code}/{certificate.person}')}",
                "type": ["AchievementSubject"],
                "identifier": [
                    {
                        "type": "IdentityObject",
                        "hashed": True,
                        "identityHash": "sha256$" + hashlib.sha256((email + salt).encode()).hexdigest(),
                        "identityType": "emailAddress",
                        "salt": salt,
                    }
                ],
                "achievement": {
                    "id": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{self.public_url}/courses/{certificate.course}')}",
                    "type": ["Achievement"],
                    "achievementType": "Course",
                    "name": paper.course.ko,
                    "description": paper.course.en,
                    "humanCode": paper.number,
                    "criteria": {"narrative": _narrative(certificate)},
                    "inLanguage": "ko",
                },
            },
            "evidence": [{"id": address, "type": ["Evidence"], "name": paper.number}],
            "credentialStatus": {
                "id": f"{status}#{status_index(certificate)}",
                "type": "BitstringStatusListEntry",
                "statusPurpose": "revocation",
                "statusListIndex": str(status_index(certificate)),
                "statusListCredential": status,
            },
        }

    def sign(self, credential: dict[str, Any], municipality: str) -> str:
        """VC-JWT (Open Badges 3.0 §8.2.4): the credential is the payload, with the registered claims beside it."""
        claims = {"iss": self.did(municipality), "jti": credential["id"], "nbf": _seconds(credential["validFrom"])}
        claims["sub"] = credential["credentialSubject"]["id"]
        header = {"alg": "RS256", "typ": "JWT", "kid": f"{self.did(municipality)}#key-1"}
        return jwt.encode(header, credential | claims, self._key, algorithms=["RS256"])

    def status_list(self, municipality: str, year: int, revoked: Iterable[int], now: datetime) -> str:
        """The signed list of one year: bit n is set when certificate number n was revoked."""
        address = f"{self.public_url}/issuers/{municipality}/status/{year}"
        listed = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "id": address,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": self.did(municipality),
            "validFrom": _time(now),
            "credentialSubject": {
                "id": f"{address}#list",
                "type": "BitstringStatusList",
                "statusPurpose": "revocation",
                "encodedList": _bits(revoked),
            },
        }
        return self.sign(listed, municipality)


def baked_svg(token: str, words: str, brand: str) -> bytes:
    """A badge picture that carries the credential (Open Badges 3.0 §5.3.2). `brand` is a checked colour."""
    title = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="https://purl.imsglobal.org/ob/v3p0" '
        f'viewBox="0 0 240 240" role="img"><title>{title}</title>'
        f'<openbadges:credential verify="{token}"/>'
        f'<circle cx="120" cy="104" r="88" fill="{brand}"/><circle cx="120" cy="104" r="74" fill="none" stroke="#fff" '
        'stroke-width="3"/><path d="M76 180 62 236l58-20 58 20-14-56z" fill="#c8102e"/>'
        f'<circle cx="120" cy="104" r="88" fill="{brand}"/><circle cx="120" cy="104" r="74" fill="none" stroke="#fff" '
        'stroke-width="3"/><path d="m84 106 26 26 48-54" fill="none" stroke="#fff" stroke-width="14" stroke-linecap="round" '
        'stroke-linejoin="round"/></svg>'
    ).encode()


def status_year(certificate: Certificate) -> int:
    """Of its number; the series starts anew every year."""
    return int(_number(certificate)[0])


def status_index(certificate: Certificate) -> int:
    return int(_number(certificate)[1])


def _number(certificate: Certificate) -> tuple[str, str]:
    found = _NUMBER.search(certificate.paper.number)
    assert found is not None, "numbers are made by number_text"
    return found[1], found[2]


def _bits(revoked: Iterable[int]) -> str:
    """Multibase base64url of the gzipped bits, the first one leftmost."""
    numbers = sorted(revoked)
    size = max(STATUS_BITS, -(-(numbers[-1] + 1) // 8) * 8 if numbers else 0)
    bits = bytearray(size // 8)
    for number in numbers:
        bits[number // 8] |= 0x80 >> (number % 8)
    return "u" + base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).decode().rstrip("=")


def _narrative(certificate: Certificate) -> str:
    paper = certificate.paper
    text = f"{paper.begins_on.isoformat()} – {paper.ends_on.isoformat()} · {paper.hours:g}시간 / {paper.hours:g} hours"
    return text + (f" · {paper.lessons_attended}/{paper.lessons}" if paper.lessons else "")


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _seconds(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())

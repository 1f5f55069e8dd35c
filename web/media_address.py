"""Signed, short-lived addresses of a recording's bytes: `…/files/main.webm?pass=<until>.<signature>`.

A pass is bound to one recording, one person and one signed-in session, and nothing personal can be read from it. It is never a
right by itself: whoever asks must be that person in that session, and may still watch. Copied into another browser it is worth
nothing; run out, it brings no bytes but, to its owner, a fresh address: a player goes on without noticing. Pure.
"""

import hashlib
from typing import Final, Literal

from itsdangerous import Signer

STEP_S: Final = 300
"""Passes of the same five minutes are the same, so a browser's cache is of use. Each is good for five to ten minutes."""
MAX_CHARACTERS: Final = 80


class MediaPasses:
    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret, salt="media-address", key_derivation="hmac", digest_method=hashlib.sha256)

    def mint(self, recording: str, person: str, session: str, now_s: float) -> str:
        until = f"{(int(now_s) // STEP_S + 2) * STEP_S:x}"
        return f"{until}.{self._sign(until, recording, person, session)}"

    def check(self, given: str, recording: str, person: str, session: str, now_s: float) -> Literal["good", "expired", "wrong"]:
        until, dot, signature = given[:MAX_CHARACTERS].partition(".")
        if not dot or not self._signer.verify_signature(self._said(until, recording, person, session), signature):
            return "wrong"
        return "good" if now_s < int(until, 16) else "expired"

    def _sign(self, until: str, recording: str, person: str, session: str) -> str:
        return self._signer.get_signature(self._said(until, recording, person, session)).decode()

    @staticmethod
    def _said(until: str, recording: str, person: str, session: str) -> bytes:
        return "\0".join((until, recording, person, session)).encode("utf-8", "surrogatepass")

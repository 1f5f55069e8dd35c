"""The signed resume token of a `welcome`: the right to come back to one place, also after this process was restarted.

It carries what a verified ticket said, so a place that no fact tells of (a viewer's) can be taken again.
"""

import time
from typing import Final, cast, get_args

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from signaling.place import BROWSER, Entrant
from signaling.vocabulary import PeerId, Role

AUDIENCE: Final = "classroom-resume"
TTL_S: Final = 6 * 3_600
"""Longer than any lesson; whoever was removed is refused by the room, not by the clock."""


def mint_resume(secret: str, entrant: Entrant, lesson: str) -> str:
    claims = {
        "aud": AUDIENCE,
        "exp": int(time.time()) + TTL_S,
        "lesson": lesson,
        "peer": entrant.peer,
        "person": entrant.person,
        "name": entrant.name,
        "role": entrant.role,
        "record": entrant.record,
    }
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(secret), algorithms=["HS256"])


def verify_resume(secret: str, token: str, lesson: str) -> Entrant | None:
    """Whose place in `lesson` the token is for; None for anything forged, expired or meant for another lesson."""
    try:
        claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
        if claims["aud"] != AUDIENCE or claims["lesson"] != lesson or int(claims["exp"]) < time.time():
            return None
        role = str(claims["role"])
        if role not in get_args(Role) or not str(claims["peer"]).startswith(BROWSER):
            return None
        return Entrant(
            peer=PeerId(str(claims["peer"])),
            person=str(claims["person"]),
            name=str(claims["name"]),
            role=cast(Role, role),
            record=claims["record"] is True,
        )
    except (JoseError, ValueError, KeyError, TypeError):
        return None

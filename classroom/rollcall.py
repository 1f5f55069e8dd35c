"""Attendance in a hall: a code on the wall that changes every 20 seconds, or the instructor's list.

The code proves that somebody stood before it just now: a photograph sent to a friend is worthless when it arrives. Who scanned it
in time gets a *claim* in their own name, good for two minutes, so that a slow hand or a slow network loses nothing.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from classroom.courses import Course, Lesson
from classroom.errors import Refused
from classroom.events import Fact
from classroom.people import PersonId

PERIOD_S = 20
GRACE_S = 10
"""Opening the page after the scan takes a moment, and clocks of phones do not matter: only ours is asked."""
CLAIM_S = 120


def code(secret: str, lesson: str, now: datetime) -> str:
    """What the QR code carries at this moment."""
    period = int(now.timestamp()) // PERIOD_S
    return f"{period:x}-{_mark(secret, f'roll-call/{lesson}/{period}')}"


def changes_in_s(now: datetime) -> float:
    return PERIOD_S - now.timestamp() % PERIOD_S


def is_current(secret: str, lesson: str, typed: str, now: datetime) -> bool:
    """Of this lesson, and from this period or the last seconds of the one before."""
    moments = (now, now - timedelta(seconds=GRACE_S))
    return any(hmac.compare_digest(code(secret, lesson, moment).encode(), typed.encode()) for moment in moments)


def claim(secret: str, lesson: str, person: str, now: datetime) -> str:
    """Of somebody who showed a current code."""
    until = int(now.timestamp()) + CLAIM_S
    return f"{until:x}-{_mark(secret, f'claim/{lesson}/{person}/{until}')}"


def is_claimed(secret: str, lesson: str, person: str, typed: str, now: datetime) -> bool:
    until, _, _ = typed.partition("-")
    try:
        moment = int(until, 16)
    except ValueError:
        return False
    whole = f"{moment:x}-{_mark(secret, f'claim/{lesson}/{person}/{moment}')}"
    return hmac.compare_digest(whole.encode(), typed.encode()) and now.timestamp() <= moment


def may_mark(course: Course, lesson: Lesson, now: datetime) -> None:
    """Scanning counts while the doors are open. Raises Refused: "not-yet-open" (field `opens_at`), "lesson-over"."""
    opens_at = lesson.starts_at - course.attendance.opens_before
    if now < opens_at:
        raise Refused("not-yet-open", opens_at=opens_at)
    if now >= lesson.ends_at:
        raise Refused("lesson-over")


def marked(facts: Iterable[Fact]) -> set[PersonId]:
    """Who is ticked off, of facts of MARK_TYPES in the order they arrived."""
    found: set[PersonId] = set()
    for fact in facts:
        person = PersonId(fact.data["person"])
        if fact.type == "marked-present":
            found.add(person)
        else:
            found.discard(person)
    return found


def _mark(secret: str, words: str) -> str:
    return hmac.new(secret.encode(), words.encode(), hashlib.sha256).hexdigest()[:24]

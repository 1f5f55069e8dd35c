"""Attendance of classes that run now: asked for every few seconds, while the facts before the last look stay as they were."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from classroom.attendance import Presence
from classroom.people import LessonId
from classroom.store.facts import Facts, Folding

KEPT = 64
"""Lessons whose folding is kept."""
ANEW = timedelta(seconds=60)
"""After this all facts are read again: with several writers one may arrive late under a lower number."""


@dataclass
class _Kept:
    folding: Folding
    begun_at: datetime
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class LivePresence:
    """What was folded at the last look, per lesson. A cache only: the final sheet is always derived from all facts."""

    def __init__(self) -> None:
        self._kept: OrderedDict[LessonId, _Kept] = OrderedDict()

    async def of(self, facts: Facts, lesson: LessonId, now: datetime) -> Presence:
        """Read it before the next await: the next look changes it."""
        kept = self._kept.setdefault(lesson, _Kept(Folding(), now))
        self._kept.move_to_end(lesson)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        async with kept.turn:
            if not kept.begun_at <= now < kept.begun_at + ANEW:
                kept.folding, kept.begun_at = Folding(), now
            kept.folding = await facts.fold(lesson, kept.folding)
            return kept.folding.presence

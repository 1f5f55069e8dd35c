"""Counting what people watch."""

from dataclasses import dataclass
from datetime import datetime

from classroom.catalogue import Recording
from classroom.people import PersonId
from classroom.ports import UnitOfWork
from classroom.watching import Beacon, Watched, count, watch_on


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a beacon."""

    watched: Watched
    elsewhere: bool
    """Another player of the same person was playing at the same time: that time counts once."""
    became_full: bool
    """With this beacon all of it has been watched."""
    more_s: float = 0.0
    """Unique seconds it added."""


async def hear_beacon(uow: UnitOfWork, *, recording: Recording, person: PersonId, beacon: Beacon, now: datetime) -> Heard:
    """Add what a player of `person` played. Twice the same changes nothing. The caller has checked that they may watch it.

    What the instructor cut out counts neither for nor against.
    """
    duration_s = recording.duration_s or 0.0
    counted = count(await uow.watching.clock(person, now), beacon, now.timestamp(), duration_s)
    before = await uow.watching.get(recording.id, person)
    start = before or Watched(recording.id, person, recording.course, recording.lesson, duration_s)
    document = (await uow.recording_changes.edits(recording.id)).document
    cuts = [(float(each["from_s"]), float(each["to_s"])) for each in document.get("cuts", ())]
    place_s = beacon.at_s if beacon.stretches and counted.is_latest else start.place_s
    after = watch_on(start, counted.media, place_s, duration_s, cuts, now)
    await uow.watching.put_clock(person, counted.clock, now)
    if beacon.stretches:  # who only opened the page has watched nothing
        await uow.watching.put(after, recording.municipality, now)
    more_s = max(0.0, after.seconds - start.seconds)
    return Heard(after, counted.elsewhere, after.is_full and not start.is_full, more_s)

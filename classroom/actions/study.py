"""The list of what a course gives to watch, and what people have watched of all of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from classroom.actions.courses import must_lead
from classroom.courses import Course
from classroom.errors import Invalid, NotFound
from classroom.people import CourseId, PersonId, RecordingId, Viewer
from classroom.ports import UnitOfWork
from classroom.study import MOST, StudyItem, moved
from classroom.watching import Watched


async def add_item(uow: UnitOfWork, course: CourseId, recording: RecordingId, *, needed: bool, by: Viewer) -> None:
    """At the end of the list; one that is on it stays where it is. Raises NotFound, Invalid("items-many")."""
    found, items = await _list(uow, course, by)
    if any(each.recording == recording for each in items):
        return
    chosen = await uow.course_items.choice(found, by, recording)
    if chosen is None:
        raise NotFound
    if len(items) >= MOST:
        raise Invalid("items-many", field="recording", most=MOST)
    await uow.course_items.replace(found, [*items, replace(chosen, needed=needed)])


async def remove_item(uow: UnitOfWork, course: CourseId, recording: RecordingId, *, by: Viewer) -> None:
    """What people watched of it stays in their history. Twice is silent. Raises NotFound."""
    found, items = await _list(uow, course, by)
    await uow.course_items.replace(found, [each for each in items if each.recording != recording])


async def move_item(uow: UnitOfWork, course: CourseId, recording: RecordingId, places: int, *, by: Viewer) -> None:
    """Further down, or up when negative. Raises NotFound."""
    found, items = await _list(uow, course, by)
    await uow.course_items.replace(found, moved(items, recording, places))


async def set_item_needed(uow: UnitOfWork, course: CourseId, recording: RecordingId, needed: bool, *, by: Viewer) -> None:
    """Whether it counts for completion. Raises NotFound."""
    found, items = await _list(uow, course, by)
    changed = [replace(each, needed=needed) if each.recording == recording else each for each in items]
    await uow.course_items.replace(found, changed)


async def _list(uow: UnitOfWork, course: CourseId, by: Viewer) -> tuple[Course, list[StudyItem]]:
    """With the course locked: two who arrange it at once take turns."""
    found = await uow.courses.lock(course)
    if found is None:
        raise NotFound
    must_lead(by, found)
    return found, await uow.course_items.of_course(course)


@dataclass(frozen=True, slots=True)
class WatchSums:
    """What a course asks to be watched, and what people have watched of it."""

    lengths: Mapping[RecordingId, float] = field(default_factory=dict)
    watched: Mapping[PersonId, Mapping[RecordingId, Watched]] = field(default_factory=dict)

    def of(self, person: PersonId) -> tuple[float, float]:
        """(unique seconds watched, of how many). Cuts are not asked for; unopened, all of it is."""
        seen = self.watched.get(person, {})
        length_s = sum(seen[each].shown_s if each in seen else film_s for each, film_s in self.lengths.items())
        return sum(each.seconds for each in seen.values()), length_s


async def watch_sums(uow: UnitOfWork, course: CourseId, people: Sequence[PersonId] | None) -> WatchSums:
    """Of `people`, or of everybody: the replays of its lessons and the items that are needed. One that is both counts once."""
    films = await uow.completions.films(course)
    items = await uow.course_items.of_course(course)
    lengths = films | {each.recording: each.length_s for each in items if each.needed and each.is_shown}
    return WatchSums(lengths, await uow.course_items.watched(lengths, people))


async def completed_by_watching(uow: UnitOfWork, heard: Watched, more_s: float, is_full: bool) -> list[CourseId]:
    """Courses for which what this person just watched (`more_s` more of one recording) may have been the last thing missing."""
    due: list[CourseId] = []
    for course in await uow.course_items.courses_of(heard.recording, heard.person):
        found = await uow.courses.get(course)
        if found is None or not found.completion.certificate:
            continue
        wanted = found.completion.watch_share
        if wanted and more_s > 0:
            watched_s, length_s = (await watch_sums(uow, course, [heard.person])).of(heard.person)
            if watched_s >= wanted * length_s - 1e-6 and watched_s - more_s < wanted * length_s:
                due.append(course)
                continue
        if is_full and found.completion.makeup_weight:
            due.append(course)
    return due

"""What a course gives to watch at any time: items of the catalogue in their order, and how far somebody is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from classroom.people import RecordingId
from classroom.texts import Text
from classroom.watching import Watched

MOST = 200
"""Items of one course."""


@dataclass(frozen=True, slots=True)
class StudyItem:
    """A recording of the catalogue at its place in a course."""

    recording: RecordingId
    title: Text
    length_s: float
    needed: bool = True
    """Counts for completion; otherwise it is offered beside it."""
    is_shown: bool = True
    """Learners may watch it now. What was deleted, hidden or no longer shared keeps its place, and is not asked for."""

    @property
    def minutes(self) -> int:
        return max(1, round(self.length_s / 60))


@dataclass(frozen=True, slots=True)
class StudyStep:
    item: StudyItem
    watched: Watched | None = None

    @property
    def share(self) -> float:
        return self.watched.share if self.watched else 0.0

    @property
    def is_done(self) -> bool:
        return self.watched is not None and self.watched.is_full


@dataclass(frozen=True, slots=True)
class Study:
    """One learner in one course: only what can be watched, in order."""

    steps: tuple[StudyStep, ...] = ()

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def seconds(self) -> float:
        """Unique seconds watched, over all items."""
        return sum(step.watched.seconds for step in self.steps if step.watched)

    @property
    def share(self) -> float:
        """Of what is needed; of everything where nothing is."""
        wanted = [step for step in self.steps if step.item.needed] or list(self.steps)
        whole = sum(step.watched.shown_s if step.watched else step.item.length_s for step in wanted)
        return min(1.0, sum(step.watched.seconds for step in wanted if step.watched) / whole) if whole else 0.0

    @property
    def is_begun(self) -> bool:
        return self.seconds > 0

    @property
    def next(self) -> StudyStep | None:
        """Where to go on: the first that is needed and not watched, then the first of the others. None: all is watched."""
        left = [step for step in self.steps if not step.is_done]
        return next((step for step in left if step.item.needed), left[0] if left else None)

    def after(self, recording: RecordingId) -> StudyStep | None:
        """What comes after that one in the list."""
        places = [step.item.recording for step in self.steps]
        at = places.index(recording) + 1 if recording in places else len(places)
        return self.steps[at] if at < len(self.steps) else None


NOTHING_TO_WATCH = Study()


def study_of(items: Sequence[StudyItem], watched: Mapping[RecordingId, Watched]) -> Study:
    return Study(tuple(StudyStep(each, watched.get(each.recording)) for each in items if each.is_shown))


def is_over(last_ends_at: datetime | None, study: Study | None, now: datetime) -> bool:
    """Of a course: its last lesson is, and nothing is left to watch that is needed."""
    if last_ends_at is not None and last_ends_at > now:
        return False
    if study is not None:
        return all(step.is_done for step in study.steps if step.item.needed)
    return last_ends_at is not None


def moved(items: Sequence[StudyItem], recording: RecordingId, by: int) -> list[StudyItem]:
    """With one item `by` places further down (up when negative), as far as the list goes; the others keep their order."""
    order = list(items)
    at = next((place for place, each in enumerate(order) if each.recording == recording), None)
    if at is not None:
        item = order.pop(at)
        order.insert(min(max(0, at + by), len(order)), item)
    return order

"""What completing a course takes and what of it somebody has: every condition, met or missing, so that a page can explain it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from classroom.certificates import Progress
from classroom.rules import CompletionRule


class Need(StrEnum):
    ATTENDANCE = "attendance"
    WATCHING = "watching"
    QUIZ = "quiz"
    ASSIGNMENT = "assignment"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class Tasks:
    """What a course asks for beside coming to its lessons."""

    quizzes: tuple[str, ...] = ()
    """Ids of those needed."""
    assignments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one person has done of it."""

    quizzes: frozenset[str] = frozenset()
    """Passed."""
    assignments: frozenset[str] = frozenset()
    """Accepted."""
    survey: bool = False
    watched_s: float = 0.0
    """Unique seconds of the replays of the course's lessons."""
    length_s: float = 0.0
    """Of all of them, without what was cut out."""


@dataclass(frozen=True, slots=True)
class Condition:
    need: Need
    is_met: bool
    have: float
    wanted: float
    """Shares for attendance and watching, else numbers."""
    missing: tuple[str, ...] = ()
    """Ids of what is left to do."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of one person in one course."""

    progress: Progress
    conditions: tuple[Condition, ...] = field(default=())

    @property
    def met(self) -> int:
        return sum(each.is_met for each in self.conditions)

    @property
    def missing(self) -> tuple[Condition, ...]:
        return tuple(each for each in self.conditions if not each.is_met)

    @property
    def is_earned(self) -> bool:
        """A course that asks for nothing is completed by nobody."""
        return bool(self.conditions) and not self.missing


def standing(progress: Progress, rule: CompletionRule, tasks: Tasks, evidence: Evidence) -> Standing:
    """Every condition of the course in the order they are usually met."""
    conditions: list[Condition] = []
    if progress.lessons and (rule.minimum_share or not _asks_for_more(rule, tasks)):
        conditions.append(Condition(Need.ATTENDANCE, progress.is_earned, progress.share, rule.minimum_share))
    if rule.watch_share:
        share = evidence.watched_s / evidence.length_s if evidence.length_s else 0.0
        conditions.append(Condition(Need.WATCHING, share >= rule.watch_share - 1e-9, min(1.0, share), rule.watch_share))
    conditions += _each(Need.QUIZ, tasks.quizzes, evidence.quizzes)
    conditions += _each(Need.ASSIGNMENT, tasks.assignments, evidence.assignments)
    if rule.survey:
        conditions.append(Condition(Need.SURVEY, evidence.survey, float(evidence.survey), 1.0))
    return Standing(progress, tuple(conditions))


def _asks_for_more(rule: CompletionRule, tasks: Tasks) -> bool:
    return bool(rule.watch_share or tasks.quizzes or tasks.assignments)


def _each(need: Need, wanted: Sequence[str], done: Collection[str]) -> list[Condition]:
    if not wanted:
        return []
    missing = tuple(each for each in wanted if each not in done)
    return [Condition(need, not missing, len(wanted) - len(missing), len(wanted), missing)]

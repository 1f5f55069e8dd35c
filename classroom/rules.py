"""The rules of attendance and completion as data, set per course; presets are what the field uses."""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any, TypeVar

from classroom.errors import Invalid


@dataclass(frozen=True, slots=True)
class AttendanceRule:
    """When somebody counts as present in one lesson. Times in minutes."""

    opens_before_min: int = 15
    """Learners may enter this long before the start."""
    on_time_min: int = 10
    """Entering until this long after the start is on time."""
    leave_grace_min: int = 15
    """Leaving within this long before the end counts as the end."""
    minimum_share: float = 0.5
    """Less of the lesson than this is absent."""
    checks_per_hour: int = 0
    """So many times an hour, at random moments, the room asks "are you there?"; 0: only when the instructor presses."""

    @property
    def opens_before(self) -> timedelta:
        return timedelta(minutes=self.opens_before_min)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class CompletionRule:
    """When a course is completed."""

    minimum_share: float = 0.8
    """Of the lessons held."""
    strikes_per_absence: int = 0
    """That many late arrivals or early leaves make one absence; 0: none do."""
    certificate: bool = True
    """Completing earns a certificate."""
    automatic: bool = True
    """It is issued the moment it is earned; False: staff issue it to all at once, on the day they choose."""
    survey: bool = False
    """The satisfaction survey comes before the certificate."""
    watch_share: float = 0.0
    """Of the unique seconds of the course's recorded lessons and items; 0: watching is not asked for."""
    makeup_weight: float = 0.0
    """A missed lesson whose whole replay was watched counts this much of one attended; 0: it makes up for nothing."""
    makeup_days: int = 14
    """After the end of the lesson."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


ATTENDANCE_PRESETS = {
    "standard": AttendanceRule(),
    "scheduled-online": AttendanceRule(on_time_min=15, leave_grace_min=15),
    "vocational": AttendanceRule(on_time_min=10, leave_grace_min=10, checks_per_hour=1),
}
COMPLETION_PRESETS = {
    "standard": CompletionRule(),
    "vocational": CompletionRule(strikes_per_absence=3, survey=True),
    "self-paced": CompletionRule(minimum_share=0.0, watch_share=0.95),
    "open-lecture": CompletionRule(minimum_share=0.0, certificate=False),
}


def paced_by_oneself(rule: CompletionRule) -> CompletionRule:
    """The same for a course without classes: nobody can come, so what there is to watch is asked for."""
    watched = rule.watch_share or COMPLETION_PRESETS["self-paced"].watch_share
    return replace(rule, minimum_share=0.0, strikes_per_absence=0, watch_share=watched)


_RANGES: dict[str, tuple[float, float]] = {
    "opens_before_min": (0, 120),
    "on_time_min": (0, 120),
    "leave_grace_min": (0, 120),
    "minimum_share": (0, 1),
    "checks_per_hour": (0, 12),
    "strikes_per_absence": (0, 20),
    "watch_share": (0, 1),
    "makeup_weight": (0, 1),
    "makeup_days": (1, 365),
}
"""What a rule may say."""

Rule = TypeVar("Rule", AttendanceRule, CompletionRule)


def checked_rule(rule: Rule) -> Rule:
    """Raises Invalid("rule-range") with the field and its bounds."""
    for name, value in asdict(rule).items():
        if name in _RANGES:
            low, high = _RANGES[name]
            if not low <= value <= high:
                raise Invalid("rule-range", field=name, low=low, high=high)
    return rule


def attendance_preset(name: str) -> AttendanceRule:
    """Raises Invalid("rule-unknown")."""
    if name not in ATTENDANCE_PRESETS:
        raise Invalid("rule-unknown", field="attendance", known=sorted(ATTENDANCE_PRESETS))
    return ATTENDANCE_PRESETS[name]


def completion_preset(name: str) -> CompletionRule:
    """Raises Invalid("rule-unknown")."""
    if name not in COMPLETION_PRESETS:
        raise Invalid("rule-unknown", field="completion", known=sorted(COMPLETION_PRESETS))
    return COMPLETION_PRESETS[name]

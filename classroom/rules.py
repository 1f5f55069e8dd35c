"""The rules of attendance and completion as data, set per course; presets are what the field uses."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


ATTENDANCE_PRESETS = {
    "standard": AttendanceRule(),
    "scheduled-online": AttendanceRule(on_time_min=15, leave_grace_min=15),
    "vocational": AttendanceRule(on_time_min=10, leave_grace_min=10),
}
COMPLETION_PRESETS = {
    "standard": CompletionRule(),
    "vocational": CompletionRule(strikes_per_absence=3),
    "open-lecture": CompletionRule(minimum_share=0.0, certificate=False),
}


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

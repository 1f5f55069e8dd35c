"""A course of Suwon that people apply for, and the clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.web.world import World

GARDEN = "/suwon/courses/garden"
ADMIN = "/admin/courses/suwon/garden"


def seoul(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=9) + timedelta(**ahead)).strftime("%Y-%m-%dT%H:%M")


def later(world: World, **ahead: float) -> None:
    """The clock goes on; sessions of before are over."""
    world.ahead = timedelta(**ahead)
    world._sessions.clear()


def rule(**changes: str) -> dict[str, str]:
    fields = {
        "applies_from": seoul(days=-1),
        "applies_until": seoul(days=2),
        "mode": "first-come",
        "reach": "everybody",
        "capacity": "1",
        "waitlist": "5",
        "accept_hours": "12",
        "level": "beginner",
        "audience": "seniors",
    }
    return course_form(**(fields | changes))


def make(world: World, **changes: str) -> None:
    made = world.post("/admin/courses/new", "suwon", data=rule(**changes))
    assert made.status_code == 303, made.text


def apply(world: World, who: str, action: str = "apply") -> Any:
    return world.post(f"{GARDEN}/application", who, data={"action": action})


def course_form(**changes: str) -> dict[str, str]:
    return {
        "municipality": "suwon",
        "title_ko": "정원 가꾸기",
        "title_en": "",
        "slug": "garden",
        "summary_ko": "작은 정원을 함께 가꿉니다",
        "kind": "live",
        "category": "green",
        "capacity": "20",
        "instructor": "instructor@demo.example",
        "applies_from": "2026-01-01T09:00",
        "applies_until": "2030-01-01T18:00",
        "attendance": "standard",
        "completion": "standard",
        "state": "published",
    } | changes

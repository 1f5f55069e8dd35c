"""What spot checks ("are you there?") came to: who was asked and who answered. A fact for people to look at, never a verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from classroom.events import Fact
from classroom.people import PersonId


@dataclass(slots=True)
class SpotCheck:
    at: datetime
    asked: set[PersonId]
    answered: set[PersonId] = field(default_factory=set)


def spot_checks(facts: Iterable[Fact]) -> list[SpotCheck]:
    """In the order they were asked; who answered counts as asked."""
    found: dict[str, SpotCheck] = {}
    for fact in sorted(facts, key=lambda fact: fact.at):
        if fact.type == "check-opened":
            found.setdefault(fact.data["check"], SpotCheck(fact.at, set(map(PersonId, fact.data["asked"]))))
        elif fact.type == "check-answered" and fact.data["check"] in found:
            check, person = found[fact.data["check"]], PersonId(fact.data["person"])
            check.asked.add(person)
            check.answered.add(person)
    return list(found.values())


def answers(checks: Iterable[SpotCheck]) -> Mapping[PersonId, tuple[int, int]]:
    """Person → (answered, asked)."""
    counts: dict[PersonId, tuple[int, int]] = {}
    for check in checks:
        for person in check.asked:
            answered, asked = counts.get(person, (0, 0))
            counts[person] = answered + (person in check.answered), asked + 1
    return counts

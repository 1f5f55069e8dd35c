"""A fact as it is stored: what a browser put into it cannot make it unstorable."""

from classroom.events import Fact


def test_a_nul_within_an_id_of_a_browsers_making_is_left_out() -> None:
    told = {
        "id": "f1",
        "lesson": "lesson-1",
        "at": "2026-11-23T10:00:00+00:00",
        "type": "chat-posted",
        "line": "a\0b",
        "reply": {"to\0": ["c\0", 1, None, True]},
    }
    fact = Fact.from_json(told)
    assert fact.data == {"line": "ab", "reply": {"to": ["c", 1, None, True]}}
    assert Fact.from_json(fact.to_json()) == fact

"""The life of a recording."""

import pytest

from recording.job import ATTEMPTS, Event, State, step, wait_s


def test_the_usual_way() -> None:
    assert step(State.CAPTURING, Event.PREPARED) is State.READY
    assert step(State.READY, Event.FILMED) is State.COMPOSED


def test_saying_it_twice_changes_nothing() -> None:
    assert step(State.READY, Event.PREPARED) is State.READY
    assert step(State.COMPOSED, Event.FILMED) is State.COMPOSED
    assert step(State.FAILED, Event.REFUSED) is State.FAILED


def test_a_film_that_cannot_be_made_leaves_the_replay() -> None:
    assert step(State.READY, Event.REFUSED) is State.READY


@pytest.mark.parametrize(
    ("state", "event"),
    [(State.CAPTURING, Event.FILMED), (State.COMPOSED, Event.REFUSED), (State.FAILED, Event.PREPARED)],
)
def test_what_cannot_happen_is_a_mistake_of_ours(state: State, event: Event) -> None:
    with pytest.raises(AssertionError, match="cannot happen"):
        step(state, event)


def test_waits_grow_and_end() -> None:
    assert [wait_s(attempt) for attempt in range(1, ATTEMPTS)] == [2.0, 6.0, 18.0]

"""Old snapshot + events = new snapshot, whatever happens in the lesson."""

from hypothesis import given, settings

from signaling.views import RoomView
from tests.signaling.play import Browser, Play
from tests.signaling.scripts import STEPS, Script


@settings(max_examples=200, deadline=None)
@given(STEPS)
def test_a_browser_that_follows_sees_what_a_newcomer_sees(steps: list[tuple[int, int, int]]) -> None:
    play = Play()
    Script(play).run(steps)
    if play.room.state == "open":  # the end of a class is told by `closed`, not by events
        assert play.browser.state == play.room.snapshot().model_dump(mode="json")


@settings(max_examples=100, deadline=None)
@given(STEPS, STEPS)
def test_a_browser_that_came_in_the_middle_agrees_too(
    before: list[tuple[int, int, int]], after: list[tuple[int, int, int]]
) -> None:
    play = Play()
    script = Script(play)
    script.run(before)
    play.browser = Browser(play.room.snapshot())
    script.run(after)
    if play.room.state == "open":
        assert play.browser.state == play.room.snapshot().model_dump(mode="json")


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_the_quick_snapshot_is_the_snapshot(steps: list[tuple[int, int, int]]) -> None:
    play = Play()
    Script(play).run(steps)
    assert RoomView.model_validate_json(play.room.snapshot_json()) == play.room.snapshot()

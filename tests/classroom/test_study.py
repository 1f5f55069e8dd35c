"""What a course gives to watch: order, what comes next, how far one is."""

from classroom.people import PersonId, RecordingId
from classroom.study import Study, StudyItem, moved, study_of
from classroom.texts import Text
from classroom.watching import Watched
from tests.classroom.making import START


def item(name: str, length_s: float = 100.0, **more: bool) -> StudyItem:
    return StudyItem(RecordingId(name), Text(name, name), length_s, **more)


def seen(name: str, seconds: float, shown_s: float = 100.0) -> Watched:
    full_at = START if seconds >= 0.95 * shown_s else None
    return Watched(RecordingId(name), PersonId("p"), None, None, 100.0, (), seconds, shown_s, 0.0, full_at, START)


def names(items: list[StudyItem]) -> str:
    return "".join(each.recording for each in items)


def test_an_item_moves_as_far_as_the_list_goes() -> None:
    items = [item("a"), item("b"), item("c")]
    assert names(moved(items, RecordingId("c"), -1)) == "acb"
    assert names(moved(items, RecordingId("a"), -1)) == "abc"
    assert names(moved(items, RecordingId("a"), 9)) == "bca"
    assert names(moved(items, RecordingId("nowhere"), 1)) == "abc"


def test_what_is_needed_comes_before_what_is_only_offered() -> None:
    items = [item("a"), item("extra", needed=False), item("b"), item("gone", is_shown=False)]
    study = study_of(items, {RecordingId("a"): seen("a", 100.0)})
    assert [step.item.recording for step in study.steps] == ["a", "extra", "b"]
    assert study.next is not None
    assert study.next.item.recording == "b"
    assert (study.done, study.share) == (1, 0.5)
    after = study.after(RecordingId("a"))
    assert after is not None
    assert after.item.recording == "extra"
    assert study.after(RecordingId("b")) is None
    done = study_of(items, {each: seen(each, 100.0) for each in (RecordingId("a"), RecordingId("b"))})
    assert done.next is not None
    assert done.next.item.recording == "extra"
    assert done.share == 1.0


def test_what_was_cut_out_is_not_asked_for() -> None:
    study = study_of([item("a"), item("b")], {RecordingId("a"): seen("a", 50.0, 50.0)})
    assert study.share == 50 / 150


def test_nothing_to_watch_is_nothing_watched() -> None:
    assert (Study().share, Study().next, Study().is_begun) == (0.0, None, False)

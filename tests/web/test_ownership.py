"""Who serves a database that several are given: one owner, the others wait, and nobody owns beside somebody else."""

from web.ownership import GRACE_S, Away, Free, Held, Ownership, Say, State, StepDown, Taken, TakeOver

OTHER = Held("process 7 on other")


def sentences(effects: list[Say | TakeOver | StepDown]) -> list[str]:
    return [effect.sentence for effect in effects if isinstance(effect, Say)]


def owner() -> Ownership:
    ownership = Ownership()
    assert ownership.receive(Taken(), 0.0) == [TakeOver()]
    return ownership


def test_the_first_owns_at_once() -> None:
    ownership = Ownership()
    assert ownership.may_take(0.0)
    assert ownership.receive(Taken(), 0.0) == [TakeOver()]
    assert ownership.state is State.OWNER
    assert ownership.receive(Taken(), 1.0) == [], "still ours is no news"


def test_a_standby_says_once_whom_it_stands_by_and_takes_over_when_the_lock_is_free() -> None:
    ownership = Ownership()
    assert "process 7 on other" in sentences(ownership.receive(OTHER, 0.0))[0]
    assert ownership.receive(OTHER, 1.0) == []
    assert "process 8" in sentences(ownership.receive(Held("process 8 on third"), 2.0))[0], "another took over before us"
    assert ownership.may_take(3.0)
    assert ownership.receive(Taken(), 3.0) == [TakeOver()]


def test_a_standby_that_missed_the_database_leaves_the_lock_to_its_owner_for_a_while() -> None:
    ownership = Ownership()
    ownership.receive(OTHER, 0.0)
    assert len(sentences(ownership.receive(Away(), 1.0))) == 1
    assert ownership.receive(Away(), 2.0) == []
    assert not ownership.may_take(3.0), "only looks"
    assert ownership.receive(Free(), 10.0) == []
    assert not ownership.may_take(10.0 + GRACE_S - 0.1)
    assert ownership.receive(Free(), 12.0) == []
    assert ownership.may_take(10.0 + GRACE_S), "looking again does not begin it anew"
    ownership.receive(Away(), 11.0)
    assert not ownership.may_take(99.0)


def test_an_owner_that_cannot_ask_goes_on_and_takes_the_lock_again() -> None:
    ownership = owner()
    assert len(sentences(ownership.receive(Away(), 1.0))) == 1
    assert ownership.state is State.UNSURE
    assert ownership.may_take(1.0)
    assert ownership.pause_s < Ownership().pause_s, "it asks more often than any standby"
    assert ownership.receive(Away(), 1.3) == []
    effects = ownership.receive(Taken(), 1.5)
    assert len(sentences(effects)) == len(effects) == 1
    assert ownership.state is State.OWNER
    assert ownership.pause_s == Ownership().pause_s


def test_an_owner_whose_lock_somebody_else_has_steps_down_and_never_comes_back_by_itself() -> None:
    for heard in ([OTHER], [Away(), OTHER], [Away(), Away(), OTHER]):
        ownership = owner()
        effects = [effect for each in heard for effect in ownership.receive(each, 1.0)]
        assert effects[-1] == StepDown()
        assert ownership.state is State.DEPOSED
        for later in (Taken(), Away(), OTHER, Free()):
            assert ownership.receive(later, 2.0) == []


def test_an_owner_is_more_patient_than_a_standby() -> None:
    assert owner().patience_s > 2 * Ownership().patience_s, "a server that hangs for a moment takes the lock from nobody"

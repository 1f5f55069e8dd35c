"""The small machines: directory, gather, outbox, tickets and resume tokens, the bus of one process, failure places."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from signaling import events, facts, replies
from signaling.bus import MemoryBus
from signaling.clock import SteadyClock
from signaling.directory import Directory
from signaling.facts import AnyFact
from signaling.gather import Gather, frame, pause_s
from signaling.messages import SERVER_MESSAGE
from signaling.outbox import MAX_CHARACTERS, MAX_FRAMES, Outbox
from signaling.place import Entrant
from signaling.resume import mint_resume, verify_resume
from signaling.ticket import TicketRefused, mint, verify
from signaling.trace import where
from signaling.vocabulary import PeerId

SECRET = "s" * 40


# -- directory --------------------------------------------------------------------------------------------------------


def test_a_room_stays_where_it_is_and_a_new_one_goes_where_less_is_going_on() -> None:
    directory = Directory(["a", "b"])
    assert directory.place("1") is None, "nobody is up"
    directory.set_up("a", True)
    directory.set_up("b", True)
    assert directory.place("1") == "a"
    directory.weigh("1", 300)
    assert [directory.place(str(number)) for number in range(2, 6)] == ["b", "b", "b", "b"]
    assert directory.place("1") == "a"
    directory.set_up("a", False)
    assert directory.owner("1") == "a", "until somebody moves it"
    assert directory.place("1") == "b"
    directory.forget("1")
    assert directory.owner("1") is None


def spread_over(*workers: str, share: int = 2) -> Directory:
    directory = Directory(workers, share)
    for worker in workers:
        directory.set_up(worker, True, f"link-{worker}", "this machine")
    return directory


def test_viewers_over_the_share_spill_to_the_machines_least_loaded_worker_and_nobody_moves() -> None:
    directory = spread_over("a", "b", "c")
    assert directory.place("1") == "a"
    directory.report("b", 0.5, 0.0)
    carried: dict[str, int] = {}
    for expected in ("a", "a", "c", "c", "b", "b"):
        chosen = directory.place_viewer("1", carried)
        assert chosen == expected
        carried[expected] = carried.get(expected, 0) + 1
    directory.report("a", 0.4, 0.0)
    assert directory.place_viewer("1", carried) in ("a", "c"), "over everybody's share: where it hurts least"
    assert directory.owner("1") == "a"


def test_a_loaded_or_lagging_home_spills_before_its_share_is_reached() -> None:
    directory = spread_over("a", "b", share=400)
    directory.place("1")
    assert directory.place_viewer("1", {"a": 10}) == "a"
    directory.report("a", 0.9, 0.0)
    assert directory.place_viewer("1", {"a": 11}) == "b"
    directory.report("a", 0.2, 0.5)
    assert directory.place_viewer("1", {"a": 11, "b": 1}) == "b"
    directory.report("a", 0.2, 0.0)
    assert directory.place_viewer("1", {"a": 11, "b": 2}) == "a"


def test_a_worker_of_another_machine_never_takes_a_branch() -> None:
    directory = Directory(["a", "b"], 1)
    directory.set_up("a", True, "link-a", "here")
    directory.set_up("b", True, "link-b", "there")
    directory.place("1")
    assert directory.place_viewer("1", {"a": 5}) == "a"


def test_new_rooms_go_by_measured_load_and_by_what_was_placed_since() -> None:
    directory = spread_over("a", "b", share=400)
    directory.report("a", 0.3, 0.0)
    assert directory.place("1") == "b"
    directory.report("a", 0.0, 0.0)
    for _ in range(300):
        directory.place_viewer("1", {"b": 1})
    assert directory.load("b") > 0.15, "before the next report"
    assert directory.place("2") == "a"


def test_the_branch_with_most_viewers_takes_over() -> None:
    directory = spread_over("a", "b", "c")
    assert directory.successor({"b": 3, "c": 7}) == "c"
    directory.set_up("c", False)
    assert directory.successor({"b": 3, "c": 7}) == "b"
    assert directory.successor({}) is None


# -- gather and outbox ------------------------------------------------------------------------------------------------


def test_one_message_travels_as_it_is_and_several_as_a_batch() -> None:
    one, two = replies.Alive().model_dump_json(), events.Speaking(peers=[]).model_dump_json()
    assert frame([one]) == one
    batch = SERVER_MESSAGE.validate_json(frame([one, two]))
    assert [message.type for message in batch.messages] == ["alive", "speaking"]


def test_the_pause_is_unnoticeable_in_a_class_and_bounded_in_an_auditorium() -> None:
    assert pause_s(30) < 0.01
    assert pause_s(10_000) == 0.25
    gather = Gather()
    assert gather.due_at(1_000) == float("-inf"), "the first goes at once"
    gather.add("x")
    assert gather.take(10.0) == ["x"]
    assert gather.due_at(1_000) == 10.25
    assert len(gather) == 0


def test_an_outbox_is_bounded_in_frames_and_in_size() -> None:
    outbox = Outbox()
    assert all(outbox.push("x") for _ in range(MAX_FRAMES))
    assert not outbox.push("x")
    outbox.clear()
    assert outbox.push("y" * (MAX_CHARACTERS * 2)), "one big welcome always fits"
    assert not outbox.push("x")
    assert outbox.pop() is not None
    assert outbox.pop() is None
    assert outbox.push("x")


# -- tickets ----------------------------------------------------------------------------------------------------------


def make(**more: object) -> str:
    claims = {"person": "kim", "lesson": "l", "role": "learner", "name": "김", "ttl_s": 60.0} | more
    return mint(SECRET, **claims)  # type: ignore[arg-type]  # the tests pass wrong ones on purpose


def test_a_ticket_is_good_for_its_lesson_and_its_time() -> None:
    ticket = verify(SECRET, make(), lesson="l")
    assert (ticket.person, ticket.role, ticket.name, ticket.record) == ("kim", "learner", "김", True)
    with pytest.raises(TicketRefused, match="ticket-invalid"):
        verify(SECRET, make(), lesson="other")
    with pytest.raises(TicketRefused, match="ticket-expired"):
        verify(SECRET, make(ttl_s=-10.0), lesson="l")


@pytest.mark.parametrize(
    "forge",
    [
        lambda: "",
        lambda: "a.b.c",
        lambda: make()[:-2],
        lambda: make().replace(".", "..", 1),
        lambda: mint("t" * 40, person="kim", lesson="l", role="instructor", name="Kim"),
        lambda: make(role="owner"),
        lambda: make().rsplit(".", 1)[0] + ".",
        lambda: "eyJhbGciOiJub25lIn0." + make().split(".")[1] + ".",
        lambda: jwt.encode({"alg": "HS512"}, {"lesson": "l"}, OctKey.import_key(SECRET), algorithms=["HS512"]),
        lambda: jwt.encode({"alg": "HS256"}, {"lesson": "l", "role": "learner"}, OctKey.import_key(SECRET)),
        lambda: mint_resume(SECRET, Entrant(PeerId("p1"), "kim", "Kim", "learner", True), "l"),
    ],
    ids=[
        "empty",
        "noise",
        "cut",
        "dots",
        "other key",
        "unknown role",
        "unsigned",
        "alg none",
        "alg HS512",
        "bare",
        "resume token",
    ],
)
def test_a_forged_ticket_is_refused(forge: object) -> None:
    with pytest.raises(TicketRefused, match="ticket-invalid"):
        verify(SECRET, forge(), lesson="l")  # type: ignore[operator]  # every id is a function


def test_a_resume_token_is_good_for_one_place_in_one_lesson() -> None:
    kim = Entrant(PeerId("p1"), "kim", "김", "learner", False)
    token = mint_resume(SECRET, kim, "l")
    assert verify_resume(SECRET, token, "l") == kim
    assert verify_resume(SECRET, token, "other") is None
    assert verify_resume("t" * 40, token, "l") is None
    assert verify_resume(SECRET, token[:-3], "l") is None
    assert verify_resume(SECRET, make(), "l") is None, "a ticket is not a place"
    program = Entrant(PeerId("w1"), "kim", "김", "instructor", False)
    assert verify_resume(SECRET, mint_resume(SECRET, program, "l"), "l") is None, "a program has no WebSocket to come back with"


# -- the bus of one process -------------------------------------------------------------------------------------------


def fact(number: int) -> AnyFact:
    return facts.HandRaised(id=str(number), lesson="l", at=datetime.now(UTC), peer="p")


async def test_what_nobody_took_yet_waits_for_the_first_who_does() -> None:
    bus, got = MemoryBus(), []
    bus.publish(fact(1))

    async def take(batch: Sequence[AnyFact]) -> None:
        got.extend(taken.id for taken in batch)

    task = asyncio.create_task(bus.subscribe("log", take))
    await asyncio.sleep(0)  # it subscribes
    bus.publish(fact(2))
    await bus.stop()
    assert got == ["1", "2"]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_batch_that_failed_comes_again_in_order_and_groups_do_not_wait_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signaling.bus.RETRY_S", 0.01)
    bus, got, others, failures = MemoryBus(), [], [], [1, 2]

    async def take(batch: Sequence[AnyFact]) -> None:
        if failures:
            failures.pop()
            raise OSError
        got.extend(taken.id for taken in batch)

    async def take_other(batch: Sequence[AnyFact]) -> None:
        others.extend(taken.id for taken in batch)

    tasks = [asyncio.create_task(bus.subscribe("log", take)), asyncio.create_task(bus.subscribe("hooks", take_other))]
    await asyncio.sleep(0)  # both subscribe
    for number in range(1_200):
        bus.publish(fact(number))
    await bus.stop()
    assert got == others == [str(number) for number in range(1_200)]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_stop_without_consumers_does_not_wait() -> None:
    bus = MemoryBus()
    bus.publish(fact(1))
    await asyncio.wait_for(bus.stop(), 1)


# -- the rest ---------------------------------------------------------------------------------------------------------


def test_a_failure_is_named_by_places_without_anything_personal() -> None:
    def greet(name: str) -> None:
        raise ValueError(f"nobody is called {name}")

    with pytest.raises(ValueError, match="nobody") as caught:
        greet("김비밀")
    told = where(caught.value)
    assert told.startswith("ValueError < test_small.py:")
    assert "greet" in told
    assert "김비밀" not in told


def test_room_time_passes_whatever_the_wall_clock_does(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SteadyClock()
    before, wall = clock(), time.time
    monkeypatch.setattr(time, "time", lambda: wall() + 3_600)
    assert abs(clock() - before) < 1
    clock.set_by_wall()
    assert clock() - before > 3_599

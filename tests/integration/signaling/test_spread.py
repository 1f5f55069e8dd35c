"""A room on several workers, as signalling sees it: who is seated where, and what each worker's end costs whom."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from media import control
from signaling import events, facts, replies, requests
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client, publish
from tests.integration.signaling.worker import Worker
from tests.integration.signaling.world import World, world
from tests.waiting import until

pytestmark = pytest.mark.integration


@pytest.fixture
async def two() -> AsyncIterator[World]:
    """Two workers of one machine; one viewer is a worker's share of a room."""
    async with world(workers=2, share=1) as made:
        yield made


def open_views(worker: Worker) -> list[control.OpenPeer]:
    return [command for command in worker.told("open-peer") if command.direction == "view"]


async def view(client: Client, world: World) -> Worker:
    """Ask for the picture until connected; who carries it."""
    await client.say(requests.View())
    await client.expect(replies.ViewOffered)
    for worker in world.workers:
        for command in open_views(worker):
            held = worker.rooms.get(LESSON, {"view": {}})["view"]
            if command.owner == client.peer and command.peer in held and command.peer not in worker.connected:
                worker.connect_peer(command)
                return worker
    raise AssertionError("nobody was asked")


class Class:
    """A teacher who sends and is recorded at home, one learner seated at home, one on the branch."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.teacher: Client
        self.near: Client
        self.far: Client
        self.home: Worker
        self.branch: Worker

    async def begin(self) -> "Class":
        await until(lambda: self.world.rooms.counts().workers_up == 2, "both are linked")
        self.teacher = await self.world.join("lee", "instructor")
        self.near, self.far = await self.world.join("kim"), await self.world.join("park")
        self.home, self.branch = await view(self.near, self.world), await view(self.far, self.world)
        await publish(self.teacher, self.home, "camera")
        await self.teacher.say(requests.StartRecording())
        await self.teacher.expect(events.RecordingChanged)
        return self


async def test_viewers_over_the_share_go_to_a_sibling_that_follows_the_home(two: World) -> None:
    lesson = await Class(two).begin()
    assert lesson.home is not lesson.branch
    assert lesson.branch.follows == {LESSON: lesson.home.link}
    assert [c.direction for c in lesson.branch.told("open-peer")] == ["view"], "publishers are at home"
    assert len(lesson.home.told("start-capture")) == 1
    assert not lesson.branch.told("start-capture")
    await lesson.far.say(requests.ViewAnswer(sdp="answer"))
    await lesson.far.say(requests.PreferLayer(slot="camera-0", max_height=180))
    await until(lambda: lesson.branch.told("prefer-layer"), "what a viewer says reaches the worker that carries it")
    assert lesson.branch.told("answer-peer")
    assert not lesson.home.told("prefer-layer")
    await lesson.teacher.say(requests.EndClass())
    await until(lambda: lesson.home.told("close-room") and lesson.branch.told("close-room"), "the end closes both")


async def test_a_branch_that_dies_costs_its_own_viewers_a_new_seat(two: World) -> None:
    lesson = await Class(two).begin()
    await lesson.branch.kill()
    assert await lesson.far.error() == "media-lost"
    assert await view(lesson.far, two) is lesson.home, "at home, although it has its share: nobody else is left"
    assert not two.books.of(facts.PeerLeft)
    assert len(two.books.of(facts.RecordingStarted)) == 1
    assert len(lesson.home.told("start-capture")) == 1, "the recording never noticed"
    await lesson.branch.start()
    await until(lambda: two.rooms.counts().workers_up == 2, "it is back")
    assert await view(await two.join("choi"), two) is lesson.branch
    assert lesson.branch.follows == {LESSON: lesson.home.link}


async def test_a_home_that_dies_is_followed_by_the_branch_at_once_and_its_viewers_stay(two: World) -> None:
    lesson = await Class(two).begin()
    capture = lesson.home.told("start-capture")[0]
    await lesson.home.kill()
    assert await lesson.teacher.error() == "media-lost"
    assert await lesson.near.error() == "media-lost"
    again: Any = await until(lambda: lesson.branch.told("start-capture"), "the recording goes on at the branch")
    assert (again[0].capture, again[0].directory) == (capture.capture, capture.directory)
    assert lesson.branch.follows == {}, "it is the home now"
    await publish(lesson.teacher, lesson.branch, "camera")
    assert await view(lesson.near, two) is lesson.branch
    assert len([c for c in open_views(lesson.branch) if c.owner == lesson.far.peer]) == 1, "who was there was not asked to move"
    assert not [m for m in lesson.far.seen if isinstance(m, events.MediaChanged)]
    assert len(two.books.of(facts.RecordingStarted)) == 1
    assert not two.books.of(facts.PeerLeft)


async def test_a_restart_of_signalling_takes_a_spread_room_over_as_it_is(two: World) -> None:
    lesson = await Class(two).begin()
    await two.crash()
    for worker in two.workers:
        worker.commands.clear()
    await two.start()
    far = await Client(two).resume(lesson.far)
    near = await Client(two).resume(lesson.near)
    teacher = await Client(two).resume(lesson.teacher)
    assert (teacher.welcome.media, near.welcome.media, far.welcome.media) == (["publish"], ["view"], ["view"])
    assert far.welcome.room.media == "up"
    for worker in two.workers:
        assert not worker.told("close-room")
        assert not worker.told("close-peer")
        assert not worker.told("open-peer")
    await far.say(requests.PreferLayer(slot="camera-0", max_height=180))
    await until(lambda: lesson.branch.told("prefer-layer"), "and knows who carries whom")


async def test_a_home_that_died_while_signalling_was_away_is_replaced_by_its_branch(two: World) -> None:
    lesson = await Class(two).begin()
    await two.crash()
    await lesson.home.kill()
    await two.start()
    far = await Client(two).resume(lesson.far)
    await until(lambda: lesson.branch.follows == {}, "the branch is the home")
    await until(lambda: two.rooms._hall.hosts[LESSON].link is not None, "and signalling knows it")
    assert lesson.far.peer == far.peer
    assert [p for p in lesson.branch.rooms[LESSON]["view"] if p.startswith(far.peer)], "whoever it carries is kept"


# -- a worker that is told to end -------------------------------------------------------------------------------------


async def test_a_home_that_leaves_is_followed_by_everybody_before_it_goes(two: World) -> None:
    two.rooms._hall.directory._share = 40
    lesson = await Class(two).begin()
    old, (new,) = lesson.home, [worker for worker in two.workers if worker is not lesson.home]
    assert lesson.branch is old, "all in one"
    capture = old.told("start-capture")[0]
    published = next(c for c in old.told("open-peer") if c.direction == "publish")
    old.leave()
    for viewer in (lesson.near, lesson.far):
        assert await viewer.error() == "media-lost"
        assert await view(viewer, two) is new
    assert new.follows == {LESSON: old.link}, "it shows what the old one gets"
    assert await lesson.teacher.error() == "media-lost", "asked when all viewers had come"
    assert not new.told("start-capture")
    assert not old.told("stop-capture")
    await lesson.teacher.say(requests.Publish(sdp="offer", sources={"0": "camera"}))
    await lesson.teacher.expect(replies.Published)
    new.connect_peer(next(c for c in new.told("open-peer") if c.direction == "publish"))
    stopped: Any = await until(lambda: old.told("stop-capture"), "the recording stops at the old one")
    assert stopped[0].interrupted
    again: Any = await until(lambda: new.told("start-capture"), "and goes on at the new one")
    assert (again[0].capture, again[0].directory) == (capture.capture, capture.directory)
    assert new.follows == {}, "it is the home now"
    assert published.peer in [command.peer for command in old.told("close-peer")]
    await until(lambda: old.told("close-room") and old.told("depart"), "nothing is left there")
    for client in (lesson.near, lesson.far, lesson.teacher):
        assert not [m for m in client.seen if isinstance(m, events.MediaChanged)]
        assert not [m for m in client.seen if isinstance(m, events.SlotChanged) and m.peer is None]
    assert not two.books.of(facts.PeerLeft)
    assert len(two.books.of(facts.RecordingStarted)) == 1
    assert not two.books.of(facts.RecordingStopped)


async def test_a_branch_that_leaves_is_empty_when_its_viewers_have_come(two: World) -> None:
    lesson = await Class(two).begin()
    lesson.branch.leave()
    assert await lesson.far.error() == "media-lost"
    assert await view(lesson.far, two) is lesson.home
    await until(lambda: lesson.branch.told("depart"), "it may go")
    assert not lesson.home.told("close-room")
    assert await view(await two.join("choi"), two) is lesson.home, "nobody new goes there"


async def test_who_does_not_come_is_lost_with_the_old_worker_and_asked_again(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.move.PHASE_S", 0.6)
    two.rooms._hall.directory._share = 40
    lesson = await Class(two).begin()
    old, (new,) = lesson.home, [worker for worker in two.workers if worker is not lesson.home]
    old.leave()
    await until(lambda: old.told("depart"), "it does not wait for ever")
    assert await lesson.near.error() == "media-lost"
    assert await lesson.near.error() == "media-lost", "asked once more when its connection was gone"
    assert await view(lesson.near, two) is new
    await publish(lesson.teacher, new, "camera")
    assert await until(lambda: new.told("start-capture"), "the recording goes on all the same")


async def test_a_worker_of_another_machine_takes_over_without_a_link_between_both(two: World) -> None:
    for place, worker in enumerate(two.workers):
        worker.machine = f"machine-{place}"
    await two.crash()
    await two.start()
    lesson = await Class(two).begin()
    old, (new,) = lesson.home, [worker for worker in two.workers if worker is not lesson.home]
    old.leave()
    await until(lambda: old.told("stop-capture"), "the recording stops first")
    assert await until(lambda: new.told("start-capture"), "and goes on")
    assert not old.told("close-room"), "what stands lasts until everybody had time to connect"
    assert await view(lesson.near, two) is new
    assert not new.follows


async def test_the_only_worker_goes_when_nobody_comes_to_take_over(two: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signaling.hall.HEIR_S", 0.5)
    lesson = await Class(two).begin()
    await lesson.branch.kill()
    lesson.home.leave()
    await until(lambda: lesson.home.told("depart"), "nothing can be done")
    assert not lesson.home.told("close-room")

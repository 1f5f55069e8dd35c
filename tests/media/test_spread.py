"""What passes between workers, pure: the gate, the records, a follower's layers; and how a worker measures its load."""

import pytest

from media.clock import WorkerClock
from media.control import PeerId, RoomId
from media.errors import Malformed
from media.feed import Feed
from media.following import Following
from media.link import BATCH, RECORD, RTP, AskKeyframe, Decoded, Follow, Gate, Picture, Want, read_records
from media.load import LAG_BUCKETS_S, Load
from media.offers import answer_publisher
from media.publisher import Publisher
from media.sdp import parse as parse_sdp
from media.stats import Stats
from tests.media.lesson import Class, FakeAudience, FakePeer, Simulcast, assert_seamless, play
from tests.media.offers import SIMULCAST, TRANSPORT


def test_both_ends_prove_the_secret_and_neither_by_repeating_the_other() -> None:
    home, follower = Gate("secret", dials=False), Gate("secret", dials=True)
    answer = home.receive(follower.greeting())
    assert answer is not None
    proof = follower.receive(answer)
    assert follower.is_open
    assert proof is not None
    home.receive(proof)
    assert home.is_open
    for wrong in (answer[32:], bytes(32), b""):
        again = Gate("secret", dials=False)
        again.receive(follower.greeting())
        with pytest.raises(Malformed, match="link proof is wrong"):
            again.receive(wrong)
    with pytest.raises(Malformed, match="link proof is wrong"):
        Gate("other", dials=True).receive(answer)
    with pytest.raises(Malformed, match="wrong length"):
        Gate("secret", dials=False).receive(b"hello")


def test_records_come_out_as_they_went_in_and_broken_ones_are_refused() -> None:
    batch = bytes((BATCH,)) + RECORD.pack(3, RTP, 7, 9) + b"abc" + RECORD.pack(0, 1, 7, 9)
    assert list(read_records(batch)) == [(RTP, 7, 9, b"abc"), (1, 7, 9, b"")]
    for broken in (batch[:-2], bytes((BATCH,)) + RECORD.pack(4, RTP, 7, 9) + b"abc"):
        with pytest.raises(Malformed, match="link record"):
            list(read_records(broken))


class Wire:
    """The link between two rooms of one process: what it is given arrives when the test says so."""

    def __init__(self) -> None:
        self.messages: list[object] = []
        self.records: list[tuple[int, int, bytes]] = []

    def send(self, message: object) -> None:
        self.messages.append(message)

    def send_record(self, kind: int, channel: int, publisher: int, packet: bytes) -> None:
        self.records.append((kind, publisher, packet))

    def take(self) -> list[object]:
        taken, self.messages = self.messages, []
        return taken


class Pair:
    """A home and a follower of one room under virtual time."""

    def __init__(self) -> None:
        self.home, self.branch = Class(), Class()
        self.branch.room = type(self.home.room)(
            RoomId("r"), lambda: FakeAudience(self.branch.boxes), WorkerClock(1e9, 0.0), Stats()
        )
        self.down, self.up = Wire(), Wire()
        self.feed = Feed(self.down, 1)
        self.home.room.feeds.append(self.feed)
        self.following = Following(self.branch.room, "home", 1)
        self.following.link_up(self.up)
        assert isinstance(self.up.take()[0], Follow)

    def exchange(self) -> None:
        """Everything that waits, both ways."""
        now = self.branch.now = self.home.now
        self.feed.on_deadline(self.home.room, now)
        for message in self.down.take():
            assert isinstance(message, Picture)
            self.following.receive_picture(message, now)
        records, self.down.records = self.down.records, []
        for kind, publisher, packet in records:
            self.following.receive_record(kind, publisher, packet, now)
        self.branch.room.flush_due(now + 1.0)
        self.branch.room.on_deadline(now)
        self.following.tell_decoded()
        for message in self.up.take():
            if isinstance(message, Want):
                self.feed.want(self.home.room, message.publisher, message.ssrcs)
            elif isinstance(message, AskKeyframe):
                self.feed.ask_keyframe(self.home.room, message.publisher, message.mid)
            elif isinstance(message, Decoded):
                self.feed.decoded = frozenset(message.codecs)

    def play(self, publisher: object, source: Simulcast, frames: int) -> None:
        for _ in range(frames):
            play(self.home, publisher, source, 1)  # type: ignore[arg-type]
            self.exchange()


def test_a_follower_gets_the_layer_its_viewer_shows_and_only_that() -> None:
    pair, source = Pair(), Simulcast()
    publisher = pair.home.publish("teacher", SIMULCAST)
    pair.play(publisher, source, 30)
    assert pair.down.records == []
    assert pair.home.room.carried.keys() == pair.branch.room.carried.keys()
    viewer = pair.branch.view("resident")
    pair.play(publisher, source, 40)
    assert len(pair.branch.video("resident")) > 30
    subscription = viewer.subscriptions["camera-0"]
    assert subscription.lane is not None
    assert subscription.lane.layer.height == 720
    watched = [layer for layer in publisher.layers.values() if layer.feeds]
    assert [layer.height for layer in watched] == [720]

    pair.branch.room.auditorium.prefer(viewer, "camera-0", 180, pair.branch.now)
    pair.play(publisher, source, 120)  # 4 s: the large one is let go after a moment
    assert subscription.lane is not None
    assert subscription.lane.layer.height == 180
    assert [layer.height for layer in publisher.layers.values() if layer.feeds] == [180]

    numbers = [int.from_bytes(packet[2:4], "big") for packet in pair.branch.video("resident")]
    assert [n - numbers[0] & 0xFFFF for n in numbers] == list(range(len(numbers))), "one numbering across the switch"


def test_a_follower_forgets_a_publisher_that_left_and_a_home_that_is_gone() -> None:
    pair, source = Pair(), Simulcast()
    publisher = pair.home.publish("teacher", SIMULCAST)
    viewer = pair.branch.view("resident")
    pair.play(publisher, source, 40)
    assert viewer.subscriptions["camera-0"].lane is not None
    pair.home.room.remove_publisher(publisher, pair.home.now)
    pair.exchange()
    assert pair.branch.room.publishers == {}
    assert viewer.subscriptions["camera-0"].lane is None

    again = pair.home.publish("teacher", SIMULCAST)
    pair.play(again, Simulcast(), 60)
    assert viewer.subscriptions["camera-0"].lane is not None
    pair.following.link_down(pair.home.now)
    assert pair.branch.room.publishers == {}
    assert pair.branch.room.carried == {}
    assert PeerId("resident") not in pair.branch.room.publishers
    pair.feed.close()
    assert not [layer for layer in again.layers.values() if layer.feeds]


def test_a_home_knows_what_the_followers_viewers_decode() -> None:
    pair = Pair()
    pair.branch.view("resident")
    pair.exchange()
    assert pair.home.room.decoded == {"vp9", "av1"}
    lesser = pair.branch.view("lesser", without="VP9")
    pair.exchange()
    assert pair.home.room.decoded == {"av1"}
    pair.branch.room.auditorium.remove(lesser)
    pair.exchange()
    assert pair.home.room.decoded == {"vp9", "av1"}


def test_load_is_measured_over_windows_and_lateness_kept_by_size() -> None:
    load = Load(100.0)
    load.sample(1.0, 1_000, 102.0)
    load.sample(2.0, 5_000, 104.0)
    assert load.cpu_share == pytest.approx(0.5)
    assert load.packets_per_s == pytest.approx(2_000)
    for late_s in (-0.001, 0.001, 0.03, 5.0):
        load.tick(late_s)
    assert load.lag_counts[0] == 2
    assert load.lag_counts[LAG_BUCKETS_S.index(0.05)] == 1
    assert load.lag_counts[-1] == 1
    assert load.lag_max_s == 5.0
    load.sample(2.0, 5_000, 106.0)
    assert load.lag_max_s == 5.0, "the window that just ended still counts"
    assert load.lag_mean_s == pytest.approx((0.001 + 0.03 + 5.0) / 4)
    load.sample(2.0, 5_000, 108.0)
    assert load.lag_max_s == load.lag_mean_s == 0.0


def come_over(pair: Pair, source: Simulcast, frames: int, publisher: object) -> None:
    """The follower's own publisher sends, while the home goes on."""
    for _ in range(frames):
        play(pair.branch, publisher, source, 1)  # type: ignore[arg-type]
        pair.home.now = pair.branch.now
        pair.exchange()


def test_a_room_moves_to_its_follower_and_its_viewers_miss_nothing() -> None:
    pair, source = Pair(), Simulcast()
    old = pair.home.publish("teacher", SIMULCAST)
    viewer = pair.branch.view("resident")
    pair.play(old, source, 40)
    seen = len(pair.branch.video("resident"))

    agreement = answer_publisher(parse_sdp(SIMULCAST), TRANSPORT, {}, pair.branch.room.decoded)
    new = Publisher(FakePeer("teacher-again", "teacher"), agreement.incoming, lead=True, record=True)
    pair.branch.room.add_publisher(new)
    come_over(pair, again := Simulcast(), 2, new)
    assert pair.branch.room.carried["camera-0"].peer == new.peer.id, "from its first packet on"
    pair.home.room.remove_publisher(old, pair.home.now)  # the browser closes the old connection
    come_over(pair, again, 20, new)
    assert pair.branch.room.carried["camera-0"].peer == new.peer.id, "whatever the home says now"

    pair.following.close(pair.branch.now)  # FollowRoom(home=None)
    come_over(pair, again, 20, new)
    assert pair.branch.room.home is None
    assert pair.branch.room.publishers.keys() == {new.peer.id}
    assert pair.branch.room.state().publications[0].slot == "camera-0"
    assert pair.branch.room.carried["stage"].peer == new.peer.id
    packets = pair.branch.video("resident")
    assert len(packets) - seen > 60
    assert_seamless(packets[1:], longest_s=0.3)
    assert viewer.subscriptions["camera-0"].lane is not None


def test_a_third_worker_may_follow_a_follower_while_the_room_moves() -> None:
    pair, source = Pair(), Simulcast()
    publisher = pair.home.publish("teacher", SIMULCAST)
    wire = Wire()
    feed = Feed(wire, 5)
    pair.branch.room.feeds.append(feed)
    pair.play(publisher, source, 10)
    feed.on_deadline(pair.branch.room, pair.branch.now)
    (picture,) = (message for message in wire.take() if isinstance(message, Picture))
    told = picture.publications[0]
    feed.want(pair.branch.room, told.publisher, [layer.ssrc for layer in told.layers][-1:])
    pair.play(publisher, source, 20)
    assert len(wire.records) > 20, "it gets what the follower gets, although nobody watches there"

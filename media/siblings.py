"""Rooms spread over the workers of one machine: which links this worker needs, and what comes over them (pure).

As a home it keeps a `Feed` per room and sibling; as a follower a `Following` per room. The sockets are `link_sockets.py`'s:
it dials every address in `homes()`, and tells of links that come and go.
"""

from collections.abc import Callable
from typing import TypeVar

from pydantic import ValidationError

from media.control import RoomId
from media.errors import Malformed, Refused
from media.feed import Feed, Wire
from media.following import Following
from media.link import BATCH, TO_FOLLOWER, TO_HOME, AskKeyframe, Decoded, Follow, Unfollow, Want, read_records
from media.router import Room
from media.stats import Stats

T = TypeVar("T")
MAX_FOLLOWED_PER_LINK = 1_000


class Siblings:
    """Both sides of every link of one worker."""

    def __init__(self, rooms: dict[RoomId, Room], stats: Stats) -> None:
        self._rooms = rooms
        self._stats = stats
        self._feeds: dict[RoomId, list[Feed]] = {}
        self._channels: dict[Wire, dict[int, tuple[RoomId, Feed]]] = {}
        """Links that siblings dialled: channel → what it carries."""
        self._followings: dict[RoomId, Following] = {}
        self._by_channel: dict[int, Following] = {}
        self._wires: dict[str, Wire] = {}
        """Links we dialled, by the home's address."""
        self._next_channel = 0

    # -- as a follower ------------------------------------------------------------------------------------------------

    def homes(self) -> set[str]:
        """Addresses a link is needed to."""
        return {following.home for following in self._followings.values()}

    def follow(self, room: Room, home: str | None, now: float) -> None:
        """Take this room's publishers from `home`; None: they are here. The same again changes nothing. Raises Refused."""
        following = self._followings.get(room.id)
        if following is not None and following.home == home:
            return
        if home is not None and any(not publisher.is_remote for publisher in room.publishers.values()):
            raise Refused("bad-command", "This worker has publishers of the room itself.")
        if following is not None:
            self.unfollow(room.id, now)
        if home is None:
            return
        self._next_channel = self._next_channel + 1 & 0xFFFF
        following = Following(room, home, self._next_channel)
        self._followings[room.id] = self._by_channel[following.channel] = following
        if home in self._wires:
            following.link_up(self._wires[home])

    def unfollow(self, room: RoomId, now: float) -> None:
        """The room is empty here."""
        following = self._followings.pop(room, None)
        if following is not None:
            del self._by_channel[following.channel]
            following.close(now)

    def home_up(self, home: str, wire: Wire) -> None:
        """The link we dialled stands."""
        self._wires[home] = wire
        for following in self._followings.values():
            if following.home == home:
                following.link_up(wire)

    def home_down(self, home: str, now: float) -> None:
        """The link we dialled is gone."""
        self._wires.pop(home, None)
        for following in self._followings.values():
            if following.home == home:
                following.link_down(now)

    def receive_from_home(self, packet: bytes, now: float) -> None:
        """A picture, or media. Raises Malformed."""
        if packet[0] != BATCH:
            picture = _parse(TO_FOLLOWER.validate_json, packet)
            following = self._by_channel.get(picture.channel)
            if following is not None:
                following.receive_picture(picture, now)
            return
        for kind, channel, publisher, record in read_records(packet):
            following = self._by_channel.get(channel)
            if following is not None:
                self._stats.link_packets_received += 1
                try:
                    following.receive_record(kind, publisher, record, now)
                except Malformed:
                    self._stats.dropped["malformed"] += 1

    # -- as a home ----------------------------------------------------------------------------------------------------

    def feeds_of(self, room: RoomId) -> list[Feed]:
        """What siblings take of this room: the list a room shares with us from its beginning."""
        return self._feeds.setdefault(room, [])

    def forget_room(self, room: RoomId) -> None:
        """The room is over or empty here; siblings that follow it wait for the next of its name."""
        feeds = self._feeds.get(room)
        if feeds is not None and not feeds:
            del self._feeds[room]
        for feed in feeds or ():
            feed.is_stale = True

    @property
    def follower_count(self) -> int:
        """Rooms × siblings that take them."""
        return sum(map(len, self._channels.values()))

    def follower_up(self, wire: Wire) -> None:
        """A sibling dialled us and proved itself."""
        self._channels[wire] = {}

    def follower_down(self, wire: Wire) -> None:
        for room, feed in self._channels.pop(wire, {}).values():
            self._drop(room, feed)

    def receive_from_follower(self, wire: Wire, packet: bytes) -> None:
        """What a sibling wants. Raises Malformed."""
        message = _parse(TO_HOME.validate_json, packet)
        channels = self._channels[wire]
        if isinstance(message, Follow):
            if len(channels) >= MAX_FOLLOWED_PER_LINK or message.channel in channels:
                raise Malformed("link follows a channel twice, or too many")
            feed = Feed(wire, message.channel)
            channels[message.channel] = (message.room, feed)
            self.feeds_of(message.room).append(feed)
            return
        if message.channel not in channels:
            return  # it has just unfollowed
        room_id, feed = channels[message.channel]
        room = self._rooms.get(room_id)
        match message:
            case Unfollow():
                del channels[message.channel]
                self._drop(room_id, feed)
            case Want(publisher=publisher, ssrcs=ssrcs):
                feed.want(room, publisher, ssrcs)
            case AskKeyframe(publisher=publisher, mid=mid):
                feed.ask_keyframe(room, publisher, mid)
            case Decoded(codecs=codecs):
                feed.decoded = frozenset(codecs)

    # -- time ---------------------------------------------------------------------------------------------------------

    def on_deadline(self, now: float) -> None:
        """Send the pictures that are due, and what homes must know; call every 20–50 ms."""
        for following in self._followings.values():
            following.tell_decoded()
        for room, feeds in self._feeds.items():
            for feed in feeds:
                feed.on_deadline(self._rooms.get(room), now)

    def _drop(self, room: RoomId, feed: Feed) -> None:
        feed.close()
        feeds = self._feeds.get(room)
        if feeds is None:
            return
        if feed in feeds:
            feeds.remove(feed)
        if not feeds and room not in self._rooms:
            del self._feeds[room]


def _parse(read: Callable[[bytes], T], packet: bytes) -> T:
    try:
        return read(packet)
    except ValidationError as wrong:
        raise Malformed(f"link message is unknown ({wrong.error_count()} errors)") from None

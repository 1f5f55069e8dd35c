"""The hot loop: one prepared burst, encrypted per viewer into preallocated memory, handed to the kernel 64 viewers at a time.

Laid out so that per viewer and packet only libsrtp runs: message headers are filled when a viewer enters, lengths and control
data once per burst, pointers once per burst. With segmentation a viewer's whole burst is one message.
All bursts of one call have one shape: two segment sizes sharing control data is how packets get lost [sfu-facts §5].
Two bursts that leave together (a picture and the sounds that waited for it) go to 64 viewers before the next 64: what a viewer's
cipher and socket need is in the cache then, and fetching it is half of what a message costs.
"""

import socket
from collections import deque
from itertools import repeat
from typing import Any, Protocol

import structlog
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp

from media.address import STREAMS, Address, is_stream, unpack_sockaddr
from media.bursts import BURST_PACKETS
from media.kernel import CONTROL, NAME_BYTES, NO_SEGMENTATION, ffi, libc, supports_segmentation
from media.srtp import Sender
from media.stats import Stats

log = structlog.get_logger("media")

VIEWERS = 64
"""Viewers per call: 64 × 6 KB of a usual frame stay in the second-level cache."""
SLOT_BYTES = BURST_PACKETS * 1536 + 64
GIVE_UP_SEGMENTATION = 50
"""So many refusals in a row without a success, single packets not counted: this route cannot do it."""

_memmove = srtp_ffi.memmove
_protect = srtp.srtp_protect
_protect_rtcp = srtp.srtp_protect_rtcp
SRTCP_INDEX_BYTES = 4


class Port:
    """One UDP socket as the outbox knows it."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.fd = sock.fileno()
        self.segments = supports_segmentation(sock)
        self.refusals = 0
        if not self.segments:
            log.warning("= no segmentation: every packet is a message of its own", why="this kernel has none")

    def give_up(self) -> None:
        """A route does not take segmented messages: none are made any more."""
        if self.segments:
            self.segments = False
            log.warning("= no segmentation: every packet is a message of its own", why="a route refuses it")


class Member:
    """One viewer's entry in every audience it is in: its SRTP context and where its packets go.

    The kernel reads `name` in place, so a viewer that moves is only overwritten here.
    """

    __slots__ = ("_view", "handle", "key", "name", "name_bytes", "port", "sender")

    def __init__(self, sender: Sender, address: Address) -> None:
        self.sender = sender  # keeps the SRTP session alive while its handle is used
        self.handle = sender.handle
        self.name = ffi.new("char[]", NAME_BYTES)
        self._view = ffi.buffer(self.name)
        self.port = address[0]
        self.name_bytes = len(address[1])
        self._view[0 : self.name_bytes] = address[1]
        self.key = (self.port, sender.overhead_bytes, self.name_bytes)

    def move(self, raw: bytes) -> None:
        """Send to another address of the same family through the same socket from now on."""
        assert len(raw) == self.name_bytes, "a change of socket or family needs a new member"
        self._view[0 : self.name_bytes] = raw


class Stream(Protocol):
    """A TCP connection as the outbox knows it (`tcp.py`)."""

    is_open: bool

    def send(self, packets: list[bytes]) -> None: ...


class StreamMember:
    """The entry of a viewer whose media goes over TCP."""

    __slots__ = ("key", "name_bytes", "port", "sender", "stream")

    def __init__(self, sender: Sender, port: int, stream: Stream | None) -> None:
        self.sender = sender
        self.port = port
        self.stream = stream
        self.name_bytes = 0
        self.key = (STREAMS, 0, 0)


class Arena:
    """The memory all audiences encrypt one burst into, one after another."""

    def __init__(self) -> None:
        self.data = srtp_ffi.new("unsigned char[]", VIEWERS * SLOT_BYTES)
        base = int(srtp_ffi.cast("uintptr_t", self.data))
        self.slots = [self.data + place * SLOT_BYTES for place in range(VIEWERS)]
        self.vectors = ffi.new("struct iovec[]", VIEWERS)
        self.control = ffi.new("char[]", CONTROL.size)
        self._control_view = ffi.buffer(self.control)
        for place in range(VIEWERS):
            self.vectors[place].iov_base = ffi.cast("void *", base + place * SLOT_BYTES)
        # libsrtp reads and writes each packet's length through a pointer: one per viewer and packet, reset by one copy.
        self.lengths = srtp_ffi.new("int[]", VIEWERS * BURST_PACKETS)
        self.lengths_template = srtp_ffi.new("int[]", VIEWERS * BURST_PACKETS)
        self.length_pointers = [
            [self.lengths + place * BURST_PACKETS + k for k in range(BURST_PACKETS)] for place in range(VIEWERS)
        ]
        self._vector_total = 0
        self._vector_count = 0
        self._targets_key: tuple[int, int] | None = None
        self._targets: tuple[list[Any], list[Any]] = ([], [])
        self._sizes_key: tuple[int, int, int] | None = None

    def shape(self, viewers: int, packets: int, size: int, last: int, overhead: int) -> tuple[list[Any], list[Any]]:
        """Prepare for bursts of `packets` packets of `size` bytes, the last of `last`.

        Returns where each packet of each place lies, and a pointer to its length: place after place, packet after packet.
        """
        stride = size + overhead
        total = stride * (packets - 1) + last + overhead
        if total != self._vector_total or viewers > self._vector_count:
            for place in range(viewers):
                self.vectors[place].iov_len = total
            self._vector_total, self._vector_count = total, viewers
            self._control_view[0 : CONTROL.size] = CONTROL.pack(18, 17, 103, stride if packets > 1 else total)
        elif packets > 1:
            self._control_view[16:18] = stride.to_bytes(2, "little")
        else:
            self._control_view[16:18] = total.to_bytes(2, "little")
        if self._sizes_key is None or self._sizes_key[:2] != (packets, size) or self._sizes_key[2] != last:
            row = [size] * (packets - 1) + [last] + [0] * (BURST_PACKETS - packets)
            self.lengths_template[0 : VIEWERS * BURST_PACKETS] = row * VIEWERS
            self._sizes_key = (packets, size, last)
        if (packets, stride) != self._targets_key:
            offsets = range(0, stride * packets, stride)
            self._targets = (
                [slot + offset for slot in self.slots for offset in offsets],
                [pointer for row in self.length_pointers for pointer in row[:packets]],
            )
            self._targets_key = (packets, stride)
        return self._targets


class Burst:
    """One run of packets on its way to the members of a batch, 64 at a time."""

    __slots__ = ("_arena", "_count", "_image", "_messages", "_outbox", "_parts", "_places", "_port", "_protect", "_sizes")

    def __init__(self, batch: "Batch", place: int, packets: list[bytes], protect: Any, overhead: int) -> None:
        self._outbox = outbox = batch.outbox
        self._arena = arena = outbox.arenas[place]
        self._port = outbox.ports[batch.port]
        self._messages = batch.messages(place)
        self._count = count = len(packets)
        self._parts = batch.parts(count)
        self._protect = protect
        # Packets lie as far apart as the cipher makes them longer.
        self._image = bytes(overhead).join(packets) if count > 1 else packets[0]
        members = len(batch.members)
        self._places, self._sizes = arena.shape(min(members, VIEWERS), count, len(packets[0]), len(packets[-1]), overhead)
        outbox.stats.packets_sent += count * members
        outbox.stats.bytes_sent += (len(self._image) + overhead) * members

    def send(self, number: int) -> None:
        """Encrypt for the members of part `number`, and hand it to the kernel."""
        arena, count, image = self._arena, self._count, self._image
        part = self._parts[number]
        viewers = len(part) // count
        _memmove(arena.lengths, arena.lengths_template, 4 * BURST_PACKETS * viewers)
        # `map` calls from C: bytecode per packet would cost as much as a tenth of the cipher.
        deque(map(_memmove, arena.slots[:viewers], repeat(image), repeat(len(image))), maxlen=0)
        if any(map(self._protect, part, self._places, self._sizes)):
            self._outbox.stats.encrypt_failures += self._encrypt_singly(part)
        self._outbox.hand_over(self._port, self._messages, number * VIEWERS, viewers, count)

    def _encrypt_singly(self, part: list[Any]) -> int:
        """Again from the plaintext (the same bytes under the same numbers: no nonce meets another plaintext), member by member;
        how many could not be served.
        """
        arena, count, image, failures = self._arena, self._count, self._image, 0
        _memmove(arena.lengths, arena.lengths_template, 4 * BURST_PACKETS * (len(part) // count))
        for place, slot in enumerate(arena.slots[: len(part) // count]):
            _memmove(slot, image, len(image))
            for at in range(place * count, (place + 1) * count):
                if self._protect(part[at], self._places[at], self._sizes[at]):
                    # Never let plaintext out: the whole message becomes zeros, which nobody takes for RTP.
                    _memmove(slot, bytes(SLOT_BYTES), SLOT_BYTES)
                    failures += 1
                    break
        return failures


class Batch:
    """The members of an audience that share a socket and a packet overhead: arrays the kernel reads in place."""

    def __init__(self, outbox: "Outbox", key: tuple[int, int, int]) -> None:
        self.outbox = outbox
        self.port, self._overhead, self._name_bytes = key
        self.members: dict[Member, int] = {}
        """Each with its place in the arrays."""
        self._order: list[Member] = []
        self._parts_by_count: dict[int, list[list[Any]]] = {}
        """Made for a burst's size when one comes; forgotten when somebody enters or leaves."""
        self._capacity = 4
        self._segments = outbox.ports[self.port].segments
        """What the messages were made for."""
        self._messages: list[Any] = [None] * len(outbox.arenas)
        """Per arena; made when it is used first."""

    def add(self, member: Member) -> None:
        place = len(self._order)
        if place == self._capacity:
            self._capacity *= 2
            self._messages = [None] * len(self._messages)
        self._order.append(member)
        self.members[member] = place
        self._changed(place)

    def remove(self, member: Member) -> None:
        place = self.members.pop(member)
        last = self._order.pop()
        if last is not member:
            self._order[place] = last
            self.members[last] = place
        self._changed(place)

    def send(self, runs: list[list[bytes]]) -> None:
        """Encrypt and send bursts that leave together to every member."""
        if not self.outbox.ports[self.port].segments:
            runs = [[packet] for run in runs for packet in run]
        self._send(runs, _protect, self._overhead)

    def send_report(self, compound: bytes) -> None:
        """Encrypt and send one RTCP compound to every member."""
        self._send([[compound]], _protect_rtcp, self._overhead + SRTCP_INDEX_BYTES)

    def _send(self, runs: list[list[bytes]], protect: Any, overhead: int) -> None:
        together = len(self.outbox.arenas)
        for at in range(0, len(runs), together):
            bursts = [Burst(self, place, run, protect, overhead) for place, run in enumerate(runs[at : at + together])]
            for number in range(-(-len(self._order) // VIEWERS)):
                for burst in bursts:
                    burst.send(number)

    def parts(self, count: int) -> list[list[Any]]:
        """Per VIEWERS members one list of their handles, each as often as a burst has packets."""
        parts = self._parts_by_count.get(count)
        if parts is None:
            order = self._order
            parts = self._parts_by_count[count] = [
                [member.handle for member in order[start : start + VIEWERS] for _ in range(count)]
                for start in range(0, len(order), VIEWERS)
            ]
        return parts

    def messages(self, place: int) -> Any:
        """What the kernel reads when the arena of that place was written."""
        segments = self.outbox.ports[self.port].segments
        if segments is not self._segments:
            self._segments = segments
            self._messages = [None] * len(self._messages)
        messages = self._messages[place]
        if messages is None:
            messages = self._messages[place] = ffi.new("struct mmsghdr[]", self._capacity)
            arena = self.outbox.arenas[place]
            for number in range(self._capacity):
                header = messages[number].msg_hdr
                header.msg_namelen = self._name_bytes
                header.msg_iov = ffi.addressof(arena.vectors, number % VIEWERS)
                header.msg_iovlen = 1
                if segments:
                    header.msg_control = arena.control
                    header.msg_controllen = CONTROL.size
                if number < len(self._order):
                    header.msg_name = self._order[number].name
        return messages

    def _changed(self, place: int) -> None:
        """Somebody else, or nobody, is at `place` now."""
        self._parts_by_count.clear()
        if place < len(self._order):
            for messages in self._messages:
                if messages is not None:
                    messages[place].msg_hdr.msg_name = self._order[place].name


class Streams:
    """The members of an audience who are reached over TCP: one after another, each through its own bounded queue."""

    def __init__(self, outbox: "Outbox") -> None:
        self._outbox = outbox
        self.members: dict[StreamMember, None] = {}

    def add(self, member: StreamMember) -> None:
        self.members[member] = None

    def remove(self, member: StreamMember) -> None:
        del self.members[member]

    def send(self, runs: list[list[bytes]]) -> None:
        """Encrypt and send bursts that leave together to every member."""
        stats = self._outbox.stats
        packets = [packet for run in runs for packet in run]
        for member in self.members:
            stream = member.stream
            if stream is not None and stream.is_open:
                protected = [each for each in map(member.sender.protect, packets) if each is not None]
                stream.send(protected)
                stats.packets_sent += len(protected)
                stats.bytes_sent += sum(map(len, protected))
                stats.encrypt_failures += len(packets) - len(protected)

    def send_report(self, compound: bytes) -> None:
        """Encrypt and send one RTCP compound to every member."""
        for member in self.members:
            protected = member.sender.protect_rtcp(compound)
            if member.stream is not None and protected is not None:
                member.stream.send([protected])


class Crowd:
    """An Audience: members by socket and packet overhead."""

    def __init__(self, outbox: "Outbox") -> None:
        self._outbox = outbox
        self._batches: dict[tuple[int, int, int], Batch | Streams] = {}

    def __len__(self) -> int:
        return sum(len(batch.members) for batch in self._batches.values())

    def add(self, member: object) -> None:
        assert isinstance(member, Member | StreamMember)
        batch = self._batches.get(member.key)
        if batch is None:
            is_stream = isinstance(member, StreamMember)
            batch = self._batches[member.key] = Streams(self._outbox) if is_stream else Batch(self._outbox, member.key)
        batch.add(member)  # type: ignore[arg-type]  # the key tells the kind

    def serves_same(self, other: object) -> bool:
        """Whether exactly the same members are in both."""
        if not isinstance(other, Crowd) or self._batches.keys() != other._batches.keys():
            return False
        return all(batch.members.keys() == other._batches[key].members.keys() for key, batch in self._batches.items())

    def remove(self, member: object) -> None:
        assert isinstance(member, Member | StreamMember)
        batch = self._batches[member.key]
        batch.remove(member)  # type: ignore[arg-type]  # the key tells the kind
        if not batch.members:
            del self._batches[member.key]

    def send(self, runs: list[list[bytes]]) -> None:
        for batch in self._batches.values():
            batch.send(runs)

    def send_report(self, compound: bytes) -> None:
        for batch in self._batches.values():
            batch.send_report(compound)


class Outbox:
    """All sockets' way out."""

    def __init__(self, ports: list[Port], stats: Stats) -> None:
        self.ports = ports
        self.streams: dict[Address, Stream] = {}
        """TCP connections that are open."""
        self.stats = stats
        self.arenas = (Arena(), Arena())

    def audience(self) -> Crowd:
        return Crowd(self)

    def member(self, sender: Sender, address: Address) -> Member | StreamMember:
        """A viewer's entry in audiences, for as long as its media goes to `address`."""
        return StreamMember(sender, address[0], self.streams.get(address)) if is_stream(address) else Member(sender, address)

    def send(self, address: Address, datagram: bytes) -> None:
        """One datagram that goes to one peer: STUN, DTLS, RTCP, a resent packet. Loss is the network's business."""
        if is_stream(address):
            stream = self.streams.get(address)
            if stream is not None:
                stream.send([datagram])
            return
        try:
            send_to(self.ports[address[0]], address[1], datagram)
        except OSError:
            self.stats.send_errors += 1

    def hand_over(self, port: Port, messages: Any, start: int, count: int, segments: int) -> None:
        """Give `count` messages to the kernel; what it refuses is skipped and counted, never waited for."""
        done = 0
        while done < count:
            sent = libc.sendmmsg(port.fd, messages + start + done, count - done, 0)
            if sent > 0:
                done += sent
                if segments > 1:
                    port.refusals = 0
                continue
            error = ffi.errno
            if error in NO_SEGMENTATION and messages[start + done].msg_hdr.msg_controllen:
                port.refusals += segments > 1
                if port.refusals >= GIVE_UP_SEGMENTATION:
                    port.give_up()
                self._send_singly(port, messages[start + done].msg_hdr)
                done += 1
            elif error in (11, 105):  # EAGAIN, ENOBUFS: the socket's buffer is full; the rest would only queue up behind
                self.stats.send_drops += count - done
                return
            else:
                self.stats.send_errors += 1
                done += 1

    def _send_singly(self, port: Port, header: Any) -> None:
        """One message cut by hand, for a route whose device or MTU refuses segmentation."""
        name = bytes(ffi.buffer(header.msg_name, header.msg_namelen))
        data = ffi.buffer(header.msg_iov.iov_base, header.msg_iov.iov_len)
        stride = int.from_bytes(ffi.buffer(header.msg_control, CONTROL.size)[16:18], "little")
        for at in range(0, len(data), stride):
            try:
                send_to(port, name, data[at : at + stride])
            except OSError:
                self.stats.send_errors += 1


def send_to(port: Port, name: bytes, datagram: bytes) -> None:
    """sendto with a raw sockaddr."""
    port.sock.sendto(datagram, unpack_sockaddr(name))

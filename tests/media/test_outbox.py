"""The hot loop: what each member gets, and that a member libsrtp refuses costs nobody else anything and lets no plaintext out."""

import itertools
import os
import socket
import struct
import weakref
from typing import Any

import pytest
import structlog
from structlog.typing import EventDict

from media import outbox as outbox_module
from media.address import pack_sockaddr
from media.kernel import ffi, libc
from media.outbox import VIEWERS, Crowd, Member, Outbox, Port
from media.srtp import PROFILES, KeyPair, Receiver, Sender
from media.stats import Stats

_numbers = itertools.count(1)


def packet(number: int, size: int = 200) -> bytes:
    return struct.pack("!BBHII", 0x80, 96, number, 3000, 7) + os.urandom(size)


class Far:
    """A member and what reaches it."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.setblocking(False)
        weakref.finalize(self, self.sock.close)
        key = os.urandom(28)
        keys = KeyPair(PROFILES[0], key, key)
        self.receiver = Receiver(keys)
        self.sender = Sender(keys)
        self.member = Member(self.sender, (0, pack_sockaddr(*self.sock.getsockname())))

    def received(self) -> list[bytes]:
        found = []
        while True:
            try:
                found.append(self.sock.recv(4096))
            except BlockingIOError:
                return found


def test_every_member_gets_every_packet_of_bursts_of_any_shape() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        sock.bind(("127.0.0.1", 0))
        outbox = Outbox([Port(sock)], Stats())
        crowd = outbox.audience()
        everybody = [Far() for _ in range(VIEWERS + 9)]
        for far in everybody:
            crowd.add(far.member)
        number = 0
        shapes = [
            [[200]],
            [[200, 200, 150]],
            [[90]],
            [[200] * 5, [100, 90]],
            [[300, 300]],
            [[200] * 16, [200] * 16, [250, 90], [80]],
        ]
        for runs in shapes:
            bursts = []
            for sizes in runs:
                bursts.append([packet(number + place, size) for place, size in enumerate(sizes)])
                number += len(sizes)
            crowd.send(bursts)
            for far in everybody:
                assert [far.receiver.unprotect(each) for each in far.received()] == [each for burst in bursts for each in burst]
            crowd.remove(everybody.pop(3).member)  # somebody leaves between two bursts
        assert outbox.stats.encrypt_failures == 0


def test_whom_the_cipher_refuses_gets_zeros_and_the_others_their_packets() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        outbox = Outbox([Port(sock)], Stats())
        crowd = outbox.audience()
        before, refused, after = Far(), Far(), Far()
        for far in (before, refused, after):
            crowd.add(far.member)
        assert refused.sender.protect(packet(5_000)) is not None  # so that 100 is older than the window
        burst = [packet(100), packet(101)]
        crowd.send([burst])
        for far in (before, after):
            assert [far.receiver.unprotect(each) for each in far.received()] == burst
        assert all(not any(each) for each in refused.received())
        assert outbox.stats.encrypt_failures == 1


SHAPES = [[[200, 200, 150]], [[90]], [[200] * 5, [100, 90]]]
REFUSED = 5
"""EIO: the device cannot compute the checksums of segments."""


def told(written: list[EventDict]) -> int:
    return sum("no segmentation" in line["event"] for line in written)


def test_an_old_kernel_gets_every_packet_as_a_message_of_its_own_and_it_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "supports_segmentation", lambda _: False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, structlog.testing.capture_logs() as written:
        sock.bind(("127.0.0.1", 0))
        crowd, everybody = gathered(sock)
        for shape in SHAPES * 2:
            assert arrives(crowd, everybody, shape)
    assert told(written) == 1


def test_a_route_that_refuses_segments_gets_whole_bursts_and_is_asked_no_more_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refusals = 0

    class Refusing:
        @staticmethod
        def sendmmsg(fd: int, messages: Any, count: int, flags: int) -> int:
            nonlocal refusals
            if messages[0].msg_hdr.msg_controllen:
                refusals += 1
                ffi.errno = REFUSED
                return -1
            return int(libc.sendmmsg(fd, messages, count, flags))

    monkeypatch.setattr(outbox_module, "libc", Refusing)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, structlog.testing.capture_logs() as written:
        sock.bind(("127.0.0.1", 0))
        crowd, everybody = gathered(sock)
        for _ in range(outbox_module.GIVE_UP_SEGMENTATION):
            for shape in SHAPES:
                assert arrives(crowd, everybody, shape)
        assert refusals > 0
        asked = refusals
        for shape in SHAPES:
            assert arrives(crowd, everybody, shape)
        assert refusals == asked, "no message names segments any more"
    assert told(written) == 1


def gathered(sock: socket.socket) -> tuple[Crowd, list[Far]]:
    crowd = Outbox([Port(sock)], Stats()).audience()
    everybody = [Far() for _ in range(3)]
    for far in everybody:
        crowd.add(far.member)
    return crowd, everybody


def arrives(crowd: Crowd, everybody: list[Far], shape: list[list[int]]) -> bool:
    """Whether bursts of these sizes reach everybody, to the byte and in order."""
    bursts = [[packet(next(_numbers), size) for size in sizes] for sizes in shape]
    crowd.send(bursts)
    sent = [each for burst in bursts for each in burst]
    return all([far.receiver.unprotect(each) for each in far.received()] == sent for far in everybody)

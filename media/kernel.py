"""The kernel's batch calls through cffi in ABI mode: recvmmsg, sendmmsg and UDP segmentation (GSO)."""

import errno
import socket
import struct
import time
from typing import Any

from cffi import FFI

ffi = FFI()
ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; unsigned int msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    int sendmmsg(int, struct mmsghdr *, unsigned int, int);
    int recvmmsg(int, struct mmsghdr *, unsigned int, int, void *);
    """
)
libc: Any = ffi.dlopen(None)

SOL_UDP = 17
UDP_SEGMENT = 103
MSG_DONTWAIT = 0x40
MSG_TRUNC = 0x20
NAME_BYTES = 28
CONTROL = struct.Struct("@QiiHxxxxxx")
"""cmsghdr of 18 bytes (SOL_UDP, UDP_SEGMENT) with the segment size, padded to 24."""
NO_SEGMENTATION = frozenset({errno.EIO, errno.EINVAL, errno.EMSGSIZE, errno.EOPNOTSUPP, errno.ENOPROTOOPT})

SO_TIMESTAMPNS = 35
STAMP_AT = 16
"""Where the timespec lies behind its cmsghdr."""
STAMP = struct.Struct("@qq")
STAMP_BYTES = 64

RECEIVE_BATCH = 64
DATAGRAM_BYTES = 2048


def supports_segmentation(sock: socket.socket) -> bool:
    """True when the kernel knows UDP_SEGMENT (Linux ≥ 4.18); whether a route takes it shows only in sending."""
    try:
        sock.setsockopt(SOL_UDP, UDP_SEGMENT, 0)
    except OSError:
        return False
    return True


class Receiver:
    """Reads up to 64 datagrams with one call."""

    def __init__(self, sock: socket.socket) -> None:
        self._fd = sock.fileno()
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._stamps = ffi.new("char[]", RECEIVE_BATCH * STAMP_BYTES)
        self._data = ffi.new("char[]", RECEIVE_BATCH * DATAGRAM_BYTES)
        self._names = ffi.new("char[]", RECEIVE_BATCH * NAME_BYTES)
        self._vectors = ffi.new("struct iovec[]", RECEIVE_BATCH)
        self._messages = ffi.new("struct mmsghdr[]", RECEIVE_BATCH)
        for place in range(RECEIVE_BATCH):
            self._vectors[place].iov_base = self._data + place * DATAGRAM_BYTES
            self._vectors[place].iov_len = DATAGRAM_BYTES
            header = self._messages[place].msg_hdr
            header.msg_name = self._names + place * NAME_BYTES
            header.msg_iov = ffi.addressof(self._vectors, place)
            header.msg_iovlen = 1
            header.msg_control = self._stamps + place * STAMP_BYTES
            header.msg_namelen, header.msg_controllen = NAME_BYTES, STAMP_BYTES
        self._stamps_view = ffi.buffer(self._stamps)
        self._data_view = ffi.buffer(self._data)
        self._names_view = ffi.buffer(self._names)

    def receive(self) -> list[tuple[bytes, bytes, float]]:
        """(datagram, sockaddr, arrival) of everything that waits, at most RECEIVE_BATCH; truncated datagrams are left out.

        Arrival is the kernel's, in `time.monotonic()` seconds: how long a datagram waited for us must not look like congestion to
        the publisher's bandwidth estimator.
        """
        messages = self._messages
        count = libc.recvmmsg(self._fd, messages, RECEIVE_BATCH, MSG_DONTWAIT, ffi.NULL)
        if count <= 0:
            return []
        now = time.monotonic()
        wall = time.time()
        data, names, stamps = self._data_view, self._names_view, self._stamps_view
        received = []
        for place in range(count):
            message = messages[place]
            header = message.msg_hdr
            name_bytes, stamp_bytes = header.msg_namelen, header.msg_controllen
            header.msg_namelen, header.msg_controllen = NAME_BYTES, STAMP_BYTES  # the kernel wrote what it used
            if header.msg_flags & MSG_TRUNC:
                continue
            at, name_at = place * DATAGRAM_BYTES, place * NAME_BYTES
            arrival = now
            if stamp_bytes > STAMP_AT:
                seconds, nanoseconds = STAMP.unpack_from(stamps, place * STAMP_BYTES + STAMP_AT)
                waited = wall - seconds - nanoseconds / 1e9
                if 0.0 < waited < 1.0:  # anything else is a wall clock that was set meanwhile
                    arrival = now - waited
            received.append((data[at : at + message.msg_len], names[name_at : name_at + name_bytes], arrival))
        return received

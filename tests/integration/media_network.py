"""A bad network between browsers and a worker: a UDP relay that loses, is narrow, and changes its address like a phone does."""

import asyncio
import random
import re
import socket
from typing import Literal

IP_UDP_BYTES = 28
Direction = Literal["up", "down"]


class BadNetwork:
    """Listens on one port; each client gets a socket of its own towards the worker."""

    def __init__(self, worker: tuple[str, int], seed: int = 1) -> None:
        self.loss_up = 0.0
        self.loss_down = 0.0
        self.is_cut = False
        self.rate_up_bps: float | None = None
        self.rate_down_bps: float | None = None
        """What each client's line carries, from it and towards it; None: everything at once."""
        self.queue_s = 0.3
        """What the line's buffer holds in each direction; more is dropped."""
        self.way_s = 0.0
        """How long a datagram is under way in each direction."""
        self._free_at: dict[tuple[str, int, str], float] = {}
        """When each client's line has carried what it was given, by direction."""
        self._worker = worker
        self._chance = random.Random(seed)
        self._loop = asyncio.get_running_loop()
        self._front = self._open()
        self._behind: dict[tuple[str, int], socket.socket] = {}
        self._loop.add_reader(self._front.fileno(), self._up)
        self.port: int = self._front.getsockname()[1]

    def through(self, sdp: str) -> str:
        """The worker's SDP with this network's port in its candidates; TCP would lead around it."""
        sdp = re.sub(r"a=candidate:\S+ 1 tcp .*\r?\n", "", sdp)
        return re.sub(r"(a=candidate:\S+ 1 udp \d+ \S+) \d+ typ", rf"\1 {self.port} typ", sdp)

    def rebind(self) -> None:
        """Every client's packets come from a new address from now on."""
        for client in list(self._behind):
            self._forget(client)

    def close(self) -> None:
        self.rebind()
        self._loop.remove_reader(self._front.fileno())
        self._front.close()

    def _open(self) -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", 0))
        return sock

    def _forget(self, client: tuple[str, int]) -> None:
        sock = self._behind.pop(client)
        self._loop.remove_reader(sock.fileno())
        sock.close()

    def _up(self) -> None:
        while True:
            try:
                datagram, client = self._front.recvfrom(2048)
            except BlockingIOError:
                return
            if client not in self._behind:
                self._behind[client] = self._open()
                self._loop.add_reader(self._behind[client].fileno(), self._down, client)
            if not self.is_cut and self._chance.random() >= self.loss_up:
                self._carry(datagram, client, "up", self.rate_up_bps)

    def _down(self, client: tuple[str, int]) -> None:
        sock = self._behind.get(client)
        while sock is not None:
            try:
                datagram = sock.recv(2048)
            except BlockingIOError:
                return
            if not self.is_cut and self._chance.random() >= self.loss_down:
                self._carry(datagram, client, "down", self.rate_down_bps)

    def _carry(self, datagram: bytes, client: tuple[str, int], direction: Direction, rate_bps: float | None) -> None:
        """Over the client's line, one after another as fast as the line is."""
        now = self._loop.time()
        arrives_at = now + self.way_s
        if rate_bps is not None:
            line = (*client, direction)
            free_at = max(now, self._free_at.get(line, 0.0))
            if free_at - now > self.queue_s:
                return
            self._free_at[line] = free_at = free_at + (len(datagram) + IP_UDP_BYTES) * 8 / rate_bps
            arrives_at = free_at + self.way_s
        if arrives_at > now:
            self._loop.call_at(arrives_at, self._deliver, datagram, client, direction)
        else:
            self._deliver(datagram, client, direction)

    def _deliver(self, datagram: bytes, client: tuple[str, int], direction: Direction) -> None:
        if direction == "down" and self._front.fileno() >= 0:
            self._front.sendto(datagram, client)
        elif direction == "up" and client in self._behind:
            self._behind[client].sendto(datagram, self._worker)

"""A whole worker without its loop: real sockets, real handshakes, one thread. All is pumped by hand, so tests are exact."""

import contextlib
import socket
import time
from collections.abc import Iterator

from media.address import pack_sockaddr
from media.clock import WorkerClock
from media.control import AnswerPeer, OpenPeer, PeerGone, PeerId, PeerOpened, RoomId
from media.outbox import Outbox, Port
from media.registry import Entry
from media.slots import BY_NAME
from media.stats import Stats
from media.worker import Worker
from tests.media.light import Lecture, LightPeer, fields

ROOM = RoomId("room-1")
CAMERA_0, CAMERA_1, AUDIO_0 = (BY_NAME[name].ssrc for name in ("camera-0", "camera-1", "audio-0"))


class Hall:
    """One worker, a teacher who sends and a resident who watches."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.sock.bind(("127.0.0.1", 0))
        self.outbox = Outbox([Port(self.sock)], Stats())
        self.stats = self.outbox.stats
        now = time.monotonic()
        self.worker = Worker([self.sock.getsockname()], self.outbox, self.stats, WorkerClock(time.time(), now))
        self.peers: list[LightPeer] = []
        self.ahead_s = 0.0
        """How far this hall's clock is ahead: tests jump instead of sleeping."""
        self._stopped_at: float | None = None
        self.answered = 0
        """Single datagrams sent: STUN, DTLS, RTCP, repetitions."""
        self.lecture = Lecture(packets=3, size=400)
        self.teacher = self.publish("teacher", lead=True)
        self.resident = self.view("resident")

    @property
    def now(self) -> float:
        return (self._stopped_at or time.monotonic()) + self.ahead_s

    @contextlib.contextmanager
    def one_instant(self) -> Iterator[None]:
        """Everything within happens at the same time, however slow the machine."""
        self._stopped_at = time.monotonic()
        try:
            yield
        finally:
            self._stopped_at = None

    @property
    def gone(self) -> list[PeerGone]:
        return [event for event in self.worker.events if isinstance(event, PeerGone)]

    def entry(self, owner: str, kind: str = "in") -> Entry:
        return self.worker.entries[PeerId(f"{owner}-{kind}")]

    def close(self) -> None:
        for peer in self.peers:
            peer.sock.close()
        self.sock.close()

    # -- the network ----------------------------------------------------------------------------------------------------

    def take(self, datagram: bytes, source: tuple[str, int]) -> list[bytes]:
        """One datagram to the worker; what it answers at once."""
        self.worker.receive(datagram, (0, pack_sockaddr(*source)), self.now)
        while self.worker.has_flights:
            self.worker.shake()
        return self.send_all()

    def send_all(self) -> list[bytes]:
        answers = [datagram for _, datagram in self.worker.outgoing]
        for address, datagram in self.worker.outgoing:
            self.outbox.send(address, datagram)
        self.worker.outgoing.clear()
        self.answered += len(answers)
        return answers

    def pump(self) -> None:
        """Everything that waits on the worker's socket, and the clock's own work."""
        with contextlib.suppress(BlockingIOError):
            while True:
                datagram, source = self.sock.recvfrom(2048)
                self.take(datagram, source)
        self.worker.on_deadline(self.now)
        self.worker.flush_due(self.now + 1)
        self.send_all()

    # -- people ---------------------------------------------------------------------------------------------------------

    def open(self, owner: str, kind: str, light: LightPeer, **more: object) -> PeerOpened:
        direction = "publish" if kind == "out" else "view"
        sdp = light.publisher_offer() if kind == "out" else None
        command = OpenPeer.model_validate(
            {"request": 1, "peer": f"{owner}-{kind}", "room": ROOM, "owner": owner, "direction": direction, "sdp": sdp} | more
        )
        opened = self.worker.commands.open_peer(command, self.now)
        assert isinstance(opened, PeerOpened), opened
        light.take_remote(opened.sdp)
        if kind == "in":
            answer = light.viewer_answer(opened.sdp)
            self.worker.commands.answer_peer(AnswerPeer(request=1, peer=PeerId(f"{owner}-in"), sdp=answer), self.now)
        return opened

    def publish(self, owner: str, **more: object) -> LightPeer:
        light = LightPeer()
        self.open(owner, "out", light, **more)
        self.connect(light)
        return light

    def view(self, owner: str) -> LightPeer:
        light = LightPeer()
        self.open(owner, "in", light)
        self.connect(light)
        return light

    def connect(self, light: LightPeer, tries: int = 400) -> bool:
        """ICE and DTLS, pumped; False when it does not come about."""
        light.sock.setblocking(False)
        self.peers.append(light)
        light.check()
        began = False
        for _ in range(tries):
            self.pump()
            try:
                datagram = light.sock.recv(2048)
            except BlockingIOError:
                continue
            if datagram[0] < 4 and not began:
                began = True
                light.dtls.start()
            elif 20 <= datagram[0] <= 63:
                light.dtls.receive(datagram)
            for answer in light.dtls.drain():
                light.sock.sendto(answer, light.server)
            if light.become_connected():
                self.pump()
                return True
        return False

    # -- the class ------------------------------------------------------------------------------------------------------

    def lesson(self, pictures: int = 5) -> bool:
        """The teacher goes on; True when the resident gets every packet of it, to the byte."""
        self.drain(self.resident)
        for number in range(pictures):
            sent = self.lecture.frame(key=number == 0)
            for packet in sent:
                self.teacher.send_rtp(packet)
            self.pump()
            got = [p for kind, p in self.drain(self.resident) if kind == "rtp" and fields(p)["ssrc"] == CAMERA_0]
            if [p[20:] for p in got] != [p[20:] for p in sent]:
                return False
        return True

    def drain(self, light: LightPeer) -> list[tuple[str, bytes]]:
        received = []
        while (each := light.receive()) is not None:
            received.append(each)
        return received

    def dropped(self, reason: str) -> int:
        return self.stats.dropped[reason]

"""The processes of one machine and the sockets they share; none is started yet."""

import os
import socket
from dataclasses import dataclass

from web.child import Child, Handed, part
from web.settings import Settings, SettingsWrong


def listen(host: str, port: int, what: str, *, later: bool = False) -> socket.socket:
    """A listening TCP socket that children inherit; `later`: only its address is taken. Raises SettingsWrong."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        if not later:
            listener.listen(2048)
    except OSError as wrong:
        listener.close()
        raise SettingsWrong(f"{what}: {host}:{port} cannot be used ({os.strerror(wrong.errno or 0)}).") from None
    listener.set_inheritable(True)
    return listener


class MediaPlaces:
    """The media workers of one machine: each has a control address and a media port, and one place more is spare."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self._environment = environment
        self._free: list[tuple[int, int]] = []
        self._taken: dict[str, tuple[int, int]] = {}
        """Name of the child → its control port and media port."""
        self._made = 0
        self._listeners: dict[int, socket.socket] = {}
        for number in range(settings.media_workers + 1):
            control = listen("127.0.0.1", 0, "media control", later=True)
            port: int = control.getsockname()[1]
            self._listeners[port] = control
            self._free.append((port, settings.media_port + number))

    @property
    def addresses(self) -> str:
        """Where signalling finds them, the spare place among them."""
        return ",".join(f"127.0.0.1:{port}" for port in self._listeners)

    def has(self, child: Child) -> bool:
        return child.name in self._taken

    def spare(self) -> Child:
        """A worker, not yet started, on the first free place."""
        control, port = self._free.pop(0)
        name = f"media-worker {self._made}"
        self._made += 1
        self._taken[name] = (control, port)
        listener = self._listeners[control]
        listener.listen(2048)  # signalling's call waits in the queue until the worker answers
        arguments = ("media-worker", "--media-port", str(port), "--control-fd", str(listener.fileno()))
        return part(name, *arguments, environment=self._environment, sockets=[listener], nice=-5, beats=True)

    def give_back(self, child: Child) -> None:
        """It has ended: its place is the spare one. Nobody listens there, or signalling would wait for an answer."""
        control, port = self._taken.pop(child.name)
        self._listeners[control].close()
        self._listeners[control] = listen("127.0.0.1", control, "media control", later=True)
        self._free.append((control, port))

    def close(self) -> None:
        """All of them have ended. Twice is silent."""
        for listener in self._listeners.values():
            listener.close()


@dataclass(frozen=True, slots=True)
class Plan:
    """The processes of one machine, none of them started, and the sockets they share."""

    pages: socket.socket
    places: MediaPlaces
    web: Child
    media: list[Child]
    jobs: Child
    standby: Child
    """Answers in place of `web` while another machine serves the database."""

    @property
    def port(self) -> int:
        """Of the pages."""
        port: int = self.pages.getsockname()[1]
        return port

    def close(self) -> None:
        """Give the addresses back; everything has ended."""
        self.pages.close()
        self.places.close()


def plan(settings: Settings, name: str = "", lock: Handed | None = None) -> Plan:
    """Opens the sockets. Raises SettingsWrong.

    name: of this owner of the database, where there may be several. lock: what those that write hold besides us.
    """
    pages = listen(settings.host, settings.port, "CLASSROOM_PORT")
    port: int = pages.getsockname()[1]
    environment = settings.environment() | {"CLASSROOM_PORT": str(port)}
    try:
        places = MediaPlaces(settings, environment)
    except BaseException:
        pages.close()
        raise
    rooms = {"CLASSROOM_INTERNAL_WORKERS": places.addresses, "CLASSROOM_INTERNAL_SPARES": "1", "CLASSROOM_INTERNAL_OWNER": name}
    fd = str(pages.fileno())
    locks = [lock] if lock is not None else []
    return Plan(
        pages,
        places,
        web=part("web", "web", "--fd", fd, environment=environment | rooms, sockets=[pages, *locks], beats=True),
        media=[places.spare() for _ in range(settings.media_workers)],
        jobs=part("jobs", "jobs", environment=environment, nice=10, sockets=locks),
        standby=part("standby", "standby", "--fd", fd, environment=environment, sockets=[pages], beats=True),
    )

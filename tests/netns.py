"""A second network on this machine for tests: a namespace behind one cable, that can be pulled, blocked and renumbered.

Needs root and iproute2; blocking needs iptables (both from `tests/prepare`). Everything is removed at the end.
"""

import contextlib
import itertools
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

_numbers = itertools.count()


class Namespace:
    """The far end of a cable whose near end, `near_ip`, is this machine."""

    def __init__(self) -> None:
        number = next(_numbers)
        self.name = f"class{os.getpid()}-{number}"
        self._cable = f"cl{os.getpid() % 1_000_000}n{number}"
        self._inner = f"ci{os.getpid() % 1_000_000}n{number}"
        self._net = f"10.{213 + number % 40}.{os.getpid() % 250}"
        self.near_ip = f"{self._net}.1"
        self._far_ip = f"{self._net}.2"

    def create(self) -> None:
        self._run("ip", "netns", "add", self.name)
        self._run("ip", "link", "add", self._cable, "type", "veth", "peer", "name", self._inner)
        self._run("ip", "link", "set", self._inner, "netns", self.name)
        self._run("ip", "addr", "add", f"{self.near_ip}/24", "dev", self._cable)
        self._run("ip", "link", "set", self._cable, "up")
        self._inside("ip", "link", "set", "lo", "up")
        self._inside("ip", "addr", "add", f"{self._far_ip}/24", "dev", self._inner)
        self._inside("ip", "link", "set", self._inner, "up")
        self._inside("ip", "route", "add", "default", "via", self.near_ip)

    def remove(self) -> None:
        """Idempotent; the cable goes with the namespace."""
        for command in (["ip", "link", "del", self._cable], ["ip", "netns", "del", self.name]):
            subprocess.run(command, capture_output=True, timeout=10)

    def wrapper(self, folder: Path, program: str) -> Path:
        """A script that runs `program` in here: what a browser library takes for the browser."""
        script = folder / f"{Path(program).name}-{self.name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.name} {program} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
        return script

    def pull_cable(self) -> None:
        """Both ends see that the link is down."""
        self._run("ip", "link", "set", self._cable, "down")

    def plug_cable(self) -> None:
        self._run("ip", "link", "set", self._cable, "up")

    def block(self, *what: str) -> None:
        """Drop silently what goes out and in, e.g. `block("-p", "udp")`; without arguments everything."""
        for chain in ("OUTPUT", "INPUT"):
            self._inside("iptables", "-A", chain, "!", "-i" if chain == "INPUT" else "-o", "lo", *what, "-j", "DROP")

    def unblock(self) -> None:
        self._inside("iptables", "-F")

    def renumber(self) -> None:
        """The machine inside gets another address, like a phone that goes from Wi-Fi to mobile data."""
        before, last = self._far_ip, int(self._far_ip.rpartition(".")[2])
        self._far_ip = f"{self._net}.{last + 1}"
        self._inside("ip", "addr", "del", f"{before}/24", "dev", self._inner)
        self._inside("ip", "addr", "add", f"{self._far_ip}/24", "dev", self._inner)
        self._inside("ip", "route", "replace", "default", "via", self.near_ip)

    def _inside(self, *command: str) -> None:
        self._run("ip", "netns", "exec", self.name, *command)

    def _run(self, *command: str) -> None:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=10)
        assert ended.returncode == 0, f"{' '.join(command)}: {ended.stderr}"


@contextlib.contextmanager
def namespace() -> Iterator[Namespace]:
    """A namespace for as long as the block lasts."""
    space = Namespace()
    try:
        space.create()
        yield space
    finally:
        space.remove()

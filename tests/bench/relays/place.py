"""Where the benchmark runs: one core for the server, the rest for the client, and a network of its own.

In a network namespace of its own nothing else is on the wire, and Janus and aiortc find an address that is not loopback's.
What goes over loopback is received on the sender's core: every server also pays for its viewers' kernels, ours about a seventh of
its cost. Steered to the client's core (RPS, with a longer queue there) it gained nothing on a machine of two threads of one core.
"""

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass

MARK = "CLASSROOM_BENCH_NETWORK"
ADDRESS = "10.99.0.1"


@dataclass(frozen=True, slots=True)
class Place:
    host: str
    server_core: int | None
    client_cores: set[int]
    sentence: str


def enter_network() -> None:
    """Run this program again in a network namespace of its own, if the machine allows; otherwise return."""
    if MARK in os.environ or os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        return
    probe = subprocess.run(["unshare", "-n", "true"], capture_output=True, check=False)
    if probe.returncode == 0:
        spec = getattr(sys.modules["__main__"], "__spec__", None)
        module = spec.name if spec is not None else "tests.bench.relay"
        argv = ["unshare", "-n", sys.executable, "-m", module, *sys.argv[1:]]
        os.execvpe("unshare", argv, os.environ | {MARK: "1"})


def settle() -> Place:
    """Pin this process, allow it many sockets, set up the network; what became of it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536), hard))
    cores = sorted(os.sched_getaffinity(0))
    server_core = cores[0] if len(cores) > 1 else None
    client = set(cores[1:]) or set(cores)
    os.sched_setaffinity(0, client)
    pinned = f"server on core {server_core}, client on {sorted(client)}" if server_core is not None else "one core for all"
    if MARK not in os.environ:
        return Place(own_address(), server_core, client, f"{pinned}; the machine's own network, receiving included")
    for command in (
        "ip link set lo up",
        "ip link add bench0 type veth peer name bench1",
        f"ip address add {ADDRESS}/24 dev bench0",
        "ip link set bench0 up",
        "ip link set bench1 up",
    ):
        subprocess.run(command.split(), check=True, capture_output=True)
    return Place(ADDRESS, server_core, client, f"{pinned}; a network of its own, receiving included")


def own_address() -> str:
    """The address the machine would reach the world from, else loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])
    return "127.0.0.1"

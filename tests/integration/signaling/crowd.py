"""A signalling server in a process of its own, for crowds; run with the listening socket's number it is that process."""

import asyncio
import logging
import socket
import sys

import structlog

from signaling.ticket import mint
from signaling.vocabulary import Role
from tests.integration.signaling.books import LESSON
from tests.integration.signaling.client import Client
from tests.integration.signaling.worker import Worker
from tests.integration.signaling.world import SECRET, World


class Crowd:
    """A server in another process, to be stormed from this one."""

    def __init__(self, port: int, pid: int) -> None:
        self.port = port
        self.pid = pid
        self.url = f"ws://127.0.0.1:{port}/ws/rooms"
        self.clients: list[Client] = []

    def ticket(self, person: str, role: Role = "learner") -> str:
        return mint(SECRET, person=person, lesson=LESSON, role=role, name=f"배움이 {person}", ttl_s=600)

    async def join(self, person: str, role: Role = "learner") -> Client:
        return await (await Client(self).open()).hello(self.ticket(person, role))

    async def close(self) -> None:
        await asyncio.gather(*(client.close() for client in self.clients), return_exceptions=True)


async def serve_for_ever(fd: int) -> None:
    """The process that is stormed: one signalling server and its media worker."""
    made = World([await Worker().start()])
    made.socket.close()
    made.socket = socket.socket(fileno=fd)
    await made.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(serve_for_ever(int(sys.argv[1])))

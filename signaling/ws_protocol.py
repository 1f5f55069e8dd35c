"""uvicorn's WebSocket protocol plus one thing ASGI lacks: cutting a connection whose other end has stopped reading.

A plain close waits until everything written before it is taken, which a stuck reader never does; `abort` frees the socket now.
Give the class to `uvicorn.Config(ws=RoomProtocol)`.
"""

from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

EXTENSION = "classroom.abort"


class RoomProtocol(WebSocketsSansIOProtocol):
    """Puts `abort` into the ASGI scope's extensions."""

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        scope = getattr(self, "scope", None)  # absent when the handshake was refused
        if scope is not None:
            scope["extensions"][EXTENSION] = self._abort

    def _abort(self) -> None:
        self.stop_keepalive()
        if self.transport is not None:
            self.transport.abort()


def aborter(scope: Any) -> Callable[[], None] | None:
    """The `abort` of this connection, None under another server."""
    return cast("Callable[[], None] | None", (scope.get("extensions") or {}).get(EXTENSION))

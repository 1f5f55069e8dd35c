"""uvicorn's HTTP protocol plus what it leaves out: a request's head must be small and complete in time.

Bodies are limited in `security.py`; before the head is complete no code of ours runs, and uvicorn alone would wait for ever.
Give the class to `uvicorn.Config(http=PageProtocol)`.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_WITHIN_S = 10.0
"""From the connection, or from the first byte of a later request. A phone with little signal sends its 2 kB in a second."""
MAX_HEAD_BYTES = 65_536
"""Cookies and a long address together stay under 16 kB."""


class PageProtocol(HttpToolsProtocol):
    """Closes the connection of who does not ask."""

    head_within_s = HEAD_WITHIN_S

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self._head_deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._head_deadline is not None:  # still no head, or the beginning of the next one
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.send_400_response("Request head too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_is_there()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._head_deadline is None:
            self._head_bytes = 0
            self._head_deadline = self.loop.call_later(self.head_within_s, self._head_is_late)

    def _head_is_there(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _head_is_late(self) -> None:
        self._head_deadline = None
        if self.cycle is not None and not self.cycle.response_complete:
            self._expect_head()  # a pipelined request: it is not read before the answer to the one ahead of it is out
        else:
            self.transport.abort()

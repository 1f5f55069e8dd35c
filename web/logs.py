"""What a log may say of a failure: its kind and where it happened.

Messages and local variables hold what people typed, are called and sent: a database error quotes its parameters, and structlog's
own traceback prints every variable. So both ways into our log, structlog and `logging`, tell places only.
"""

import logging
import sys
from typing import Any, TextIO

import structlog

from signaling.trace import where


class PlacesOnly(logging.Formatter):
    """For what libraries log: uvicorn, asyncio, dbos."""

    def formatException(self, ei: Any) -> str:
        return f"  at {where(ei[1])}"


def configure() -> None:
    """Once per process, before anything is logged."""
    processors = structlog.get_config()["processors"]
    renderer = structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), exception_formatter=_print_places)
    structlog.configure(processors=[*processors[:-1], renderer])
    handler = logging.StreamHandler()
    handler.setFormatter(PlacesOnly("%(asctime)s [%(levelname)-9s] %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _print_places(stream: TextIO, failure: Any) -> None:
    stream.write(f"  at {where(failure[1])}")

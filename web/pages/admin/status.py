"""How the system is: what answers, what is full, what waits, what it is set to. For the province."""

import asyncio
import platform
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from classroom.people import Viewer
from classroom.queries.figures import SystemCounts
from media.control import StatsTaken
from recording.disk import read_space
from web import auth
from web.rendering import render
from web.services import Services

router = APIRouter(include_in_schema=False)
Look = Literal["good", "warn", "bad"]
SLOW_MS = 250.0
ROOMY_BYTES = 20_000_000_000
"""Free room below which the page asks to look: a recorded hour takes about 1 GB. Red is where mails are sent."""
PATIENCE_S = 2.0
_PASSWORD = re.compile(r"(//[^/@:]*:)[^/@]*@")


@dataclass(frozen=True, slots=True)
class Part:
    """One line: the sentence `status.<name>`, its value, and whether all is well."""

    name: str
    look: Look
    value: str


@dataclass(frozen=True, slots=True)
class WorkerLine:
    name: str
    viewers: int
    publishers: int
    rooms: int
    sent: int
    dropped: int


@router.get("/admin/status")
async def status(request: Request, viewer: Viewer = Depends(auth.need_province)) -> Response:
    services = auth.services_of(request)
    began = time.perf_counter()
    counts = await services.store.queries.system_counts(services.now())
    database_ms = (time.perf_counter() - began) * 1_000
    try:
        workers = await asyncio.wait_for(services.media_stats(), PATIENCE_S)
    except Exception:
        workers = {}  # said by the line of the workers
    return render(
        request,
        "admin/status.html",
        parts_list=_parts(services, counts, database_ms),
        workers=[_worker(name, taken) for name, taken in sorted(workers.items())],
        counts=counts,
        shown=services.shown_settings,
        python=platform.python_version(),
        now=services.now(),
    )


def _parts(services: Services, counts: SystemCounts, database_ms: float) -> list[Part]:
    rooms = services.rooms.counts()
    up = rooms.workers_up
    parts = [
        Part("database", "warn" if database_ms > SLOW_MS else "good", f"{counts.database} · {database_ms:.0f} ms"),
        Part("workers", "bad" if up == 0 else "warn" if up < rooms.workers else "good", f"{up} / {rooms.workers}"),
        Part("rooms", "good", f"{rooms.rooms} · {rooms.peers}"),
        Part("recording", "bad" if rooms.recordings_troubled else "good", f"{rooms.recordings} · {rooms.recordings_troubled}"),
        Part("films", "warn" if counts.films_waiting > 20 else "good", str(counts.films_waiting)),
        Part("failed", "warn" if counts.recordings_failed else "good", str(counts.recordings_failed)),
        Part("mail", "warn" if counts.mails_late else "good", f"{counts.mails_waiting} · {counts.mails_late}"),
        Part("given-up", "bad" if counts.mails_given_up else "good", str(counts.mails_given_up)),
        Part("facts-aside", "bad" if counts.facts_aside else "good", str(counts.facts_aside)),
    ]
    space = read_space(services.data_dir / "recordings") if services.data_dir is not None else None
    if space is not None:
        look: Look = "bad" if space.free < space.low else "warn" if space.free < ROOMY_BYTES else "good"
        parts.append(Part("disk", look, f"{space.free / 1e9:,.1f} GB"))
    return parts


def _worker(name: str, taken: StatsTaken) -> WorkerLine:
    def gauge(word: str) -> int:
        return int(taken.gauges.get(f"classroom_media_{word}", 0))

    sent = taken.counters.get("classroom_media_packets_sent_total", 0)
    return WorkerLine(name, gauge("viewers"), gauge("publishers"), gauge("rooms"), sent, sum(taken.dropped.values()))


def shown(settings: Mapping[str, object], secrets: tuple[str, ...]) -> dict[str, str]:
    """Settings for people: a secret, and a password inside an address, shows only that it is there."""
    return {
        name: "●●●●" if name in secrets else _PASSWORD.sub(r"\1●●●●@", str(value))
        for name, value in settings.items()
        if value not in (None, "", False) and str(value)
    }

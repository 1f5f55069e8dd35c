"""Asks the pages of one database as several people and prints what the server needed for each."""

import contextlib
import statistics
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.testclient import TestClient

from classroom.store.unit_of_work import Store
from recording.publish import open_storage
from tests.web.world import SECRET, AbsentRooms, PaperRenderer, quick_passwords
from web.app import create_app
from web.services import Services, WebSettings
from web.upload_folder import UploadFolder

LISTS: dict[str | None, tuple[str, ...]] = {
    None: ("/", "/courses", "/courses?open=1", "/courses?page=400", "/suwon/", "/suwon/courses"),
    "learner": ("/me", "/me/history", "/me/certificates", "/me/messages", "/recordings", "/suwon/courses/course-0"),
    "municipality": (
        "/admin/",
        "/admin/courses",
        "/admin/lessons",
        "/admin/lessons?past=1",
        "/admin/people",
        "/admin/certificates",
    ),
    "province": (
        "/admin/",
        "/admin/figures",
        "/admin/courses",
        "/admin/courses?page=300",
        "/admin/lessons",
        "/admin/lessons?past=1",
        "/admin/people",
        "/admin/people?page=2000",
        "/admin/people?q=서연",
        "/admin/certificates",
        "/admin/recordings",
        "/admin/retention",
        "/admin/courses/suwon/course-0",
    ),
}
SEARCHES = (
    "/courses?q=텃밭",
    "/courses?q=스마트폰+교실",
    "/courses?q=폰사진",
    "/courses?q=없는말",
    "/courses?q=1234&category=green",
)
ROUNDS = 10


class Pages:
    def __init__(self, url: str, folder: Path, tokens: Mapping[str, str], now: datetime) -> None:
        self._tokens = tokens
        self._store = Store(url)
        self._app = create_app(
            Services(
                settings=WebSettings(secret=SECRET, public_url="http://testserver"),
                store=self._store,
                hasher=quick_passwords(),
                certificates=PaperRenderer(),
                rooms=AbsentRooms(),
                storage=open_storage(folder),
                uploads=UploadFolder(folder / "uploads"),
                now=lambda: now,
            ),
            lifespan=self._lifespan,
        )
        self._client = TestClient(self._app, follow_redirects=False)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        yield
        await self._store.close()

    def __enter__(self) -> "Pages":
        self._client.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._client.__exit__(*error)

    def measure(self, list_ms: float, search_ms: float) -> list[str]:
        """Prints `who, page, CPU, p50, p95, target, pass` in milliseconds; returns the pages that were too slow.

        CPU is what the page costs however loaded the machine is (the asking included, PostgreSQL's own processes not);
        the others are times on the clock.
        """
        slow: list[str] = []
        for who, paths in LISTS.items():
            slow += [path for path in paths if not self._one(who, path, list_ms)]
        slow += [path for path in SEARCHES if not self._one(None, path, search_ms)]
        return slow

    def _one(self, who: str | None, path: str, target_ms: float) -> bool:
        headers = {"Accept-Language": "ko"} | ({"Cookie": f"session={self._tokens[who]}"} if who else {})
        times: list[float] = []
        worked: list[float] = []
        for _ in range(ROUNDS + 1):
            begun, worked_before = time.perf_counter(), time.process_time()
            answer = self._client.get(path, headers=headers)
            times.append((time.perf_counter() - begun) * 1_000)
            worked.append((time.process_time() - worked_before) * 1_000)
            assert answer.status_code == 200, f"{path} as {who}: {answer.status_code}"
            if len(times) > 3 and min(times) > 5 * target_ms:
                break  # too slow by far: no need to ask ten times
        times = sorted(times[1:])
        p95 = times[min(len(times) - 1, round(0.95 * (len(times) - 1)))]
        good = p95 <= target_ms
        verdict = "pass" if good else "FAIL"
        median = statistics.median(times)
        cpu = statistics.median(worked[1:])
        print(f"{who or 'visitor':<13}{path:<34}{cpu:>8.0f}{median:>8.0f}{p95:>8.0f}{target_ms:>8.0f}  {verdict}", flush=True)
        return good

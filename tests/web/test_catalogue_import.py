"""Courses from a file: a preview first, nothing half-made, hostile files named; courses out; a course copied."""

import io
import zipfile

import pytest
from openpyxl import Workbook

from classroom.course_import import COLUMNS
from tests.classroom.test_course_import import GOOD
from tests.web.world import World
from web.spreadsheets import MAX_BYTES


def csv_of(*rows: dict[str, str]) -> str:
    return "\n".join([",".join(GOOD), *(",".join(row.values()) for row in rows)])


def send(world: World, data: bytes, who: str = "suwon") -> object:
    return world.post("/admin/catalogue", who, files={"file": ("courses.csv", data)})


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949"])
def test_a_file_is_shown_first_and_made_when_confirmed(world: World, encoding: str) -> None:
    text = csv_of(GOOD, GOOD | {"slug": "garden-2"})
    preview = send(world, text.encode(encoding))
    assert preview.status_code == 200  # type: ignore[attr-defined]
    assert "과정 2개를 만들 수 있습니다" in preview.text  # type: ignore[attr-defined]
    assert world.get("/admin/courses/suwon/garden", "suwon").status_code == 404, "only shown so far"
    assert world.post("/admin/catalogue", "suwon", data={"table": text}).headers["location"] == "/admin/courses?done=imported"
    assert "정원" in world.get("/admin/courses/suwon/garden-2", "suwon").text
    again = world.post("/admin/catalogue", "suwon", data={"table": text})
    assert (again.status_code, "이미 있는 주소입니다" in again.text) == (422, True)


def test_one_bad_cell_and_nothing_is_made(world: World) -> None:
    text = csv_of(GOOD, GOOD | {"slug": "b", "applies_from": "2026-02-30"}, GOOD | {"slug": "c", "municipality": "seongnam"})
    for answer in (send(world, text.encode()), world.post("/admin/catalogue", "suwon", data={"table": text})):
        page = answer.text  # type: ignore[attr-defined]
        assert answer.status_code == 422  # type: ignore[attr-defined]
        assert "없는 날짜입니다" in page
        assert "applies_from" in page
        assert "아무것도 만들지 않았습니다" in page
        assert 'data-label="행">4<' in page, "another municipality is not ours"
    assert world.get("/admin/courses/suwon/garden", "suwon").status_code == 404


def test_a_workbook_with_dates_and_formulas(world: World) -> None:
    from datetime import datetime

    row = list((GOOD | {"applies_from": ""}).values())
    row[list(GOOD).index("applies_from")] = datetime(2026, 12, 1, 9)  # type: ignore[call-overload]
    assert "과정 1개를 만들 수 있습니다" in send(world, workbook([list(GOOD), row])).text  # type: ignore[attr-defined]
    row[list(GOOD).index("capacity")] = "=10+10"
    assert send(world, workbook([list(GOOD), row])).status_code == 422  # type: ignore[attr-defined]


def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"\0" * 60_000_000)
    return buffer.getvalue()


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\xfd", b"PK\x03\x04 not a zip", b'"open', b"\0\0\0", "🙂".encode("utf-16")])
def test_hostile_files_are_a_sentence(world: World, data: bytes) -> None:
    assert send(world, data).status_code == 422  # type: ignore[attr-defined]


def test_a_zip_bomb_is_not_unpacked(world: World) -> None:
    answer = send(world, bomb())
    assert (answer.status_code, "너무 큽니다" in answer.text) == (422, True)  # type: ignore[attr-defined]


def test_courses_go_out_and_one_is_copied_with_its_lessons(world: World) -> None:
    out = world.get("/admin/catalogue/courses.csv", "seongnam")
    assert out.text.lstrip("\ufeff").splitlines()[0] == ",".join(COLUMNS)
    assert "suwon" not in out.text, "only one's own"
    assert world.get("/admin/catalogue/courses.xlsx", "suwon").content[:2] == b"PK"
    home = "/admin/courses/suwon/smartphone-photo"
    wrong = world.post(
        f"{home}/copy", "suwon", data={"title_ko": "새 사진", "slug": "smartphone-photo", "first_day": "2026-02-30"}
    )
    assert (wrong.status_code, "달력에 없는 날입니다" in wrong.text) == (422, True)
    data = {"title_ko": "새 사진", "slug": "photo-2", "first_day": "2030-03-04"}
    assert world.post(f"{home}/copy", "suwon", data=data).headers["location"] == "/admin/courses/suwon/photo-2/edit?done=copied"
    copied = world.get("/admin/courses/suwon/photo-2", "suwon").text
    assert "2030. 3. 4.(월)" in copied
    assert "작성 중" in copied
    assert "아직 신청한 사람이 없습니다" in copied


def test_a_table_of_the_size_that_is_promised_comes_in_and_a_larger_one_is_named_at_the_field(world: World) -> None:
    head = [*GOOD, "description_ko"]
    rows = [[*(GOOD | {"slug": f"garden-{number}"}).values(), "정원을 가꿉니다. " * 220] for number in range(500)]
    table = "\n".join(",".join(row) for row in [head, *rows]).encode("cp949")
    assert 1_500_000 < len(table) <= MAX_BYTES
    preview = send(world, table)
    assert (preview.status_code, "과정 500개를 만들 수 있습니다" in preview.text) == (200, True)  # type: ignore[attr-defined]
    returned = {"table": (None, table.decode("cp949"))}
    assert world.post("/admin/catalogue", "suwon", files=returned).headers["location"] == "/admin/courses?done=imported"
    for address, name in (("/admin/catalogue", "file"), ("/admin/people/import", "table")):
        larger = world.post(address, "suwon", files={name: ("table.csv", b"x" * 3_000_000)})
        assert (larger.status_code, f'id="f-{name}-error"' in larger.text, "2 MB" in larger.text) == (422, True, True)
    assert world.post("/admin/catalogue", "suwon", files={"file": ("table.csv", b"x" * 9_000_000)}).status_code == 413

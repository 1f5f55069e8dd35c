"""Many people at once: a table is looked at, then everybody of it is invited, or nobody."""

import io
import re
from typing import Any

import pytest
from openpyxl import Workbook

from tests.web.mailbox import last_link, mails
from tests.web.test_accounts import TABLE
from tests.web.world import World


def upload(world: World, data: bytes, who: str = "suwon", **form: str) -> Any:
    return world.post("/admin/people/import", who, data=form or {"x": "1"}, files={"table": ("people.csv", data, "text/csv")})


def xlsx(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        TABLE.encode(),
        b"\xef\xbb\xbf" + TABLE.encode(),
        TABLE.encode("cp949"),
        TABLE.encode("utf-16"),
        TABLE.replace(",", ";").encode(),
        xlsx(
            ("email", "name", "city", "language"),
            ("autumn@home.example", "이가을", "수원", None),
            ("jane@home.example", "Jane Roe", "Yongin", "en"),
        ),
    ],
    ids=["utf-8", "bom", "cp949", "utf-16", "semicolons", "xlsx"],
)
def test_a_table_is_shown_first_and_then_invites(world: World, data: bytes) -> None:
    preview = upload(world, data)
    assert preview.status_code == 200
    assert "2명에게 초대 메일을 보냅니다" in preview.text
    assert mails(world, "autumn@home.example") == []
    checked = re.search(r'<textarea name="checked"[^>]*>(.*?)</textarea>', preview.text, re.DOTALL)
    assert checked is not None
    sent = world.post(
        "/admin/people/import", "suwon", data={"checked": checked[1], "action": "invite"}, files={"table": ("", b"")}
    )
    assert sent.status_code == 303
    link = last_link(world, "jane@home.example")
    assert world.post(link, data={"new": "a sentence of mine", "again": "a sentence of mine"}).status_code == 303
    entered = world.client.post("/sign-in", data={"email": "jane@home.example", "password": "a sentence of mine"})
    assert entered.status_code == 303


def test_every_bad_row_is_named_and_nobody_is_invited(world: World) -> None:
    bad = (
        TABLE
        + ",no-name@home.example,,\n박,박,,\n최,autumn@home.example,,\n정,jung@home.example,아틀란티스,\n=cmd,x@home.example,,\n"
    )
    answer = upload(world, bad.encode(), action="invite")
    assert answer.status_code == 422
    assert "고칠 줄이 4개 있습니다" in answer.text
    for words in ("2째 줄과 이메일이 같습니다", "‘아틀란티스’은(는) 경기도의 시·군이 아닙니다"):
        assert words in answer.text
    assert mails(world, "autumn@home.example") == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a,b\n1,2\n", "‘이름’ 칸이 없습니다"),
        (b"PK\x03\x04" + bytes(400), "표를 읽을 수 없습니다"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "읽을 수 없습니다"),
        ("이름,이메일\n".encode() + b"x,y@home.example\n" * 5_002, "표가 너무 큽니다"),
        (b"\n\n", "표가 비어 있습니다"),
        (b'name,email\n"never closed', "표를 읽을 수 없습니다"),
    ],
    ids=["other columns", "torn archive", "picture", "too many", "blank", "open quote"],
)
def test_what_is_no_table_of_people_is_refused_with_words(world: World, data: bytes, words: str) -> None:
    answer = upload(world, data)
    assert answer.status_code == 422
    assert words in answer.text

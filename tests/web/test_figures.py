"""The figures agree with what happened, whoever asks sees their own, and the access log is reviewed by month."""

import csv
import io

from classroom.actions.administration import count_figures
from classroom.figures import FigureRow, Measure, Tally, group, total
from classroom.people import MunicipalityCode
from tests.web.world import World
from web.pages.admin.status import shown


def row(municipality: str, month: str, category: str, **values: float) -> FigureRow:
    return FigureRow(MunicipalityCode(municipality), month, category, Tally(**values))  # type: ignore[arg-type]


def test_sums_are_sums_and_a_share_of_nothing_is_not_zero() -> None:
    rows = [row("suwon", "2026-01", "arts", enrolments=2, judged=4, attended=3, seconds=7_200), row("suwon", "2026-02", "arts")]
    assert total(rows).of(Measure.HOURS) == 2
    assert total(rows).attendance == 0.75
    assert total([]).of(Measure.ATTENDANCE) is None
    assert list(group(rows, lambda each: each.month)) == ["2026-01", "2026-02"]


def count(world: World) -> None:
    world.query(count_figures, world.store, world.store.queries, world.demo.ended_started_at)


def lines(world: World, who: str) -> list[dict[str, str]]:
    year = world.demo.ended_started_at.year
    text = world.get(f"/admin/figures/{year}.csv?lang=en", who).content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_figures_are_what_the_demo_world_holds(world: World) -> None:
    assert "아직 집계하지 않았습니다" in world.get("/admin/figures", "province").text
    count(world)
    whole = lines(world, "province")
    seats = world.query(world.store.queries.dashboard, world_scope(), world.demo.ended_started_at).enrolled
    assert sum(int(line["Enrolments"]) for line in whole) >= seats > 0
    assert sum(int(line["Completions"]) for line in whole) >= 1
    assert any(line["Attendance"] for line in whole)
    assert {line["Municipality"] for line in lines(world, "suwon")} == {"Suwon"}
    page = world.get("/admin/figures?measure=attendance", "province").text
    assert "표로 보기" in page
    assert "%" in page
    count(world)
    assert lines(world, "province") == whole, "counting again changes nothing"


def world_scope():  # type: ignore[no-untyped-def]
    from classroom.people import Scope

    return Scope(everywhere=True)


def test_a_correction_changes_the_count(world: World) -> None:
    count(world)
    before = sum(int(line["Attended"]) for line in lines(world, "suwon"))
    person = world.query(world.store.queries.viewer, world.session("resident01"), world.demo.ended_started_at).id
    answer = world.post(
        f"/lessons/{world.demo.ended_lesson}/attendance/{person}", "suwon", data={"verdict": "absent", "reason": "확인했습니다"}
    )
    assert answer.status_code == 303
    count(world)
    assert sum(int(line["Attended"]) for line in lines(world, "suwon")) == before - 1


def test_nonsense_in_the_address_is_the_present_year(world: World) -> None:
    for query in ("year=abcd", "year=99999", "measure=x", "municipality=seongnam", "municipality='--"):
        assert world.get(f"/admin/figures?{query}", "suwon").status_code == 200
    assert world.get("/admin/figures/0001.csv", "suwon").status_code == 200
    assert world.post("/admin/access-log/2026-13.csv", "suwon", data={"why": "점검"}).status_code == 404


def test_a_month_is_reviewed_and_rows_cut_off_later_are_noticed(world: World) -> None:
    world.get("/admin/people", "suwon")
    month = world.app.state.services.now().strftime("%Y-%m")
    page = world.get("/admin/access-log", "suwon").text
    assert f"{month} 점검" not in page
    assert f"{month[:4]}년 {int(month[5:])}월 점검" in page
    assert "이 달은 아직 점검하지 않았습니다" in page
    assert "수원시 관리자 님" in page
    assert world.post("/admin/access-log/review", "suwon", data={"month": month, "note": " "}).status_code == 422
    signed = world.post("/admin/access-log/review", "suwon", data={"month": month, "note": "이상 없음"})
    assert signed.status_code == 303
    page = world.get("/admin/access-log", "suwon").text
    assert "점검했습니다" in page
    assert "이상 없음" in page
    assert "점검했습니다" not in world.get("/admin/access-log", "seongnam").text
    assert "why" in world.post(f"/admin/access-log/{month}.csv", "suwon", data={"why": " "}).text
    downloaded = world.post(f"/admin/access-log/{month}.csv", "suwon", data={"why": "=분기 점검"}).content.decode("utf-8-sig")
    assert downloaded.count("사람 목록 열람") >= 20
    assert "열람 기록 파일 받음,'=분기 점검" in downloaded  # it is in the log itself, and no formula
    assert "열람 기록 파일 받음" not in world.get("/admin/access-log", "seongnam").text
    world.query(cut_the_log, world)
    assert "점검한 기록이 지워졌습니다" in world.get("/admin/access-log", "suwon").text


async def cut_the_log(world: World) -> None:
    """What somebody with the database in hands would do."""
    from sqlalchemy import text

    async with world.store._writing.begin() as connection:
        await connection.execute(text("DROP TRIGGER access_log_refuses_delete"))
        await connection.execute(text("DELETE FROM access_log WHERE number > (SELECT max(number) - 3 FROM access_log)"))


def test_an_altered_row_of_the_month_is_noticed(world: World) -> None:
    world.get("/admin/people", "suwon")
    world.query(alter_the_log, world)
    assert "번째 기록이 바뀌었습니다" in world.get("/admin/access-log", "suwon").text


async def alter_the_log(world: World) -> None:
    from sqlalchemy import text

    async with world.store._writing.begin() as connection:
        await connection.execute(text("DROP TRIGGER access_log_refuses_update"))
        await connection.execute(text("UPDATE access_log SET person = NULL WHERE number = (SELECT max(number) FROM access_log)"))


def test_the_status_page_says_what_is_wrong_and_shows_no_secret(world: World) -> None:
    object.__setattr__(
        world.app.state.services,
        "shown_settings",
        shown(
            {"secret": "hidden-value", "port": 8000, "smtp_url": "", "redis_url": "redis://me:hidden-too@x"},
            ("secret", "smtp_url"),
        ),
    )
    page = world.get("/admin/status", "province").text
    assert "데이터베이스 응답" in page
    assert "hidden-value" not in page
    assert "CLASSROOM_SECRET" in page
    assert "CLASSROOM_SMTP_URL" not in page.split('id="settings"')[1]
    assert "hidden-too" not in page
    assert "redis://me:●●●●@x" in page

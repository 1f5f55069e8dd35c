"""The province's page of how long personal data is kept: set, due, carried out, reported."""

from datetime import timedelta
from typing import Any

from classroom.retention import Kind
from tests.web.page_forms import forms_of
from tests.web.world import World
from web.retention_job import RetentionJob

PAGE = "/admin/retention"


def test_a_period_is_set_carried_out_and_reported(world: World) -> None:
    page = world.get(PAGE, "province").text
    assert page.count('name="keep_days"') == len(Kind)
    assert "아직 실행되지 않음" in page
    english = world.get(PAGE, "province", headers={"Accept-Language": "en"}).text
    assert "Log of access to personal data" in english

    refused = world.post(f"{PAGE}/access-log", "province", data={"keep_days": "365"})
    assert (refused.status_code, 'aria-invalid="true"' in refused.text, 'value="365"' in refused.text) == (422, True, True)
    assert world.post(f"{PAGE}/passports", "province", data={"keep_days": "365"}).status_code == 404
    stamps: dict[str, Any] = {form.action: form.values for form in forms_of(page) if "keep_days" in form.values}
    sent = stamps[f"{PAGE}/messages"] | {"keep_days": "30"}
    assert world.post(f"{PAGE}/messages", "province", data=sent).headers["location"] == f"{PAGE}?done=retention"
    late = world.post(f"{PAGE}/messages", "province", data=sent | {"keep_days": "60"})
    assert (late.status_code, "먼저 고쳤습니다" in late.text) == (409, True)

    services = world.app.state.services
    world.query(send_old_messages, world)
    due = {row.kind: row.due for row in world.query(world.store.queries.retention, services.now())}
    assert due[Kind.MESSAGES] == 2
    world.query(RetentionJob(world.store, services.storage, services.now).turn)
    page = world.get(PAGE, "province").text
    assert "아직 실행되지 않음" not in page
    assert "2건 삭제" in page
    report = world.get(f"{PAGE}.csv", "province").text.splitlines()
    assert len(report) == 1 + len(Kind)
    assert any("알림함 메시지,30,2,0,예" in line for line in report)
    assert world.get(f"{PAGE}.xlsx", "province").content.startswith(b"PK")


async def send_old_messages(world: World) -> None:
    async with world.store.writing() as uow:
        found = await uow.people.by_email("resident01@demo.example")
        assert found is not None
        for days in (32, 31, 29):
            at = world.app.state.services.now() - timedelta(days=days)
            await uow.messages.send([found[0].id], "cancelled", {}, at)

"""Editing a replay, and taking oneself out of it."""

from tests.web.world import World

CUT = {"from_s": 10.0, "to_s": 20.0}


def manifest(world: World, who: str = "resident01") -> dict[str, object]:
    answer: dict[str, object] = world.get(f"/recordings/{world.recording}/manifest.json", who).json()
    return answer


def test_a_cut_holds_at_once_and_can_be_taken_back(world: World) -> None:
    base = f"/recordings/{world.recording}"
    answer = world.post(
        f"{base}/edits", "instructor", json={"number": 0, "cuts": [CUT], "chapters": [{"at_s": 30, "title": " 둘째  장 "}]}
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["can_undo"] is True
    assert manifest(world)["cuts"] == [CUT]
    assert manifest(world)["chapters"] == [{"at_s": 30.0, "title": "둘째 장"}]
    assert world.get(f"{base}/film.json", "resident01").json()["state"] == "waiting"
    undone = world.post(f"{base}/edits/undo", "instructor", data={})
    assert undone.json()["can_undo"] is False
    assert manifest(world)["cuts"] == []


def test_two_who_edit_at_once_learn_of_each_other(world: World) -> None:
    base = f"/recordings/{world.recording}"
    first = world.post(f"{base}/edits", "instructor", json={"number": 0, "cuts": [CUT]})
    assert first.status_code == 200
    assert world.post(f"{base}/edits", "suwon", json={"number": 0, "cuts": []}).status_code == 409
    assert manifest(world)["cuts"] == [CUT]


def test_a_wrong_edit_names_its_field_and_changes_nothing(world: World) -> None:
    answer = world.post(
        f"/recordings/{world.recording}/edits", "instructor", json={"number": 0, "cuts": [CUT, {"from_s": 9, "to_s": 9}]}
    )
    assert answer.status_code == 422
    assert list(answer.json()["error"]["fields"]) == ["cuts.1"]
    assert manifest(world)["cuts"] == []


def test_captions_are_uploaded_served_and_taken_away(world: World) -> None:
    base = f"/recordings/{world.recording}"
    vtt = "WEBVTT\n\n00:01.000 --> 00:02.000\n안녕하세요\n".encode()
    assert world.post(f"{base}/captions/ko", "instructor", content=vtt).status_code == 200
    (captions,) = manifest(world)["captions"]  # type: ignore[misc]
    served = world.get(world.signed(f"{base}/files/{captions['file']}", "resident01"), "resident01")
    assert served.headers["content-type"].startswith("text/vtt")
    assert "안녕하세요" in served.text
    wrong = world.post(f"{base}/captions/ko", "instructor", content=b"#EXTM3U")
    assert wrong.status_code == 422
    assert wrong.json()["error"]["code"] == "captions-wrong"
    assert world.post(f"{base}/captions/ko/removal", "instructor", data={}).status_code == 200
    assert manifest(world)["captions"] == []
    assert world.get(world.signed(f"{base}/files/{captions['file']}", "resident01"), "resident01").status_code == 404


def test_who_takes_back_consent_is_out_of_sight_at_once_and_it_is_logged(world: World) -> None:
    base = f"/recordings/{world.recording}"
    assert world.get(world.signed(f"{base}/files/main.webm", "resident02"), "resident02").status_code == 200
    assert world.post(f"{base}/withdrawal", "resident02", data={}).json() == {"withdrawn": True, "fresh": True}
    for who in ("resident01", "resident02", "instructor"):
        assert world.get(f"{base}/files/main.webm", who).status_code == 404
        assert world.get(f"{base}/poster", who).status_code == 404
        assert manifest(world, who) == {"state": "capturing"}
    assert "녹화 동의 철회" in world.get("/admin/access-log", "suwon").text
    assert world.post(f"{base}/withdrawal", "resident02", data={}).json()["fresh"] is False


def test_nobody_takes_out_somebody_else_without_right_and_reason(world: World) -> None:
    base = f"/recordings/{world.recording}"
    assert world.post(f"{base}/withdrawal", "resident01", data={"person": "somebody", "reason": "x"}).status_code == 404
    assert world.post(f"{base}/withdrawal", "suwon", data={"person": "somebody"}).status_code == 422
    person = world.query(world.store.queries.viewer, world.session("resident02"), world.demo.ended_started_at).id
    assert world.post(f"{base}/withdrawal", "suwon", data={"person": person, "reason": "by letter"}).status_code == 200


def test_who_was_not_in_class_takes_the_film_from_nobody(world: World) -> None:
    base = f"/recordings/{world.recording}"
    refused = world.post(f"{base}/withdrawal", "suwon", data={})
    assert refused.status_code == 409
    assert "녹화에 나오지 않습니다" in refused.text
    assert world.post(f"{base}/withdrawal", "suwon", data={"person": "somebody", "reason": "x"}).status_code == 409
    assert world.get(world.signed(f"{base}/files/main.webm", "resident01"), "resident01").status_code == 200

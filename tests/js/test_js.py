"""The pure modules of the browser, run by Node's own test runner; and what only Python can see of the page's files."""

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from signaling.effects import Broadcast
from tests.signaling.play import Play
from tests.signaling.scripts import Script
from tests.tsc import ROOT, node

HERE = Path(__file__).parent
JS = ROOT / "web" / "static" / "js"
SUITES = sorted(path.name for path in HERE.glob("*.test.js"))


@pytest.mark.parametrize("suite", SUITES)
def test_suite(suite: str) -> None:
    ended = node("--test", "--test-reporter=spec", str(HERE / suite))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def recorded_lesson(seed: int) -> dict[str, Any] | None:
    """A random lesson as its room told it; None when it ended (the end is told by `closed`, not by events)."""
    drawn = random.Random(seed)
    play = Play()
    before = play.room.snapshot().model_dump(mode="json")
    play.effects.clear()
    Script(play).run([(drawn.randrange(30), drawn.randrange(8), drawn.randrange(8)) for _ in range(120)])
    if play.room.state != "open":
        return None
    told = [effect.message.model_dump(mode="json") for effect in play.effects if isinstance(effect, Broadcast)]
    return {"before": before, "messages": told, "snapshot": play.room.snapshot().model_dump(mode="json")}


def test_the_browser_sees_the_room_the_server_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lessons = [lesson for lesson in map(recorded_lesson, range(150)) if lesson is not None]
    assert len(lessons) >= 20
    path = tmp_path / "lessons.json"
    path.write_text(json.dumps(lessons))
    monkeypatch.setenv("RECORDED_LESSONS", str(path))
    ended = node("--test", "--test-reporter=spec", str(HERE / "room-state.test.js"))
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_suite_is_found() -> None:
    assert len(SUITES) >= 8


def imports(module: Path) -> set[Path]:
    text = module.read_text()
    return {(module.parent / name).resolve() for name in re.findall(r'from "(\.[^"]+)"', text)}


def reachable(module: Path) -> set[Path]:
    found: set[Path] = set()
    waiting = [module.resolve()]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(imports(each))
    return found


@pytest.mark.parametrize(("page", "start"), [("room", "room/main.js"), ("replay", "pages/replay.js")])
def test_the_page_names_every_module_it_will_need(page: str, start: str) -> None:
    """Preloaded at once, the modules do not wait for each other's imports."""
    template = (ROOT / "web" / "templates" / "room" / f"{page}.html").read_text()
    block = re.search(r"{% for module in \[(.*?)\] %}", template, re.S)
    assert block is not None
    named = {(JS / f"{name}.js").resolve() for name in re.findall(r'"([^"]+)"', block[1])}
    assert named == reachable(JS / start) - {(JS / start).resolve()}


def test_general_helpers_know_nothing_of_rooms() -> None:
    for module in (JS / "lib").glob("*.js"):
        assert all(path.parent == (JS / "lib").resolve() for path in imports(module)), module


def test_pure_modules_import_no_view_and_touch_no_page() -> None:
    for name in (
        "room/room-state",
        "room/grid",
        "room/quality",
        "room/layers",
        "replay/manifest",
        "replay/sync",
        "replay/cuts",
        "replay/watched",
        "replay/search",
        "replay/edit-list",
    ):
        text = (JS / f"{name}.js").read_text()
        assert not re.search(r"\b(document|window|navigator|performance)\.", text), name


def test_no_sentence_for_people_stands_outside_the_texts() -> None:
    for module in [*(JS / "room").rglob("*.js"), *(JS / "replay").glob("*.js")]:
        if module.name.endswith("texts.js") or module.parent.name == "texts":
            continue
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", module.read_text(), flags=re.S)
        assert not re.search("[가-힣]", code), module

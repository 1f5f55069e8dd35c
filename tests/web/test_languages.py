"""Both languages, always: the same keys, the same placeholders, a sentence for every refusal, nothing missing on any page."""

import ast
import re
from dataclasses import fields
from pathlib import Path
from string import Formatter

import pytest

from classroom.admission import Mode
from classroom.attendance import Verdict
from classroom.catalogue import RecordingState
from classroom.courses import Course, CourseKind, CourseState
from classroom.enrolment import EnrolmentState
from classroom.errors import CODES
from classroom.messages import MessageKind
from classroom.people import Role
from classroom.rules import ATTENDANCE_PRESETS, COMPLETION_PRESETS
from tests.web.world import World
from web.errors import PAGE_CODES
from web.i18n import CATALOGUES, choose_language, ends_in_consonant, fields_of, text
from web.rendering import TEMPLATES

HANGUL = re.compile(r"[가-힣]")
KEY = re.compile(r"""\b(?:t|raw)\(\s*["']([a-z0-9.-]+)["']\s*[,)]""")
PREFIX = re.compile(r"""\bt\(\s*["']([a-z0-9.-]+\.)["']\s*~""")


def templates() -> list[Path]:
    return [path for path in sorted(TEMPLATES.rglob("*.html")) if path.parent.name != "room"]


def test_both_catalogues_have_the_same_keys() -> None:
    assert CATALOGUES["ko"].keys() == CATALOGUES["en"].keys()


@pytest.mark.parametrize("key", sorted(CATALOGUES["ko"]))
def test_both_languages_say_the_same_things(key: str) -> None:
    korean, english = CATALOGUES["ko"][key], CATALOGUES["en"][key]
    assert fields_of(korean) == fields_of(english)
    for pattern in (korean, english):
        for _, name, choice, conversion in Formatter().parse(pattern):
            assert name is None or (name.isidentifier() and not conversion and "{" not in (choice or "")), pattern
    assert korean.strip() == korean != ""
    assert english.strip() == english != ""
    assert not HANGUL.search(english)


@pytest.mark.parametrize("path", sorted((TEMPLATES.parent / "texts").glob("*.py")), ids=lambda path: path.stem)
def test_no_key_stands_twice_in_one_file(path: Path) -> None:
    for catalogue in (node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Dict)):
        keys = [key.value for key in catalogue.keys if isinstance(key, ast.Constant)]
        assert len(keys) == len(set(keys)), [key for key in keys if keys.count(key) > 1]


def test_every_key_a_template_uses_exists() -> None:
    used = {key for path in templates() for key in KEY.findall(path.read_text(encoding="utf-8"))}
    assert len(used) > 200
    assert used - CATALOGUES["ko"].keys() == set()


def test_every_key_is_used_somewhere() -> None:
    sources = [
        *templates(),
        *sorted(TEMPLATES.parent.rglob("*.py")),
        *sorted((TEMPLATES.parent.parent / "classroom").glob("*.py")),
    ]
    source = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.parent.name != "texts")
    prefixes = {prefix for path in templates() for prefix in PREFIX.findall(path.read_text(encoding="utf-8"))}
    prefixes |= {"error.", "done.", "figures.value.", "kind.", "state.", "preset.", "log.what.", "role.", "message.", "reach."}
    prefixes |= {"question.kind.", "conflict."}
    unused = {
        key
        for key in CATALOGUES["ko"]
        if f'"{key}"' not in source and f"'{key}'" not in source and not key.startswith(tuple(prefixes))
    }
    assert unused == set()


def test_every_value_that_names_a_sentence_has_one() -> None:
    named = (
        [f"verdict.{each}" for each in Verdict]
        + [f"recording.state.{each}" for each in RecordingState]
        + [f"kind.{each}" for each in CourseKind]
        + [f"state.{each}" for each in CourseState]
        + [f"enrolment.{each}" for each in EnrolmentState]
        + [f"role.{each}" for each in Role]
        + [f"message.{each}.{part}" for each in MessageKind for part in ("title", "words")]
        + [f"mode.{each}" for each in Mode]
        + [f"conflict.{each.name}" for each in fields(Course) if each.name not in ("id", "municipality", "version", "drawn_at")]
        + [f"preset.{each}" for each in [*ATTENDANCE_PRESETS, *COMPLETION_PRESETS]]
        + [f"error.{code}" for code in [*CODES, *PAGE_CODES.values(), "sign-in-needed", "server-error", "unavailable", "invalid"]]
    )
    assert set(named) - CATALOGUES["ko"].keys() == set()


def test_an_error_says_what_happened_and_what_to_do() -> None:
    for language, stops in (("ko", "."), ("en", ".")):
        for key, sentence in CATALOGUES[language].items():  # type: ignore[index]
            if key.startswith("error.") and not key.startswith("error.title."):
                assert sentence.endswith(stops), key


@pytest.mark.parametrize(
    ("query", "cookie", "accept", "chosen"),
    [
        ("en", "ko", "ko", "en"),
        (None, "en", "ko", "en"),
        ("xx", "en", "ko", "en"),
        (None, None, "en-GB,en;q=0.9,ko;q=0.8", "en"),
        (None, None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, None, "de,en;q=0.1,ko;q=0.9", "ko"),
        (None, None, "fr", "ko"),
        (None, None, "en;q=nonsense", "ko"),
        (None, None, None, "ko"),
        ("KO", "<script>", ",;=,;q", "ko"),
    ],
)
def test_the_language_is_the_wish_then_the_memory_then_the_browser(
    query: str | None, cookie: str | None, accept: str | None, chosen: str
) -> None:
    assert choose_language(query, cookie, accept) == chosen


def test_a_chosen_language_is_remembered(shared: World) -> None:
    answer = shared.get("/?lang=en")
    assert 'lang="en"' in answer.text
    assert "lang=en" in answer.headers["set-cookie"]
    assert 'lang="en"' in shared.get("/", headers={"Cookie": "lang=en"}).text


def test_numbers_and_particles_are_chosen() -> None:
    assert text("en", "course.seats-left", n=1) == "1 seat left"
    assert text("en", "course.seats-left", n=2) == "2 seats left"
    assert [ends_in_consonant(word) for word in ("수원", "사과", "3", "2", "")] == [True, False, True, False, False]


PAGES = [
    ("/", None),
    ("/courses", None),
    ("/courses?q=nothing-like-this", None),
    ("/suwon/", None),
    ("/paju/", None),
    ("/suwon/courses", None),
    ("/suwon/courses/smartphone-photo", None),
    ("/yongin/courses/pottery", None),
    ("/yongin/courses/kitchen-garden", None),
    ("/sign-in", None),
    ("/verify/", None),
    ("/verify/AAAA-BBBB-CCCC", None),
    ("/nothing/here", None),
    ("/me", "resident01"),
    ("/me", "resident30"),
    ("/me", "instructor"),
    ("/me/history", "resident01"),
    ("/me/account", "resident01"),
    ("/me/certificates", "resident01"),
    ("/recordings", "resident01"),
    ("/recordings", "resident30"),
    ("/admin/", "suwon"),
    ("/admin/courses", "suwon"),
    ("/admin/courses/new", "suwon"),
    ("/admin/courses/suwon/smartphone-photo", "suwon"),
    ("/admin/courses/suwon/smartphone-photo/edit", "suwon"),
    ("/admin/lessons", "suwon"),
    ("/admin/recordings", "suwon"),
    ("/admin/certificates", "suwon"),
    ("/admin/rules/suwon", "suwon"),
    ("/admin/rules", "province"),
    ("/admin/sites", "province"),
    ("/admin/access-log", "province"),
]


@pytest.mark.parametrize(("path", "who"), PAGES)
def test_every_page_is_complete_in_both_languages(shared: World, path: str, who: str | None) -> None:
    for language in ("ko", "en"):
        mark = "&" if "?" in path else "?"
        answer = shared.get(f"{path}{mark}lang={language}", who)
        assert answer.status_code in (200, 404)
        assert f'<html lang="{language}"' in answer.text
        assert "None" not in re.sub(r"<[^>]*>", "", answer.text), "a missing value is shown"
        leftover = re.search(r">[^<]*\{\w+(:[^}]*)?\}[^<]*<", answer.text)
        assert leftover is None, leftover and leftover[0]
        assert answer.text.count("<h1") == 1
        assert '<main class="page" id="main"' in answer.text

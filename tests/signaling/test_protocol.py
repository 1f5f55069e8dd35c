"""signaling/PROTOCOL.md: every message has its prose and one example that is true."""

import json
import re
from pathlib import Path

import pytest

import signaling
from signaling import errors, messages, requests
from signaling.messages import CLIENT_MESSAGE, SERVER_MESSAGE
from signaling.typings import members, tag

TEXT = (Path(signaling.__file__).parent / "PROTOCOL.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### ([a-z-]+)\n(.*?)(?=^##|\Z)", TEXT, re.DOTALL | re.MULTILINE))
CLIENT = [tag(model) for model in members(requests.ClientMessage)]
SERVER = [tag(model) for model in members(messages.ServerMessage)]


def test_the_document_names_every_message_and_no_other() -> None:
    assert list(SECTIONS) == [*CLIENT, *[name for name in SECTIONS if name in SERVER]]
    assert sorted(SECTIONS) == sorted(CLIENT + SERVER)


@pytest.mark.parametrize("name", CLIENT + SERVER)
def test_every_message_has_one_example_that_parses(name: str) -> None:
    examples = re.findall(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL)
    assert len(examples) == 1
    adapter = CLIENT_MESSAGE if name in CLIENT else SERVER_MESSAGE
    parsed = adapter.validate_json(examples[0])
    assert parsed.type == name
    assert json.loads(parsed.model_dump_json()) == json.loads(examples[0]), "nothing is left out of the example"


def test_every_code_is_explained() -> None:
    for code in errors.ERROR_CODES:
        assert f"`{code}`" in SECTIONS["error"], code
    for code in errors.CLOSE_NUMBERS:
        assert f"`{code}`" in SECTIONS["closed"], code

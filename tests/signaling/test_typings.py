"""signaling/typings.py: the browser's copy is the source's."""

import json
import re

from signaling import messages, requests, typings
from signaling.room import MAY
from signaling.typings import members, tag


def test_the_browsers_copy_is_up_to_date() -> None:
    assert typings.TARGET.read_text(encoding="utf-8") == typings.render(), "run: python -m signaling.typings"


def test_every_field_of_every_message_is_typed() -> None:
    text = typings.render()
    for model in members(requests.ClientMessage) + members(messages.ServerMessage) + typings.PARTS:
        name = typings._name(model)
        block = re.search(rf"@typedef {{object}} {name}\n(.*?)\*/", text, re.DOTALL)
        assert block is not None, name
        for field in model.model_fields:
            assert re.search(rf"@property {{.+}} \[?{field}\]?\n", block[1]), f"{name}.{field}"


def test_only_what_a_sender_may_leave_out_is_optional() -> None:
    assert re.findall(r"@property {.+} \[(\w+)\]", typings.render()) == ["resume"]


def test_tags_are_unique_in_each_direction() -> None:
    for union in (requests.ClientMessage, messages.ServerMessage):
        tags = [tag(model) for model in members(union)]
        assert len(set(tags)) == len(tags)


def test_every_message_of_a_browser_has_a_rule_who_may_say_it() -> None:
    assert set(members(requests.ClientMessage)) - {requests.Hello} == set(MAY)


def test_constants_are_the_sources() -> None:
    listed = re.search(r"CLIENT_TYPES = Object.freeze\((\[.*?\])\)", typings.render(), re.DOTALL)
    assert listed is not None
    assert json.loads(listed[1].replace(",\n]", "]")) == [tag(model) for model in members(requests.ClientMessage)]

"""signaling/session.py: one connection from hello to closed."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signaling import limits, replies, requests
from signaling.effects import Answer, Deliver, HangUp, Outcome
from signaling.errors import CLOSE_NUMBERS, ERROR_CODES
from signaling.session import HELLO_S, MALFORMED_PATIENCE, SILENCE_S, Malformed, Session, State, parse
from signaling.typings import members, tag
from signaling.vocabulary import MAX_FRAME_BYTES, VERSION, PeerId

HELLO = requests.Hello(version=VERSION, ticket="t").model_dump_json()
HEARTBEAT = requests.Heartbeat().model_dump_json()


def joined(now: float = 0.0) -> Session:
    session = Session(now)
    session.receive(HELLO, now)
    session.admitted(now)
    return session


def codes(outcomes: list[Outcome]) -> list[str]:
    return [
        outcome.code if isinstance(outcome, HangUp) else outcome.message.code
        for outcome in outcomes
        if isinstance(outcome, HangUp) or (isinstance(outcome, Answer) and isinstance(outcome.message, replies.Error))
    ]


def test_the_first_message_must_be_hello() -> None:
    session = Session(0.0)
    assert codes(session.receive(HEARTBEAT, 0.0)) == ["hello-expected"]
    assert session.state is State.CLOSED
    assert session.receive(HELLO, 0.0) == [], "nothing more is said"


def test_a_hello_of_another_version_is_sent_off() -> None:
    hello = requests.Hello(version=2, ticket="t").model_dump_json()
    assert codes(Session(0.0).receive(hello, 0.0)) == ["version"]


def test_a_second_hello_is_an_error() -> None:
    assert codes(joined().receive(HELLO, 1.0)) == ["bad-message"]


def test_a_heartbeat_is_delivered_and_answered() -> None:
    outcomes = joined().receive(HEARTBEAT, 5.0)
    assert outcomes == [Deliver(requests.Heartbeat()), Answer(replies.Alive())]


def test_who_does_not_say_hello_is_sent_off_in_time() -> None:
    session = Session(100.0)
    assert session.on_deadline(100.0 + HELLO_S - 0.1) == []
    assert codes(session.on_deadline(100.0 + HELLO_S)) == ["hello-expected"]


def test_silence_of_three_heartbeats_ends_it() -> None:
    session = joined(100.0)
    session.receive(HEARTBEAT, 110.0)
    assert session.deadline() == 110.0 + SILENCE_S
    assert session.on_deadline(124.9) == []
    assert codes(session.on_deadline(125.0)) == ["silent"]
    assert session.on_deadline(200.0) == [], "only once"
    assert session.last_seen == 110.0


def test_our_own_stall_is_not_the_clients_silence() -> None:
    session = joined(100.0)
    session.forgive(30.0)
    assert session.on_deadline(140.0) == []
    session.receive(HEARTBEAT, 141.0)
    assert session.deadline() == 141.0 + SILENCE_S, "forgiven once"


def test_a_room_that_takes_long_to_open_is_not_the_clients_fault() -> None:
    session = Session(0.0)
    session.receive(HELLO, 0.0)
    assert session.on_deadline(60.0) == []


def test_nonsense_is_answered_until_patience_ends() -> None:
    session = joined()
    for _ in range(MALFORMED_PATIENCE):
        assert codes(session.receive("{", 0.0)) == ["bad-message"]
    assert codes(session.receive("{", 0.0)) == ["bad-message"]
    assert session.state is State.CLOSED


def test_a_text_over_its_limit_says_which_message_it_was() -> None:
    line = json.dumps({"type": "send-chat", "id": "1", "text": "가" * 1_001})
    [answer] = joined().receive(line, 0.0)
    assert answer == Answer(replies.Error(code="too-long", about="send-chat"))


def test_frames_over_64_kib_end_it() -> None:
    assert codes(joined().receive("x" * (MAX_FRAME_BYTES + 1), 0.0)) == ["too-big"]


def test_binary_frames_end_it() -> None:
    assert codes(joined().receive_other()) == ["bad-message"]


@pytest.mark.parametrize("kind", sorted(limits.LIMITS))
def test_each_limit_lets_its_burst_through_and_then_its_rate(kind: str) -> None:
    examples = {
        "send-chat": requests.SendChat(id="1", text="x"),
        "post-caption": requests.PostCaption(text="x", language="ko"),
        "react": requests.React(reaction="clap"),
        "lower-hand": requests.LowerHand(peer=PeerId("x")),
        "publish": requests.Publish(sdp="", sources={}),
    }
    by_tag = {tag(model): model for model in members(requests.ClientMessage)}
    text = (examples.get(kind) or by_tag[kind]()).model_dump_json()
    rate, burst = limits.LIMITS[kind]
    session = joined()
    for _ in range(int(burst)):
        assert codes(session.receive(text, 0.0)) == []
    assert codes(session.receive(text, 0.0)) == ["too-fast"]
    assert codes(session.receive(text, 1.0 / rate + 0.01)) == []
    assert codes(session.receive(text, 1.0 / rate + 0.02)) == ["too-fast"]


def test_a_flood_ends_it() -> None:
    session = joined()
    said = [code for _ in range(1_000) for code in codes(session.receive(HEARTBEAT, 0.0))]
    assert said[-1] == "too-fast"
    assert session.state is State.CLOSED
    assert len(said) == limits.PATIENCE + 1


def test_a_clock_that_goes_back_does_not_break_the_bucket() -> None:
    bucket = limits.TokenBucket(1.0, 2.0)
    assert bucket.take(1_000.0)
    assert bucket.take(10.0)
    assert not bucket.take(10.0)
    assert bucket.take(11.5)


@settings(deadline=None)
@given(st.text(max_size=200))
def test_whatever_text_comes_only_codes_come_out(text: str) -> None:
    for code in codes(joined().receive(text, 1.0)):
        assert code in ERROR_CODES


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
TAGS = [tag(model) for model in members(requests.ClientMessage)]
FIELDS = sorted({name for model in members(requests.ClientMessage) for name in model.model_fields} - {"type"})


@settings(deadline=None)
@given(st.sampled_from([*TAGS, "no-such", ""]), st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=4))
def test_wrong_types_in_every_field_only_malformed_escapes(kind: str, fields: dict[str, object]) -> None:
    session = joined()
    for outcome in session.receive(json.dumps({"type": kind, **fields}), 1.0):
        assert isinstance(outcome, Deliver | Answer | HangUp)
        if isinstance(outcome, HangUp):
            assert outcome.code in CLOSE_NUMBERS


@pytest.mark.parametrize("depth", [100, 10_000, 30_000])
def test_depth_is_an_error_not_a_stack(depth: int) -> None:
    with pytest.raises(Malformed):
        parse('{"type":"send-chat","id":"1","text":' + "[" * depth + "]" * depth + "}")
    with pytest.raises(Malformed):
        parse('{"a":' * depth)

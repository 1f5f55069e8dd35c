"""SDP of true lines in false order, and of absurd length. (Every parser under damaged input: `tests/fuzz`.)"""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import sdp
from media.errors import Malformed, Refused
from media.offers import TransportText, answer_publisher, offer_viewer
from tests.media.light import LightPeer

TRANSPORT = TransportText("u", "p", "AA", [("127.0.0.1", 40000)])
OFFER = LightPeer().publisher_offer()


@st.composite
def shuffled_lines(draw: st.DrawFn) -> str:
    lines = (OFFER + offer_viewer(TRANSPORT)).splitlines()
    chosen = draw(st.lists(st.sampled_from(lines), max_size=60))
    return "v=0\r\n" + "\r\n".join(chosen)


@settings(max_examples=300, deadline=None)
@given(shuffled_lines())
def test_sdp_of_true_lines_in_false_order(text: str) -> None:
    with contextlib.suppress(Malformed, Refused):
        answer_publisher(sdp.parse(text), TRANSPORT, {})


@pytest.mark.parametrize("size", [48_001, 5_000_000])
def test_a_huge_sdp_is_refused_by_its_length(size: int) -> None:
    with pytest.raises(Malformed, match="longer than 48,000 characters"):
        sdp.parse("v=0\r\n" + "a" * size)

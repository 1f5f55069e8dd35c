"""Refresh? When a publisher is asked for a key frame."""

import itertools

from media.keyframes import COALESCE_S, KeyframeRequests


def test_many_wishes_for_a_key_frame_are_one_request_per_half_second() -> None:
    requests = KeyframeRequests()
    sent = []
    for step in range(100):
        now = step * 0.02
        requests.want()
        if requests.is_due(now):
            sent.append(now)
    assert len(sent) == 4
    assert all(b - a >= COALESCE_S for a, b in itertools.pairwise(sent))
    requests.receive_keyframe()
    assert not requests.is_due(100.0)


def test_a_great_crowd_is_sent_fewer_key_frames() -> None:
    requests = KeyframeRequests()
    requests.want()
    assert requests.is_due(0.0, audience=1500)
    assert not requests.is_due(1.4, audience=1500)
    assert requests.is_due(1.5, audience=1500)
    assert requests.is_due(2.1, audience=20)

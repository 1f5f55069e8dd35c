"""Bad input from strangers and members: refused or dropped with a reason, counted; nobody else notices. Each guard is real."""

import time

import pytest
import structlog

from media import sdp, worker
from media.control import OpenPeer, PeerId
from media.errors import Refused
from media.rtcp import pack_empty_receiver_report
from tests.media.attacks import ATTACKS, Attack
from tests.media.hall import ROOM, Hall
from tests.media.light import LightPeer

every_attack = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@every_attack
def test_an_attack_is_counted_and_nobody_else_notices(attack: Attack) -> None:
    hall = Hall()
    try:
        assert hall.lesson()
        assert not attack.run(hall), "it did harm"
        assert hall.lesson(), "the class noticed"
        assert hall.dropped("error") == 0
        assert attack.reason == "" or hall.dropped(attack.reason) > 0, hall.stats.dropped
        assert not [event for event in hall.gone if event.owner in ("teacher", "resident")]
    finally:
        hall.close()


@every_attack
def test_without_its_guard_the_attack_does_harm(attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*attack.guard)
    hall = Hall()
    try:
        assert attack.run(hall), "the guard was not what stopped it"
    finally:
        hall.close()


def offer_of(sections: int, padding: int = 0) -> str:
    head, *parts = LightPeer().publisher_offer().split("m=")
    return head + "".join(f"m={parts[0].replace('a=mid:0', f'a=mid:m{n}')}" for n in range(sections)) + "a=x" * padding


@pytest.mark.parametrize(
    ("offer", "sentence", "guard"),
    [
        (offer_of(500) + "a=y:" + "y" * 65_536, "longer than 48,000 characters", "MAX_CHARACTERS"),
        ("v=0\r\n" + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 500, "too many m-lines", "MAX_SECTIONS"),
        ("v=0\r\n" + "a=x\r\n" * 5_000, "too many lines", "MAX_LINES"),
    ],
    ids=["64 KiB", "500 m-lines", "5,000 lines"],
)
def test_an_absurd_sdp_is_refused_with_its_reason_and_at_once(
    offer: str, sentence: str, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall()
    try:
        command = OpenPeer(request=1, peer=PeerId("p"), room=ROOM, owner="bad", direction="publish", sdp=offer)
        began = time.process_time()
        with pytest.raises(Refused, match=sentence) as refused:
            hall.worker.commands.open_peer(command, hall.now)
        assert time.process_time() - began < 0.25  # a few ms
        assert refused.value.code == "bad-sdp"
        assert hall.lesson()
        monkeypatch.setattr(sdp, guard, 1 << 30)
        with pytest.raises(Refused) as other:
            hall.worker.commands.open_peer(command, hall.now)
        assert sentence not in str(other.value.message), "the limit was not what refused it"
    finally:
        hall.close()


def test_log_lines_are_at_most_one_a_second_whatever_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    def lines() -> int:
        hall = Hall()
        rubbish = b"\x80\xc9\x00\x01\0\0\0\1\xff\xff\xff\xff"
        with structlog.testing.capture_logs() as written:
            for _ in range(200):
                hall.resident.send_rtcp(rubbish)
                hall.resident.send_rtcp(pack_empty_receiver_report())
                hall.pump()
        hall.close()
        assert hall.dropped("malformed") > 100
        return len([line for line in written if line["event"] == "! dropped"])

    assert lines() <= 5  # a second or two may pass
    monkeypatch.setattr(worker, "LOG_GAP_S", 0.0)
    assert lines() > 100


def test_strangers_can_neither_fill_our_memory_nor_shut_out_the_next_joiner() -> None:
    """A million addresses may fail; we remember a few thousand for a second, and a new one is heard."""
    failures = worker.Failures(3)
    for _ in range(3):
        for number in range(20_000):
            assert not failures.is_over("a joiner", 1.0)
            failures.add(number)
    assert len(failures._counts) <= 4_096
    assert failures.is_over(0, 1.5)
    assert not failures.is_over(0, 2.1)

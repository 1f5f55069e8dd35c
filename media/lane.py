"""Viewers who receive byte-identical plaintext: one slot, one rendition, one numbering, one wire form (pure).

All viewers of a lecture are normally in one lane per slot. A viewer that changes layer on its own continues its own numbering
and so gets a lane of its own, until `switching.py` can bring it back.
A lane never changes its mapping: a switch makes new lanes. So a packet resent from the cache is the same to the byte, as the
cipher's nonce demands (same SSRC and number, same plaintext).
"""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from media.bursts import add_riders
from media.publication import Layer
from media.rendition import Rendition
from media.renumber import Continuation, Shift
from media.rtcp import pack_sender_report
from media.slots import SlotKind

if TYPE_CHECKING:
    from media.subscription import Subscription

CNAME = b"class"

_HEAD = struct.Struct("!BBHII")
_EXTENSION = b"\xbe\xde\x00\x01"


class Audience(Protocol):
    """Those who get what a lane sends: encrypts per member and hands to the kernel (`outbox.py`)."""

    def send(self, runs: list[list[bytes]]) -> None:
        """Runs of packets that leave together; in each run equal sizes, the last may be shorter."""

    def serves_same(self, other: object) -> bool:
        """Whether exactly the same members are in both."""

    def send_report(self, compound: bytes) -> None:
        """One RTCP compound to everybody."""

    def add(self, member: object) -> None: ...

    def remove(self, member: object) -> None: ...


@dataclass(frozen=True, slots=True)
class WireForm:
    """How a viewer knows a slot's packets."""

    payload_type: int
    send_time_id: int | None


class Lane:
    """One prepared stream and who gets it."""

    __slots__ = (
        "_extension",
        "audience",
        "first_number",
        "form",
        "octets",
        "packets",
        "rendition",
        "reported_at",
        "shift",
        "slot",
        "subscriptions",
    )

    def __init__(
        self, slot: SlotKind, rendition: Rendition, form: WireForm, shift: Shift, first_number: int, audience: Audience
    ) -> None:
        self.slot = slot
        self.rendition = rendition
        self.form = form
        self.shift = shift
        self.first_number = first_number
        """The rendition's number this lane began with; earlier packets would repeat numbers of the stretch before."""
        self.audience = audience
        self.subscriptions: dict[Subscription, None] = {}
        """Who is in it; a dictionary because it keeps order and forgets quickly."""
        self.packets = 0
        self.octets = 0
        self.reported_at = float("-inf")
        self._extension = extension_of(form)

    @property
    def layer(self) -> Layer:
        return self.rendition.layer

    def send(self, runs: list[list[tuple[int, bytes]]], riders: list[list[bytes]]) -> None:
        """Renumber runs of master packets and give them to the lane's viewers, and what goes along (`take` of other lanes)."""
        packets = add_riders(self.take(runs), riders)
        if packets:
            self.audience.send(packets)

    def take(self, runs: list[list[tuple[int, bytes]]]) -> list[list[bytes]]:
        """Runs of master packets as this lane's viewers get them; they count as sent."""
        first = self.first_number
        taken = []
        for run in runs:
            packets = [self.render(number, master) for number, master in run if number >= first]
            if packets:
                self.packets += len(packets)
                self.octets += sum(map(len, packets))
                taken.append(packets)
        return taken

    def render(self, number: int, master: bytes) -> bytes:
        """The packet as this lane's viewers get it; the same bytes every time."""
        timestamp = int.from_bytes(master[4:8], "big") + self.shift.timestamp_rtp
        head = _HEAD.pack(
            master[0],
            master[1] & 0x80 | self.form.payload_type,
            (number + self.shift.number) & 0xFFFF,
            timestamp & 0xFFFFFFFF,
            self.slot.ssrc,
        )
        return head + self._extension + master[12 + len(self._extension) :]

    def continuation(self) -> Continuation:
        """Where its viewers stop when they leave now. Flush the layer first."""
        number = max(self.rendition.highest, self.first_number - 1)
        layer = self.layer
        return Continuation(number + 1 + self.shift.number, layer.sent_timestamp + self.shift.timestamp_rtp, layer.sent_at)

    def resend(self, number_out: int) -> bytes | None:
        """The packet that went out under the unwrapped `number_out`, if it is still remembered."""
        number = number_out - self.shift.number
        if number < self.first_number:
            return None
        master = self.rendition.cache.get(number)
        return self.render(number, master) if master is not None else None

    def sender_report(self, ntp_64: int) -> bytes | None:
        """Tell viewers when this lane's clock shows what. ntp_64: the publisher's last report on our clock; None before it."""
        layer = self.layer
        if layer.report_monotonic is None:
            return None
        timestamp = layer.report_timestamp + self.shift.timestamp_rtp
        return pack_sender_report(self.slot.ssrc, ntp_64, timestamp, self.packets, self.octets, CNAME)


class Bridge:
    """Empty packets that carry one viewer's numbering on: receivers count them, and nothing else."""

    __slots__ = ("_extension", "_form", "_ssrc", "_timestamp_rtp", "count", "first")

    def __init__(self, slot: SlotKind, form: WireForm, before: Continuation, count: int, send_time: bytes) -> None:
        self.first = before.next_number
        self.count = count
        self._ssrc = slot.ssrc
        self._form = form
        self._timestamp_rtp = before.timestamp_rtp
        self._extension = extension_of(form)[:5] + (send_time if form.send_time_id is not None else bytes(3))

    def packets(self) -> list[bytes]:
        return [self._render(self.first + place) for place in range(self.count)]

    def resend(self, number_out: int) -> bytes | None:
        return self._render(number_out) if self.first <= number_out < self.first + self.count else None

    def _render(self, number_out: int) -> bytes:
        timestamp = self._timestamp_rtp & 0xFFFFFFFF
        head = _HEAD.pack(0xB0, self._form.payload_type, number_out & 0xFFFF, timestamp, self._ssrc)
        return head + self._extension + b"\x01"


def extension_of(form: WireForm) -> bytes:
    """How the header extension begins, up to the time a packet left (or its whole, when that was not negotiated)."""
    if form.send_time_id is None:
        return _EXTENSION + bytes(4)  # zero bytes are padding between extensions (RFC 8285 §4.1.1)
    return _EXTENSION + bytes((form.send_time_id << 4 | 2,))

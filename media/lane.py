"""Viewers who receive byte-identical plaintext: one slot, one layer, one numbering, one wire form (pure).

All viewers of a lecture are normally in one lane per slot. A viewer that changes layer on its own continues its own numbering
and so gets a lane of its own; `splice` keeps together those who switch together.
A lane never changes its mapping: a switch makes new lanes. So a packet resent from the cache is the same to the byte, as the
cipher's nonce demands (same SSRC and number, same plaintext).
"""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from media.publication import Layer
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

    def send(self, packets: list[bytes]) -> None:
        """packets: equal sizes, the last may be shorter."""

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
        "layer",
        "octets",
        "packets",
        "reported_at",
        "shift",
        "slot",
        "subscriptions",
    )

    def __init__(self, slot: SlotKind, layer: Layer, form: WireForm, shift: Shift, first_number: int, audience: Audience) -> None:
        self.slot = slot
        self.layer = layer
        self.form = form
        self.shift = shift
        self.first_number = first_number
        """The layer's number this lane began with; earlier packets would repeat numbers of the stretch before."""
        self.audience = audience
        self.subscriptions: dict[Subscription, None] = {}
        """Who is in it; a dictionary because it keeps order and forgets quickly."""
        self.packets = 0
        self.octets = 0
        self.reported_at = float("-inf")
        if form.send_time_id is None:
            self._extension = _EXTENSION + bytes(4)  # zero bytes are padding between extensions (RFC 8285 §4.1.1)
        else:
            self._extension = _EXTENSION + bytes((form.send_time_id << 4 | 2,))

    def send(self, run: list[tuple[int, bytes]]) -> None:
        """Renumber a run of master packets and give it to every viewer of the lane."""
        first = self.first_number
        packets = [self.render(number, master) for number, master in run if number >= first]
        if packets:
            self.packets += len(packets)
            self.octets += sum(map(len, packets))
            self.audience.send(packets)

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
        layer = self.layer
        number = max(layer.losses.highest, self.first_number - 1)
        return Continuation(number + 1 + self.shift.number, layer.timestamp + self.shift.timestamp_rtp, layer.last_at)

    def resend(self, number_out: int) -> bytes | None:
        """The packet that went out under the unwrapped `number_out`, if it is still remembered."""
        number = number_out - self.shift.number
        if number < self.first_number:
            return None
        master = self.layer.cache.get(number)
        return self.render(number, master) if master is not None else None

    def sender_report(self, ntp_64: int) -> bytes | None:
        """Tell viewers when this lane's clock shows what. ntp_64: the publisher's last report on our clock; None before it."""
        layer = self.layer
        if layer.report_monotonic is None:
            return None
        timestamp = layer.report_timestamp + self.shift.timestamp_rtp
        return pack_sender_report(self.slot.ssrc, ntp_64, timestamp, self.packets, self.octets, CNAME)

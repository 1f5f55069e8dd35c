"""What passes between two workers of one machine when a room is spread over them: the wire form and who may speak it (pure).

The *home* of a room holds its publishers; a *follower* holds viewers and gets one copy of each layer somebody there watches.
The follower dials. A packet of the link's socket (SOCK_SEQPACKET: whole or not at all) is one of:

- a JSON message (`Follow`, `Unfollow`, `Want`, `AskKeyframe`, `Decoded` to the home; `Picture` to the follower), or
- a batch of records: decrypted RTP as it came, or an RTCP compound with sender reports.

`Picture` is the whole truth about what the slots carry, sent when it changes and twice a second, so nothing needs repeating.
"""

import hashlib
import hmac
import secrets
import struct
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from media.control import Model, PeerId, RoomId, Slot, Source
from media.errors import Malformed

BATCH = 1
"""First byte of a batch of records; a JSON message begins with "{"."""
MAX_MESSAGE_BYTES = 60_000
MAX_BATCH_BYTES = 32_000
RECORD = struct.Struct("!HBHH")
"""length, kind, channel, publisher."""
RTP, RTCP = 0, 1
NONCE_BYTES = 32
PROOF_BYTES = 32


class Follow(Model):
    """Tell me on `channel` what the slots of `room` carry, from now on."""

    type: Literal["follow"] = "follow"
    channel: int = Field(ge=0, le=0xFFFF)
    room: RoomId


class Unfollow(Model):
    type: Literal["unfollow"] = "unfollow"
    channel: int


class Want(Model):
    """Exactly these streams of a publisher, from now on."""

    type: Literal["want"] = "want"
    channel: int
    publisher: int
    ssrcs: list[int]


class AskKeyframe(Model):
    type: Literal["ask-keyframe"] = "ask-keyframe"
    channel: int
    publisher: int
    mid: str


class Decoded(Model):
    """The rarer codecs that all viewers here decode, from now on; not said: all of them."""

    type: Literal["decoded"] = "decoded"
    channel: int
    codecs: list[str]


class LayerPicture(Model):
    ssrc: int
    rid: str | None
    height: int
    bitrate_bps: float
    age_s: float
    """How long ago its last packet came."""


class CodecPicture(Model):
    payload_type: int
    name: str
    clock_rate: int
    channels: int
    fmtp: str


class PublicationPicture(Model):
    """One publication that has a slot, as the home knows it."""

    publisher: int
    """Number of the publishing peer on this channel; SSRCs are unique within it."""
    peer: PeerId
    owner: str
    mid: str
    source: Source
    lead: bool
    muted: bool
    audible: bool = True
    codec: CodecPicture
    extensions: dict[str, int]
    rids: list[str]
    slots: list[Slot]
    layers: list[LayerPicture]


class Picture(Model):
    """What the slots of the room carry now; empty when the home knows no such room (yet)."""

    type: Literal["picture"] = "picture"
    channel: int
    publications: list[PublicationPicture]


ToHome = Annotated[Follow | Unfollow | Want | AskKeyframe | Decoded, Field(discriminator="type")]
TO_HOME: TypeAdapter[Follow | Unfollow | Want | AskKeyframe | Decoded] = TypeAdapter(ToHome)
TO_FOLLOWER: TypeAdapter[Picture] = TypeAdapter(Picture)


def read_records(batch: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """(kind, channel, publisher, packet) of every record. Raises Malformed."""
    at, end = 1, len(batch)
    while at < end:
        if end - at < RECORD.size:
            raise Malformed("link record is cut short")
        length, kind, channel, publisher = RECORD.unpack_from(batch, at)
        at += RECORD.size
        if end - at < length:
            raise Malformed("link record is longer than its batch")
        yield kind, channel, publisher, batch[at : at + length]
        at += length


class Gate:
    """Both ends prove that they know the machine's secret, which never passes itself.

    follower: nonce → home: nonce + proof → follower: proof. Each end calls `receive` until `is_open`.
    """

    def __init__(self, secret: str, *, dials: bool) -> None:
        self.is_open = False
        self._secret = secret.encode()
        self._dials = dials
        self._nonce = secrets.token_bytes(NONCE_BYTES)
        self._home_proved = False
        self._transcript = b""

    def greeting(self) -> bytes:
        """The dialling end's first packet."""
        return self._nonce

    def receive(self, packet: bytes) -> bytes | None:
        """Take the other end's packet; what to answer, if anything. Raises Malformed for whoever cannot prove himself."""
        if self._dials:
            if len(packet) != NONCE_BYTES + PROOF_BYTES:
                raise Malformed("link greeting has the wrong length")
            self._transcript = self._nonce + packet[:NONCE_BYTES]
            self._check(packet[NONCE_BYTES:], b"home")
            self.is_open = True
            return self._proof(b"follower")
        if not self._transcript:
            if len(packet) != NONCE_BYTES:
                raise Malformed("link greeting has the wrong length")
            self._transcript = packet + self._nonce
            return self._nonce + self._proof(b"home")
        self._check(packet, b"follower")
        self.is_open = True
        return None

    def _proof(self, side: bytes) -> bytes:
        return hmac.new(self._secret, b"media link " + side + self._transcript, hashlib.sha256).digest()

    def _check(self, proof: bytes, side: bytes) -> None:
        if not hmac.compare_digest(proof, self._proof(side)):
            raise Malformed("link proof is wrong")

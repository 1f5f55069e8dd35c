"""The offers and answers we speak, no more (RFC 8866, RFC 8829, RFC 8843 BUNDLE, RFC 8851 RIDs, RFC 8853 simulcast).

`parse` reads what anybody sends into `Description`, raising only Malformed; `offers.py` writes what we say.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Literal

from media.errors import Malformed

MAX_CHARACTERS = 48_000
MAX_SECTIONS = 32
MAX_LINES = 1_500

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
DEPENDENCY_DESCRIPTOR = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,64}")
_ICE_TEXT = re.compile(r"[A-Za-z0-9+/]{4,256}")
_FINGERPRINT = re.compile(r"[0-9A-F]{2}(:[0-9A-F]{2}){31}")
_FMTP_TEXT = re.compile(r"[\x21-\x7e ]{0,500}")

Setup = Literal["active", "passive", "actpass"]


@dataclass(slots=True)
class Codec:
    """One payload type of a section."""

    payload_type: int
    name: str
    """Lower case: "vp8", "h264", "opus", "rtx" …"""
    clock_rate: int
    channels: int
    fmtp: str = ""
    feedback: set[str] = field(default_factory=set)

    def parameter(self, name: str) -> str | None:
        """One value out of `fmtp`."""
        for part in self.fmtp.split(";"):
            key, _, value = part.strip().partition("=")
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Section:
    """One m-line."""

    kind: str
    port: int
    protocol: str
    formats: list[str]
    mid: str = ""
    bundle_only: bool = False
    """Port 0 then means "only inside the bundle", not "rejected" (RFC 9143 §6); Firefox offers all but its first so."""
    direction: str = "sendrecv"
    codecs: list[Codec] = field(default_factory=list)
    """In order of the m-line's formats."""
    extensions: dict[str, int] = field(default_factory=dict)
    """URI → id."""
    rids: list[str] = field(default_factory=list)
    """Those the other side sends."""
    ssrcs: list[int] = field(default_factory=list)
    repairs: dict[int, int] = field(default_factory=dict)
    """RTX SSRC → the SSRC it repairs (a=ssrc-group:FID)."""

    @property
    def is_rejected(self) -> bool:
        return self.port == 0 and not self.bundle_only


@dataclass(slots=True)
class Description:
    """A parsed offer or answer."""

    sections: list[Section] = field(default_factory=list)
    fingerprints: set[str] = field(default_factory=set)
    """sha-256 only, upper case."""
    setup: Setup | None = None
    has_ice: bool = False
    ufrag: str = ""
    password: str = ""
    """What our own checks of its addresses carry; empty: none that RFC 8839 §5.4 allows, and it is not asked."""


def parse(text: str) -> Description:
    """Read an offer or answer. Raises Malformed, whatever is in it."""
    if len(text) > MAX_CHARACTERS:
        raise Malformed("SDP is longer than 48,000 characters")
    lines = text.replace("\r\n", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise Malformed("SDP has too many lines")
    if not lines or lines[0].strip() != "v=0":
        raise Malformed("SDP does not begin with v=0")
    description = Description()
    section: Section | None = None
    maps: list[dict[str, str]] = []
    for line in lines[1:]:
        if line.startswith("m="):
            if len(description.sections) >= MAX_SECTIONS:
                raise Malformed("SDP has too many m-lines")
            section = _parse_media_line(line[2:])
            description.sections.append(section)
            maps.append({})
        elif line.startswith("a="):
            name, _, value = line[2:].rstrip().partition(":")
            if not _read_transport(description, name, value) and section is not None:
                _read_attribute(section, maps[-1], name, value)
    for section, attributes in zip(description.sections, maps, strict=True):
        _finish_codecs(section, attributes)
    mids = [section.mid for section in description.sections if section.mid]
    if len(set(mids)) != len(mids):
        raise Malformed("SDP repeats a mid")
    return description


def _parse_media_line(value: str) -> Section:
    parts = value.split()
    if len(parts) < 4:
        raise Malformed("SDP m-line has fewer than four fields")
    kind, port, protocol, *formats = parts
    if not _TOKEN.fullmatch(kind) or not re.fullmatch(r"[A-Z/]{3,40}", protocol) or len(formats) > 64:
        raise Malformed("SDP m-line is not understood")
    if not all(_TOKEN.fullmatch(text) for text in formats):
        raise Malformed("SDP m-line has an unreadable format")
    return Section(kind, _number(port.partition("/")[0], 65535, "port"), protocol, formats)


def _read_transport(description: Description, name: str, value: str) -> bool:
    """Session-wide facts may stand anywhere; every m-line is bundled, so the first word counts for all."""
    if name == "fingerprint":
        algorithm, _, digest = value.partition(" ")
        if algorithm.lower() == "sha-256":
            digest = digest.strip().upper()
            if not _FINGERPRINT.fullmatch(digest):
                raise Malformed("SDP fingerprint is not a sha-256 digest")
            description.fingerprints.add(digest)
        return True
    if name == "setup":
        if value not in ("active", "passive", "actpass"):
            raise Malformed("SDP setup is not understood")
        if description.setup is None:
            description.setup = value  # type: ignore[assignment]  # the line above narrowed it
        return True
    if name in ("ice-ufrag", "ice-pwd"):
        known = value if _ICE_TEXT.fullmatch(value) else ""
        if name == "ice-ufrag":
            description.has_ice = True
            description.ufrag = description.ufrag or known
        else:
            description.password = description.password or known
        return True
    return False


def _read_attribute(section: Section, attributes: dict[str, str], name: str, value: str) -> None:
    if name == "mid":
        if not _TOKEN.fullmatch(value):
            raise Malformed("SDP mid is not a token")
        section.mid = value
    elif name in ("sendonly", "recvonly", "sendrecv", "inactive"):
        section.direction = name
    elif name == "bundle-only":
        section.bundle_only = True
    elif name in ("rtpmap", "fmtp", "rtcp-fb"):
        key, _, rest = value.partition(" ")
        if not _FMTP_TEXT.fullmatch(rest):
            raise Malformed(f"SDP {name} is not printable text")
        if name == "rtcp-fb":
            attributes[f"{name} {key}"] = attributes.get(f"{name} {key}", "") + rest.strip() + "\n"
        else:
            attributes.setdefault(f"{name} {key}", rest.strip())
    elif name == "extmap":
        number, _, uri = value.partition(" ")
        section.extensions.setdefault(uri.partition(" ")[0], _number(number.partition("/")[0], 255, "extmap"))
    elif name == "rid":
        parts = value.split()
        if len(parts) >= 2 and parts[1] == "send" and _TOKEN.fullmatch(parts[0]) and len(section.rids) < 8:
            section.rids.append(parts[0])
    elif name == "ssrc":
        ssrc = _number(value.partition(" ")[0], 0xFFFFFFFF, "ssrc")
        if ssrc not in section.ssrcs and len(section.ssrcs) < 16:
            section.ssrcs.append(ssrc)
    elif name == "ssrc-group":
        parts = value.split()
        if len(parts) == 3 and parts[0] == "FID" and len(section.repairs) < 8:
            section.repairs[_number(parts[2], 0xFFFFFFFF, "ssrc-group")] = _number(parts[1], 0xFFFFFFFF, "ssrc-group")


def _finish_codecs(section: Section, attributes: dict[str, str]) -> None:
    if section.kind not in ("audio", "video"):
        return
    everywhere = attributes.get("rtcp-fb *", "")
    for text in section.formats:
        payload_type = _number(text, 127, "payload type")
        rtpmap = attributes.get(f"rtpmap {text}")
        if rtpmap is None:
            continue  # static types 0–34 need none; we speak none of them
        name, _, rates = rtpmap.partition("/")
        rate, _, channels = rates.partition("/")
        feedback = {line for line in (attributes.get(f"rtcp-fb {text}", "") + everywhere).split("\n") if line}
        section.codecs.append(
            Codec(
                payload_type,
                name.lower(),
                _number(rate.strip(), 1_000_000, "clock rate"),
                _number(channels.strip() or "1", 255, "channels"),
                attributes.get(f"fmtp {text}", ""),
                feedback,
            )
        )


def _number(text: str, largest: int, what: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or int(text) > largest:
        raise Malformed(f"SDP {what} is not a number up to {largest}")
    return int(text)


COMMON_CODECS = ("vp8", "h264")
"""Every WebRTC browser decodes both (RFC 7742 §5)."""
RARER_CODECS = ("vp9", "av1")
"""Taken while everybody in the room decodes them."""


def common_codec(section: Section) -> Codec | None:
    """What everybody decodes: VP8 first (its simulcast splices without freezes), else H.264 in mode 1."""
    return next((c for c in section.codecs if c.name == "vp8" and c.clock_rate == 90000), None) or h264_codec(section)


def video_codec(section: Section, decoded: Collection[str] = ()) -> Codec | None:
    """The video codec we take of a publisher.

    decoded: the rarer codecs everybody decodes; one is taken when the publisher names it before the common ones.
    """
    common = common_codec(section)
    for codec in section.codecs:
        if common is not None and codec.name in COMMON_CODECS:
            return common
        if codec.name in decoded and is_plainest(codec):
            return codec
    return common


def is_plainest(codec: Codec) -> bool:
    """A rarer codec in its profile 0 (8 bit, 4:2:0): the only one all who have the codec decode."""
    named = codec.parameter("profile-id" if codec.name == "vp9" else "profile")
    return codec.name in RARER_CODECS and codec.clock_rate == 90000 and named in (None, "0")


def rarer_codec(section: Section, name: str) -> Codec | None:
    """The payload type of VP9 or AV1 a section has."""
    return next((c for c in section.codecs if c.name == name and is_plainest(c)), None)


def h264_codec(section: Section) -> Codec | None:
    """The best H.264 of a section: mode 1, constrained baseline before the others."""
    fitting = [
        c for c in section.codecs if c.name == "h264" and c.clock_rate == 90000 and c.parameter("packetization-mode") == "1"
    ]
    if not fitting:
        return None
    baseline = [c for c in fitting if (c.parameter("profile-level-id") or "").lower().startswith("42e0")]
    return (baseline or fitting)[0]


def opus_codec(section: Section) -> Codec | None:
    """Opus, which every WebRTC client has."""
    return next((c for c in section.codecs if c.name == "opus" and c.clock_rate == 48000), None)


def repair_codec(section: Section, codec: Codec) -> Codec | None:
    """The RTX payload type that repairs `codec`."""
    return next((c for c in section.codecs if c.name == "rtx" and c.parameter("apt") == str(codec.payload_type)), None)

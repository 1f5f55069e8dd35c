"""What we say in SDP: the answer to a publisher, the offer to a viewer, the answer to a WHEP player."""

from collections.abc import Collection
from dataclasses import dataclass, field

from media import sdp, slots
from media.control import Source
from media.errors import Refused
from media.sdp import Codec, Description, Section
from media.slots import SlotKind

PUBLISHER_EXTENSIONS = (sdp.MID, sdp.RID, sdp.REPAIRED_RID, sdp.AUDIO_LEVEL, sdp.TRANSPORT_CC, sdp.DEPENDENCY_DESCRIPTOR)
WIRE_NAMES = {
    "vp8": "VP8/90000",
    "h264": "H264/90000",
    "vp9": "VP9/90000",
    "av1": "AV1/90000",
    "opus": "opus/48000/2",
}
H264_FMTP = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
OPUS_FMTP = "minptime=10;useinbandfec=1"
NATIVE_FMTP = {"h264": H264_FMTP, "opus": OPUS_FMTP, "vp9": "profile-id=0", "av1": "level-idx=5;profile=0;tier=0"}
TCP_PRIORITY = 90 << 24 | (4 << 13 | 0x1FFF) << 8 | 0xFF
"""A passive TCP host candidate (RFC 6544 §4.2): below every UDP candidate, so that TCP is only the detour."""
START_KBPS = 2000
"""A single stream would take 10–15 s to reach 720p from Chromium's own 300 kbps [sfu-facts §4]."""


@dataclass(frozen=True, slots=True)
class TransportText:
    """What every m-line says of our transport."""

    ufrag: str
    password: str
    fingerprint: str
    candidates: list[tuple[str, int]]
    """Best first; ffmpeg tries only the first. Each is offered over UDP and, behind all of these, over TCP."""

    def lines(self, setup: str) -> list[str]:
        head = [
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self.fingerprint}",
            f"a=setup:{setup}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
        ]
        for place, (ip, port) in enumerate(self.candidates):
            head.append(f"a=candidate:{place + 1} 1 udp {2130706431 - place} {ip} {port} typ host")
        for place, (ip, port) in enumerate(self.candidates, start=len(self.candidates)):
            head.append(f"a=candidate:{place + 1} 1 tcp {TCP_PRIORITY - place} {ip} {port} typ host tcptype passive")
        return [*head, "a=end-of-candidates"]


@dataclass(slots=True)
class IncomingSection:
    """One accepted m-line of a publisher: how to know its packets."""

    mid: str
    source: Source
    codec: Codec
    repair_payload_type: int | None
    extensions: dict[str, int]
    rids: list[str]
    ssrcs: list[int]
    repairs: dict[int, int]
    may_change: bool = False
    """Its codec is a rare one, and the offer had a common one too: a new offer would be answered with that."""


@dataclass(slots=True)
class OutgoingSection:
    """One accepted m-line of a viewer."""

    mid: str
    slot: SlotKind
    payload_types: dict[str, int]
    """Codec → payload type the viewer knows it by."""
    send_time_id: int | None
    """Its id of abs-send-time; None: not negotiated."""


@dataclass(slots=True)
class Agreement:
    """The outcome of a negotiation."""

    answer: str
    is_dtls_server: bool
    incoming: list[IncomingSection] = field(default_factory=list)
    outgoing: list[OutgoingSection] = field(default_factory=list)


def _head(mids: list[str]) -> list[str]:
    return [
        "v=0",
        "o=- 1 2 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(mids)}",
        "a=extmap-allow-mixed",
        "a=msid-semantic: WMS *",
    ]


def _join(lines: list[str]) -> str:
    return "\r\n".join(lines) + "\r\n"


def check_transport(description: Description) -> bool:
    """True when we are the DTLS server. Raises Refused."""
    if not description.fingerprints:
        raise Refused("bad-sdp", "The SDP has no sha-256 fingerprint.")
    if not description.has_ice:
        raise Refused("bad-sdp", "The SDP has no ICE credentials.")
    return description.setup != "passive"


def answer_publisher(
    offer: Description,
    transport: TransportText,
    sources: dict[str, Source],
    decoded: Collection[str] = (),
) -> Agreement:
    """Take every audio and video m-line we can forward, reject the others. Raises Refused.

    decoded: see `sdp.video_codec`.
    """
    is_server = check_transport(offer)
    setup = "passive" if is_server else "active"
    incoming: list[IncomingSection] = []
    body: list[str] = []
    for place, section in enumerate(offer.sections):
        mid = section.mid or str(place)
        codec = None
        if not section.is_rejected and section.direction in ("sendonly", "sendrecv"):
            codec = sdp.video_codec(section, decoded) if section.kind == "video" else None
            codec = sdp.opus_codec(section) if section.kind == "audio" else codec
        if codec is None:
            body += _rejection(section, mid)
            continue
        accepted, lines = _accept(section, mid, codec, sources)
        incoming.append(accepted)
        body += [*lines[:1], *transport.lines(setup), *lines[1:]]
    if not incoming:
        raise Refused("no-usable-codec", "The offer has nothing to send that everybody here can receive: VP8, H.264 or Opus.")
    return Agreement(_join(_head([section.mid for section in incoming]) + body), is_server, incoming=incoming)


def _rejection(section: Section, mid: str) -> list[str]:
    return [
        f"m={section.kind} 0 {section.protocol} {' '.join(section.formats[:1])}",
        "c=IN IP4 0.0.0.0",
        f"a=mid:{mid}",
        "a=inactive",
    ]


def _accept(section: Section, mid: str, codec: Codec, sources: dict[str, Source]) -> tuple[IncomingSection, list[str]]:
    repair = sdp.repair_codec(section, codec) if section.kind == "video" else None
    extensions = {uri: section.extensions[uri] for uri in PUBLISHER_EXTENSIONS if uri in section.extensions}
    if "transport-cc" not in codec.feedback:
        extensions.pop(sdp.TRANSPORT_CC, None)
    default: Source = "microphone" if section.kind == "audio" else "camera"
    simulcast = section.rids if len(section.rids) > 1 and sdp.RID in extensions else []
    accepted = IncomingSection(
        mid,
        sources.get(mid, default),
        codec,
        repair.payload_type if repair else None,
        extensions,
        simulcast,
        [ssrc for ssrc in section.ssrcs if ssrc not in section.repairs],
        section.repairs,
        may_change=codec.name in sdp.RARER_CODECS and sdp.common_codec(section) is not None,
    )
    kept = [codec, repair] if repair else [codec]
    lines = [f"m={section.kind} 9 {section.protocol} {' '.join(str(c.payload_type) for c in kept)}", f"a=mid:{mid}", "a=recvonly"]
    lines += [f"a=extmap:{number} {uri}" for uri, number in extensions.items()]
    lines.append(f"a=rtpmap:{codec.payload_type} {WIRE_NAMES[codec.name]}")
    fmtp = codec.fmtp
    if section.kind == "video" and not simulcast and sdp.TRANSPORT_CC in extensions:
        fmtp = f"{fmtp};x-google-start-bitrate={START_KBPS}".lstrip(";")
    if fmtp:
        lines.append(f"a=fmtp:{codec.payload_type} {fmtp}")
    wanted = ["nack", "nack pli", "ccm fir"] if section.kind == "video" else []
    wanted.append("transport-cc" if sdp.TRANSPORT_CC in extensions else "goog-remb")
    lines += [f"a=rtcp-fb:{codec.payload_type} {name}" for name in wanted if name in codec.feedback]
    if repair:
        lines += [f"a=rtpmap:{repair.payload_type} rtx/90000", f"a=fmtp:{repair.payload_type} apt={codec.payload_type}"]
    if simulcast:
        lines += [f"a=rid:{rid} recv" for rid in simulcast] + [f"a=simulcast:recv {';'.join(simulcast)}"]
    return accepted, lines


def offer_viewer(transport: TransportText) -> str:
    """The offer all viewers get, but for the credentials: every slot as one m-line, mid = its place."""
    body: list[str] = []
    for place, kind in enumerate(slots.OFFERED):
        names = (*sdp.COMMON_CODECS, *sdp.RARER_CODECS) if kind.media == "video" else ("opus",)
        types = {name: slots.NATIVE_PAYLOAD_TYPES[name] for name in names}
        fmtp = {types[name]: NATIVE_FMTP[name] for name in names if name in NATIVE_FMTP}
        body += _sending_section(
            kind, str(place), "UDP/TLS/RTP/SAVPF", types, fmtp, slots.NATIVE_SEND_TIME_ID, transport, "actpass"
        )
    return _join(_head([str(place) for place in range(len(slots.OFFERED))]) + body)


def _sending_section(
    kind: SlotKind,
    mid: str,
    protocol: str,
    types: dict[str, int],
    fmtp: dict[int, str],
    send_time_id: int | None,
    transport: TransportText,
    setup: str,
) -> list[str]:
    # camera-i and audio-i share a stream: the browser keeps the two in lip-sync.
    stream = kind.name.replace("audio-", "seat-").replace("camera-", "seat-")
    lines = [f"m={kind.media} 9 {protocol} {' '.join(map(str, types.values()))}", *transport.lines(setup)]
    lines += [f"a=mid:{mid}", "a=sendonly", f"a=msid:{stream} {kind.name}"]
    if send_time_id is not None:
        lines.append(f"a=extmap:{send_time_id} {sdp.ABS_SEND_TIME}")
    for name, payload_type in types.items():
        lines.append(f"a=rtpmap:{payload_type} {WIRE_NAMES[name]}")
        if payload_type in fmtp:
            lines.append(f"a=fmtp:{payload_type} {fmtp[payload_type]}")
        if kind.media == "video":
            lines += [f"a=rtcp-fb:{payload_type} {text}" for text in ("goog-remb", "ccm fir", "nack", "nack pli")]
    lines.append(f"a=ssrc:{kind.ssrc} cname:class")
    return lines


def read_viewer_answer(answer: Description) -> list[OutgoingSection]:
    """Which slots and codecs a viewer accepted of our offer. Raises Refused."""
    if answer.setup != "active":
        raise Refused("bad-sdp", "A viewer's answer must say a=setup:active.")
    check_transport(answer)
    accepted = []
    for section, kind in zip(answer.sections, slots.OFFERED, strict=False):
        if section.is_rejected or section.direction not in ("recvonly", "sendrecv") or section.kind != kind.media:
            continue
        offered = {number: name for name, number in slots.NATIVE_PAYLOAD_TYPES.items()}
        types = {c.name: c.payload_type for c in section.codecs if offered.get(c.payload_type) == c.name}
        if types:
            has_send_time = section.extensions.get(sdp.ABS_SEND_TIME) == slots.NATIVE_SEND_TIME_ID
            accepted.append(OutgoingSection(section.mid, kind, types, slots.NATIVE_SEND_TIME_ID if has_send_time else None))
    return accepted


def answer_player(offer: Description, transport: TransportText) -> Agreement:
    """Answer a WHEP offer with its own payload types and extension ids: one picture (stage), then voices. Raises Refused."""
    is_server = check_transport(offer)
    setup = "passive" if is_server else "active"
    free_video, free_audio = [slots.STAGE], list(slots.AUDIO_SLOTS)
    outgoing: list[OutgoingSection] = []
    body: list[str] = []
    for place, section in enumerate(offer.sections):
        mid = section.mid or str(place)
        types: dict[str, int] = {}
        fmtp: dict[int, str] = {}
        free = free_video if section.kind == "video" else free_audio if section.kind == "audio" else []
        if free and not section.is_rejected and section.direction in ("recvonly", "sendrecv"):
            vp8 = next((c for c in section.codecs if c.name == "vp8"), None)
            candidates = [sdp.opus_codec(section)]
            if section.kind == "video":
                candidates = [vp8, sdp.h264_codec(section), *(sdp.rarer_codec(section, name) for name in sdp.RARER_CODECS)]
            for codec in candidates:
                if codec is not None:
                    types[codec.name] = codec.payload_type
                    fmtp |= {codec.payload_type: codec.fmtp} if codec.fmtp else {}
        if not types:
            body += _rejection(section, mid)
            continue
        kind = free.pop(0)
        # Ids above 14 do not fit the one-byte header form our packets have.
        number = section.extensions.get(sdp.ABS_SEND_TIME)
        number = number if number is not None and 1 <= number <= 14 else None
        outgoing.append(OutgoingSection(mid, kind, types, number))
        body += _sending_section(kind, mid, section.protocol, types, fmtp, number, transport, setup)
    if not outgoing:
        raise Refused("no-usable-codec", "The offer can receive neither VP8, H.264 nor Opus.")
    return Agreement(_join(_head([section.mid for section in outgoing]) + body), is_server, outgoing=outgoing)

"""A lecture made of real RTP: what `material` encodes, in a capture log with any times, losses and clocks a test wants."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from aiortc.rtp import RtpPacket

from recording import log
from tests.recording.material import FPS, Encoded

NTP_1970 = 2_208_988_800


@dataclass(order=True)
class Event:
    at_s: float
    order: int
    kind: int = field(compare=False)
    track: int = field(compare=False)
    payload: bytes = field(compare=False)


@dataclass
class Lecture:
    """Collects what arrives at a capture, then writes it as one or more runs."""

    events: list[Event] = field(default_factory=list)
    start_s: float = 1000.0
    wall_s: float = 1_790_000_000.0
    tracks: int = 0

    def add(self, at_s: float, kind: int, track: int, payload: bytes) -> None:
        self.events.append(Event(at_s, len(self.events), kind, track, payload))

    def open(
        self,
        at_s: float,
        source: str,
        codec: str,
        *,
        owner: str = "teacher",
        peer: str = "p1",
        rid: str | None = None,
        lead: bool = True,
    ) -> int:
        self.tracks += 1
        info = {
            "track": self.tracks,
            "peer": peer,
            "owner": owner,
            "source": source,
            "codec": codec,
            "clock_rate": 48_000 if codec == "opus" else 90_000,
            "payload_type": 111 if codec == "opus" else 96,
            "ssrc": 1000 + self.tracks,
            "rid": rid,
            "fmtp": "",
            "lead": lead,
        }
        self.add(at_s, log.TRACK_OPENED, self.tracks, json.dumps(info).encode())
        return self.tracks

    def pictures(
        self,
        start_s: float,
        pictures: tuple[Encoded, ...],
        *,
        codec: str = "vp8",
        source: str = "camera",
        owner: str = "teacher",
        peer: str = "p1",
        rid: str | None = None,
        lead: bool = True,
        delay_s: float = 0.03,
        first: int = 0,
        network: "Callable[[int], float | None] | None" = None,
        reports: bool = True,
        close: bool = True,
        rtp_start: int = 0xFFFF_0000,
        sequence_start: int = 65_000,
        clock_offset_s: float = 5.0,
        track: int | None = None,
    ) -> int:
        """Send pictures from `start_s` on; picture n was taken at start_s + n / FPS.

        network: packet number → extra delay in seconds, None = lost. delay_s: from taking to arrival.
        """
        number = track or self.open(start_s, source, codec, owner=owner, peer=peer, rid=rid, lead=lead)
        sequence = 0
        for index, picture in enumerate(pictures[first:]):
            taken_s = start_s + index / FPS
            for place, payload in enumerate(picture.payloads):
                packet = RtpPacket(
                    payload_type=96,
                    marker=int(place == len(picture.payloads) - 1),
                    sequence_number=(sequence_start + sequence) & 0xFFFF,
                    timestamp=(rtp_start + round(index / FPS * 90_000)) & 0xFFFFFFFF,
                    ssrc=1000 + number,
                    payload=payload,
                )
                late_s = network(sequence) if network else 0.0
                sequence += 1
                if late_s is not None:
                    self.add(taken_s + delay_s + late_s, log.RTP, number, packet.serialize())
            if reports and index % FPS == FPS // 2:
                self.report(taken_s, number, rtp_start + round(index / FPS * 90_000), clock_offset_s)
        if close:
            late_s = 0.5 if network else 0.0  # the last packets may be late ones
            self.add(start_s + len(pictures[first:]) / FPS + delay_s + late_s, log.TRACK_CLOSED, number, b"")
        return number

    def sound(
        self,
        start_s: float,
        packets: tuple[bytes, ...],
        *,
        owner: str = "teacher",
        peer: str = "p1",
        lead: bool = True,
        delay_s: float = 0.03,
        network: "Callable[[int], float | None] | None" = None,
        reports: bool = True,
        close: bool = True,
        rate_error: float = 0.0,
        rtp_start: int = 0xFFFF_F000,
        clock_offset_s: float = 5.0,
    ) -> int:
        """Send Opus packets from `start_s` on. rate_error: how much the sender's sound card is fast."""
        number = self.open(start_s, "microphone", "opus", owner=owner, peer=peer, lead=lead)
        for index, payload in enumerate(packets):
            taken_s = start_s + index * 0.02 / (1 + rate_error)
            packet = RtpPacket(
                payload_type=111,
                marker=int(index == 0),
                sequence_number=(65_500 + index) & 0xFFFF,
                timestamp=(rtp_start + index * 960) & 0xFFFFFFFF,
                ssrc=1000 + number,
                payload=payload,
            )
            late_s = network(index) if network else 0.0
            if late_s is not None:
                self.add(taken_s + delay_s + late_s, log.RTP, number, packet.serialize())
            if reports and index % 250 == 100:
                self.report(taken_s, number, rtp_start + index * 960, clock_offset_s)
        if close:
            late_s = 0.5 if network else 0.0
            self.add(start_s + len(packets) * 0.02 + delay_s + late_s, log.TRACK_CLOSED, number, b"")
        return number

    def report(self, taken_s: float, track: int, timestamp_rtp: int, clock_offset_s: float) -> None:
        ntp_64 = int((NTP_1970 + self.wall_s + taken_s + clock_offset_s) * 2**32)
        self.add(taken_s + 0.02, log.SENDER_REPORT, track, log.REPORT.pack(ntp_64, timestamp_rtp & 0xFFFFFFFF))

    def write(self, capture: Path, *, run: int = 1, boot: str = "boot", closed: bool = True, until_s: float = 1e9) -> Path:
        """Write everything that happened before `until_s` as one run and forget it; the rest stays for the next run."""
        capture.mkdir(parents=True, exist_ok=True)
        self.events.sort()
        now = [event for event in self.events if event.at_s < until_s]
        self.events = [event for event in self.events if event.at_s >= until_s]
        first_s = now[0].at_s if now else self.start_s
        info = {"run": run, "wall_s": self.wall_s + first_s, "monotonic_s": first_s, "boot": boot}
        path = capture / log.segment_name(run, 1)
        with open(path, "wb") as file:
            file.write(log.MAGIC + log.pack_document(log.RUN, 0, first_s, info))
            alive_s = first_s
            for event in now:
                while event.at_s > alive_s + 1:
                    alive_s += 1
                    file.write(log.pack_record(log.ALIVE, 0, alive_s, b""))
                file.write(log.pack_record(event.kind, event.track, event.at_s, event.payload))
            if closed:
                end_s = min(until_s, now[-1].at_s + 0.01 if now else first_s + 1.0)
                file.write(log.pack_record(log.CLOSED, 0, end_s, b""))
        return path


def bad_network(seed: int, *, lost: float = 0.0, late: float = 0.0, late_s: float = 0.25) -> "Callable[[int], float | None]":
    """A network that loses some packets for good and brings others late (as a retransmission does)."""
    chance = random.Random(seed)
    fates = [(chance.random(), chance.random()) for _ in range(100_000)]

    def fate(packet: int) -> float | None:
        gone, slow = fates[packet % len(fates)]
        return None if gone < lost else late_s if slow < late else 0.0

    return fate

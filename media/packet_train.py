"""What does a line carry? A few checks sent at once tell: how far apart their answers come (packet dispersion; pure).

Whoever gets sound alone is asked so before a picture is tried: the trial itself would drown the sound on a line that is still
narrow, and a receiver's estimate tells nothing while it gets no picture (Chromium's stands still).
"""

PACKETS = 8
HEADERS_BYTES = 28
"""IPv4 and UDP, which the line carries too."""
PATIENCE_S = 1.5
ENOUGH = PACKETS // 2
"""With fewer answers the line is as good as shut: its queue took no more."""


class PacketTrain:
    """One question to one line."""

    __slots__ = ("_answers", "_asked_at", "_bytes")

    def __init__(self, packet_bytes: int, now: float) -> None:
        """`PACKETS` checks of `packet_bytes` each have just been sent."""
        self._bytes = packet_bytes + HEADERS_BYTES
        self._asked_at = now
        self._answers: list[float] = []

    def receive(self, now: float) -> None:
        """One of them was answered."""
        self._answers.append(now)

    def is_over(self, now: float) -> bool:
        return len(self._answers) >= PACKETS or now - self._asked_at >= PATIENCE_S

    @property
    def bitrate_bps(self) -> float | None:
        """What the line carries beside what goes over it already; None: it answers nothing at all, and so tells nothing."""
        answers = self._answers
        if not answers:
            return None
        if len(answers) < ENOUGH:
            return 0.0
        took_s = answers[-1] - answers[0]
        return 8 * self._bytes * (len(answers) - 1) / took_s if took_s > 0 else float("inf")

"""NTP ↔ RTP ↔ monotonic.

Publishers' clocks disagree by seconds; viewers synchronise everything they hear and see in one stream. So every sender report
is moved onto the worker's own clock: per publisher by the smallest (arrival − claimed) ever seen, which keeps that publisher's
sound and picture exactly as far apart as it sent them.
"""

NTP_UNIX_EPOCH_S = 2_208_988_800
"""Seconds from 1900-01-01 (NTP) to 1970-01-01 (Unix)."""


def pack_ntp_64(unix_s: float) -> int:
    """64-bit NTP time: 32 bits of seconds since 1900, 32 bits of fraction."""
    return int((unix_s + NTP_UNIX_EPOCH_S) * 4294967296.0) & 0xFFFF_FFFF_FFFF_FFFF


def unpack_ntp_64(ntp_64: int) -> float:
    """Unix seconds of a 64-bit NTP time."""
    return ntp_64 / 4294967296.0 - NTP_UNIX_EPOCH_S


def middle_32(ntp_64: int) -> int:
    """The 32 bits that receiver reports repeat (RFC 3550 §6.4.1, LSR)."""
    return (ntp_64 >> 16) & 0xFFFF_FFFF


class WorkerClock:
    """A wall clock that never jumps: read once at the start, then monotonic (the system's may leap by a day: R22)."""

    def __init__(self, unix_s: float, now: float) -> None:
        self.started_at = now
        self._offset_s = unix_s - now

    def ntp_64(self, now: float) -> int:
        """NTP time of the monotonic instant `now`."""
        return pack_ntp_64(now + self._offset_s)


class PublisherClock:
    """Moves one publisher's NTP times onto the worker's monotonic clock."""

    __slots__ = ("_offset_s",)

    def __init__(self) -> None:
        self._offset_s: float | None = None

    def to_monotonic(self, ntp_64: int, now: float) -> float:
        """Our monotonic time of the publisher's `ntp_64`, which arrived `now`; never later than `now`."""
        claimed_s = unpack_ntp_64(ntp_64)
        offset_s = now - claimed_s
        # A jump of more than 10 s is a clock that was set, not a slow network: begin anew.
        if self._offset_s is None or offset_s < self._offset_s or offset_s - self._offset_s > 10.0:
            self._offset_s = offset_s
        return claimed_s + self._offset_s

"""Wrapping 16- and 32-bit arithmetic (RFC 1982)."""


def distance_16(new: int, old: int) -> int:
    """How far `new` is ahead of `old`, −32768 … 32767."""
    return ((new - old + 0x8000) & 0xFFFF) - 0x8000


def distance_32(new: int, old: int) -> int:
    """How far `new` is ahead of `old`, −2³¹ … 2³¹−1."""
    return ((new - old + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000


def unwrap_16(value: int, near: int) -> int:
    """The integer congruent to `value` modulo 2¹⁶ that lies closest to `near`."""
    return near + distance_16(value, near & 0xFFFF)


def unwrap_32(value: int, near: int) -> int:
    """The integer congruent to `value` modulo 2³² that lies closest to `near`."""
    return near + distance_32(value, near & 0xFFFF_FFFF)

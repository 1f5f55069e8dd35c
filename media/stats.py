"""What the worker counts. Plain integers, because the packet loop adds to them; names are ready for Prometheus.

No room or person appears here: these figures are public to whoever may read /metrics.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stats:
    """Counters of one worker since its start."""

    datagrams_received: int = 0
    bytes_received: int = 0
    packets_received: int = 0
    """Media packets that authenticated."""
    packets_sent: int = 0
    bytes_sent: int = 0
    packets_resent: int = 0
    nacks_received: int = 0
    """Packets viewers asked for again."""
    nacks_sent: int = 0
    """Packets we asked publishers for again."""
    keyframes_requested: int = 0
    """Asked of publishers."""
    keyframe_requests_received: int = 0
    """From viewers; many become one."""
    layer_switches: int = 0
    """A viewer's slot went on with another layer or another person."""
    handshakes_done: int = 0
    handshakes_failed: int = 0
    send_errors: int = 0
    send_drops: int = 0
    encrypt_failures: int = 0
    link_packets_sent: int = 0
    """Media to sibling workers that carry a part of a room."""
    link_packets_received: int = 0
    link_packets_dropped: int = 0
    link_bytes_sent: int = 0
    tcp_accepted: int = 0
    tcp_refused: int = 0
    """Connections closed for what they did, or for want of room."""
    tcp_holds: int = 0
    """How often a viewer's pictures were stopped because its TCP connection fell behind."""
    dropped: Counter[str] = field(default_factory=Counter)
    """Datagrams thrown away, by reason."""

    def counters(self) -> dict[str, int]:
        """Name → value, e.g. classroom_media_packets_sent_total."""
        plain = {name: getattr(self, name) for name in self.__slots__ if name != "dropped"}
        return {f"classroom_media_{name}_total": int(value) for name, value in plain.items()}

"""Offers that browsers make, and what ours are made of, for tests."""

from media import offers, sdp
from tests.media.light import LightPeer

TRANSPORT = offers.TransportText("ufrag", "password", ":".join(["AB"] * 32), [("127.0.0.1", 40000), ("10.0.0.1", 40000)])
SIMULCAST = (
    LightPeer()
    .publisher_offer()
    .replace(
        "a=mid:0\r\n",
        f"a=mid:0\r\na=rid:q send\r\na=rid:h send\r\na=rid:f send\r\na=simulcast:send q;h;f\r\na=extmap:10/sendonly {sdp.RID}\r\n"
        f"a=extmap:11 {sdp.REPAIRED_RID}\r\na=extmap:12 {sdp.DEPENDENCY_DESCRIPTOR}\r\n",
    )
)

"""Which of the rarer codecs does everybody in the room decode, and who must offer again because somebody does not? (pure)"""

from collections import Counter
from collections.abc import Collection, Iterable

from media.control import OfferAgain, RoomId
from media.publication import Publication
from media.sdp import RARER_CODECS

ASK_GAP_S = 5.0
"""A page that was asked needs a second or two; a question that was lost is repeated."""


def all_of(codecs: Iterable[Collection[str]]) -> frozenset[str]:
    """The rarer codecs that are in every one of these."""
    return frozenset(RARER_CODECS).intersection(*codecs)


class Decoding:
    """What the viewers on this worker decode. Counted, so that a viewer among thousands costs nothing."""

    def __init__(self) -> None:
        self._lacking: Counter[str] = Counter()

    def add(self, codecs: Collection[str]) -> None:
        """A viewer came who decodes these."""
        self._lacking.update(name for name in RARER_CODECS if name not in codecs)

    def remove(self, codecs: Collection[str]) -> None:
        """A viewer left, added with the same."""
        self._lacking.subtract(name for name in RARER_CODECS if name not in codecs)

    @property
    def by_all(self) -> frozenset[str]:
        return frozenset(name for name in RARER_CODECS if not self._lacking[name])


def ask_again(room: RoomId, publications: Iterable[Publication], decoded: Collection[str], now: float) -> list[OfferAgain]:
    """Whose offer would be answered with another codec now: at most one question per connection and some seconds.

    A program whose offer has no common codec stays: those who do not decode it miss its picture.
    """
    asked: dict[str, OfferAgain] = {}
    for publication in publications:
        if publication.section.may_change and publication.codec not in decoded and now - publication.asked_again_at >= ASK_GAP_S:
            publication.asked_again_at = now
            codecs = sorted(decoded)
            asked[publication.peer] = OfferAgain(room=room, peer=publication.peer, owner=publication.owner, codecs=codecs)
    return list(asked.values())

"""What was written in one lesson: the last lines, each once."""

import unicodedata
from collections import deque

from signaling.views import ChatLine
from signaling.vocabulary import MAX_CHAT_LINES

KEPT_CONTROLS = "\n\t"
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN = frozenset({"Cc", "Cf", "Mn", "Zl", "Zp", "Zs"})
FILLERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters by name, blanks to the eye."""
MAX_KNOWN = 20_000
"""Line ids remembered, to recognise one that is sent again after a reconnect."""


def clean(text: str) -> str:
    """Drop control characters and bidirectional overrides (they turn a neighbour's line around), trim the ends.

    Empty when nothing of it could be seen.
    """
    kept = (c for c in text if c in KEPT_CONTROLS or (unicodedata.category(c) not in ("Cc", "Cs") and c not in OVERRIDES))
    plain = "".join(kept).strip()
    return plain if any(unicodedata.category(c) not in UNSEEN and c not in FILLERS for c in plain) else ""


class Chat:
    def __init__(self) -> None:
        self.lines: deque[ChatLine] = deque(maxlen=MAX_CHAT_LINES)
        self._known: dict[tuple[str, str], None] = {}

    def knows(self, peer: str, line: str) -> bool:
        return (peer, line) in self._known

    def add(self, line: ChatLine) -> None:
        self.lines.append(line)
        self._known[(line.peer, line.id)] = None
        if len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

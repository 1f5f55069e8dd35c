"""What is yet to be sent to one client: bounded, so that a reader who is too slow costs itself, never the others (pure)."""

from collections import deque
from typing import Final

MAX_FRAMES: Final = 1_000
MAX_CHARACTERS: Final = 2 * 2**20
"""A welcome into a room of thousands fits; beyond that a fresh snapshot is cheaper than catching up."""


class Outbox:
    def __init__(self) -> None:
        self._frames: deque[str] = deque()
        self._characters = 0

    def push(self, text: str) -> bool:
        """Queue one frame; False when the reader is too far behind to be served."""
        if len(self._frames) >= MAX_FRAMES or (self._frames and self._characters + len(text) > MAX_CHARACTERS):
            return False
        self._frames.append(text)
        self._characters += len(text)
        return True

    def pop(self) -> str | None:
        """The next frame to send."""
        if not self._frames:
            return None
        text = self._frames.popleft()
        self._characters -= len(text)
        return text

    def clear(self) -> None:
        self._frames.clear()
        self._characters = 0

    def __len__(self) -> int:
        return len(self._frames)

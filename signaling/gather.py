"""Events of one room waiting to be broadcast together (pure): a busy room sends few frames with much in them.

A thousand people who join within seconds would otherwise be told of each other one by one: a million frames. The pause between
two frames grows with the number of receivers; in a small class nobody notices, in an auditorium it is a quarter of a second.
"""

from typing import Final

PAUSE_PER_RECEIVER_S: Final = 0.00025
MAX_PAUSE_S: Final = 0.25


def pause_s(receivers: int) -> float:
    """How long after one broadcast the next may follow."""
    return min(MAX_PAUSE_S, receivers * PAUSE_PER_RECEIVER_S)


def frame(messages: list[str]) -> str:
    """One message as it is, several as a `batch`."""
    return messages[0] if len(messages) == 1 else f'{{"type":"batch","messages":[{",".join(messages)}]}}'


class Gather:
    def __init__(self) -> None:
        self.last_at = float("-inf")
        """When the last frame went out."""
        self._messages: list[str] = []

    def __len__(self) -> int:
        """How many messages wait: a newcomer whose snapshot contains them skips so many."""
        return len(self._messages)

    def add(self, message: str) -> None:
        self._messages.append(message)

    def due_at(self, receivers: int) -> float:
        return self.last_at + pause_s(receivers)

    def take(self, now: float) -> list[str]:
        """Everything that waits, serialised."""
        taken, self._messages = self._messages, []
        self.last_at = now
        return taken

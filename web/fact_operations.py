"""What `classroom facts` does with what the log could not take."""

from typing import Any

from classroom.actions.aside import facts_waiting, note_retry, take_again
from signaling.trace import where
from web.clock import utc_now
from web.operations import opened
from web.settings import Settings


async def aside(settings: Settings) -> list[dict[str, Any]]:
    """Longest waiting first, whole."""
    async with opened(settings) as store:
        return [
            {"set_aside_at": each.at.isoformat(), "reason": each.reason, "retries": each.retries, "fact": each.fields}
            for each in await facts_waiting(store)
        ]


async def retry_all(settings: Settings) -> tuple[int, int]:
    """How many the log took now, and how many it still does not."""
    taken = left = 0
    async with opened(settings) as store:
        for each in await facts_waiting(store):
            try:
                await take_again(store, each, utc_now())
                taken += 1
            except Exception as failure:
                left += 1
                await note_retry(store, each, where(failure))
    return taken, left

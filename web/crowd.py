"""When hundreds ask the same thing in the same second, they share one look at the database.

Somebody who asks waits for the next look to begin, so nobody is answered by what was true before they asked: this is no cache.
Looks follow one another; each answers all who came before it began. Somebody who asks alone waits for nobody.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, TypeVar

AT_ONCE = 400
Topic = TypeVar("Topic", bound=Hashable)
Who = TypeVar("Who", bound=Hashable)
Answer = TypeVar("Answer")


class Crowd(Generic[Topic, Who, Answer]):
    """`look(topic, who)` answers a list of people at once; who is absent from its answer is told None.

    When a look fails, all who shared it fail with it, and the next begins anew.
    """

    def __init__(self, look: Callable[[Topic, list[Who]], Awaitable[Mapping[Who, Answer]]], at_once: int = AT_ONCE) -> None:
        self._look = look
        self._at_once = at_once
        self._waiting: dict[Topic, list[tuple[Who, asyncio.Future[Answer | None]]]] = {}
        self._looking: set[asyncio.Task[None]] = set()

    async def ask(self, topic: Topic, who: Who) -> Answer | None:
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        if topic in self._waiting:
            self._waiting[topic].append((who, answer))
        else:
            self._waiting[topic] = [(who, answer)]
            task = asyncio.create_task(self._answer(topic))
            self._looking.add(task)
            task.add_done_callback(self._looking.discard)
        return await answer

    async def _answer(self, topic: Topic) -> None:
        """Until nobody waits for this topic any more."""
        asked: list[tuple[Who, asyncio.Future[Answer | None]]] = []
        try:
            while self._waiting[topic]:
                asked, self._waiting[topic] = self._waiting[topic][: self._at_once], self._waiting[topic][self._at_once :]
                asked = [(who, answer) for who, answer in asked if not answer.done()]  # without those who went away
                if not asked:
                    continue
                try:
                    found = await self._look(topic, [who for who, _ in asked])
                except Exception as error:
                    for _, answer in asked:
                        if not answer.done():
                            answer.set_exception(error)
                    continue
                for who, answer in asked:
                    if not answer.done():
                        answer.set_result(found.get(who))
        finally:
            # Nobody is left without an answer when we are ended ourselves.
            for _, answer in (*asked, *self._waiting.pop(topic)):
                answer.cancel()

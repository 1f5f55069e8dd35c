"""A crowd shares its looks, and everybody is answered by what was true after they asked, in the order they asked."""

import asyncio
from collections.abc import Mapping

import pytest

from web.crowd import Crowd


class Looks:
    """Answers with the number of the look, slowly; remembers who was asked about."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.breaks = False

    async def __call__(self, topic: str, who: list[int]) -> Mapping[int, tuple[str, int]]:
        self.asked.append(who)
        number = len(self.asked)
        await self.may_end.wait()
        if self.breaks:
            raise OSError("the database is away")
        return {each: (topic, number) for each in who if each >= 0}


async def test_who_comes_while_a_look_is_under_way_waits_for_the_next_one() -> None:
    looks = Looks()
    crowd = Crowd(looks)
    looks.may_end.clear()
    first = asyncio.create_task(crowd.ask("a", 0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert looks.asked == [[0]], "alone, one waits for nobody"
    others = [asyncio.create_task(crowd.ask("a", number)) for number in (3, 1, 2)]
    await asyncio.sleep(0)
    looks.may_end.set()
    async with asyncio.timeout(5):
        assert await first == ("a", 1)
        assert [await each for each in others] == [("a", 2)] * 3, "the look before had begun when they asked"
    assert looks.asked == [[0], [3, 1, 2]], "in the order they came"
    assert await crowd.ask("a", -1) is None
    assert not crowd._waiting


async def test_a_line_is_taken_piece_by_piece_and_without_those_who_went_away() -> None:
    looks = Looks()
    crowd = Crowd(looks, at_once=3)
    tasks = [asyncio.create_task(crowd.ask("a", number)) for number in range(8)]
    await asyncio.sleep(0)
    tasks[4].cancel()
    for gone in (6, 7):
        tasks[gone].cancel()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert looks.asked == [[0, 1, 2], [3, 5]]
    assert [isinstance(each, asyncio.CancelledError) for each in answers] == [number in (4, 6, 7) for number in range(8)]


async def test_topics_do_not_wait_for_each_other() -> None:
    looks = Looks()
    crowd = Crowd(looks)
    looks.may_end.clear()
    tasks = [asyncio.create_task(crowd.ask(topic, 1)) for topic in ("a", "b")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(looks.asked) == 2
    looks.may_end.set()
    assert [(await each) for each in tasks] == [("a", 1), ("b", 2)]


async def test_a_look_that_fails_is_told_to_all_of_it_and_the_next_is_a_new_one() -> None:
    looks = Looks()
    crowd = Crowd(looks, at_once=2)
    looks.breaks = True
    tasks = [asyncio.create_task(crowd.ask("a", number)) for number in range(4)]
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in answers] == [OSError] * 4
    looks.breaks = False
    assert await crowd.ask("a", 1) == ("a", 3)


async def test_nobody_is_left_waiting_when_the_looking_itself_is_ended() -> None:
    looks = Looks()
    crowd = Crowd(looks, at_once=1)
    looks.may_end.clear()
    tasks = [asyncio.create_task(crowd.ask("a", number)) for number in range(3)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for looking in list(crowd._looking):
        looking.cancel()
    async with asyncio.timeout(5):
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in answers)
    looks.may_end.set()
    with pytest.raises(KeyError):
        crowd._waiting["a"]
    assert await crowd.ask("a", 1) == ("a", 2)

"""The line by itself: order, limits, and turns that nobody wants any more."""

import asyncio

import pytest

from rag.serve.line import Line, LineFull


def test_first_come_first_served_and_never_more_than_so_many() -> None:
    line, served, most = Line(2, 10), [], []

    async def one(number: int) -> None:
        since = await line.enter()
        served.append(number)
        most.append(line.served)
        await asyncio.sleep(0.001)
        line.leave(since)

    async def everybody() -> None:
        await asyncio.gather(*map(one, range(12)))

    asyncio.run(everybody())
    assert served == list(range(12)) and max(most) == 2
    assert (line.served, line.waiting, line.is_open) == (0, 0, True)


def test_beyond_the_places_it_says_when_to_come_again() -> None:
    async def run() -> None:
        line = Line(1, 1)
        since = await line.enter()
        waiting = asyncio.create_task(line.enter())
        await asyncio.sleep(0)
        with pytest.raises(LineFull, match="1 questions wait already") as full:
            await line.enter()
        assert full.value.retry_after_s == 10  # two answers of the five seconds that are expected at first
        line.leave(since - 40)
        line.leave(await waiting)
        await line.enter()
        asyncio.create_task(line.enter())  # noqa: RUF006
        await asyncio.sleep(0)
        with pytest.raises(LineFull) as full:
            await line.enter()
        assert full.value.retry_after_s > 10

    asyncio.run(run())


@pytest.mark.parametrize("turn_came", [False, True])
def test_who_gives_up_is_passed_over(turn_came: bool) -> None:
    async def run() -> None:
        line = Line(1, 5)
        since = await line.enter()
        first, second = asyncio.create_task(line.enter()), asyncio.create_task(line.enter())
        await asyncio.sleep(0)
        if turn_came:
            line.leave(since)
        first.cancel()
        await asyncio.sleep(0)
        if not turn_came:
            assert line.waiting == 1
            line.leave(since)
        line.leave(await asyncio.wait_for(second, 5))
        assert (line.served, line.waiting) == (0, 0)

    asyncio.run(run())


def test_closing_sends_everybody_away_but_who_is_served() -> None:
    async def run() -> None:
        line = Line(1, 5)
        since = await line.enter()
        waiting = asyncio.create_task(line.enter())
        await asyncio.sleep(0)
        line.close()
        for coming in (waiting, line.enter()):
            with pytest.raises(LineFull, match="ending"):
                await coming
        assert (line.served, line.is_open) == (1, False)
        line.leave(since)
        assert line.served == 0

    asyncio.run(run())

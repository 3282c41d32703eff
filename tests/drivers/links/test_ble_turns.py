"""Turns: the first ones who asked have it, and keep it until their time is over and somebody waits."""

import asyncio
from contextlib import AsyncExitStack

from drivers.links.ble_turns import Turns


async def _two_have_it(turns, stack):
    having = [await stack.enter_async_context(turns.one()) for _ in range(2)]
    for turn in having:
        turns.began(turn, done=True)
    await asyncio.sleep(0)
    return having


async def _comes(turns, log):
    async with turns.one():
        log.append("came")


def test_nobody_is_interrupted_while_nobody_waits_and_then_only_the_longest_connected():
    async def play():
        turns, log = Turns(2, 60.0), []
        async with AsyncExitStack() as stack:
            old, young = await _two_have_it(turns, stack)
            assert not old.over.is_set()
            assert turns.full
            third = asyncio.create_task(_comes(turns, log))
            await old.over.wait()
            assert not young.over.is_set()
            assert not log
        await third
        assert log == ["came"]
        assert not turns.full

    asyncio.run(play())


def test_one_who_gives_up_waiting_is_not_waited_for():
    async def play():
        turns, log = Turns(1, 60.0), []
        async with turns.one() as turn:
            waiting = asyncio.create_task(_comes(turns, log))
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.wait({waiting})
            turns.began(turn, done=True)
            await asyncio.sleep(0)
            assert not turn.over.is_set()
        async with turns.one() as turn:
            assert turn.mine.is_set()
        assert not log

    asyncio.run(play())

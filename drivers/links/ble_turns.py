"""Who may have one of the few connections of an adapter, in the order of asking; long turns end when others wait."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from collector.clock import monotonic

_SLACK_S = 0.05  # a loop may wake a little early


class Turn:
    """`mine` is set when the connection may be made, `over` when it must be given up for somebody else."""

    def __init__(self) -> None:
        self.mine = asyncio.Event()
        self.over = asyncio.Event()
        self.ends: float | None = None


class Turns:
    """So many at a time, each for `turn_s` and then until somebody waits. Everything is called on one loop."""

    def __init__(self, connections: int, turn_s: float) -> None:
        self._connections = connections
        self._turn_s = turn_s
        self._turns: list[Turn] = []  # in the order of asking: the first ones have it

    @property
    def full(self) -> bool:
        """Whether who asks now must wait."""
        return len(self._turns) >= self._connections

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Turn]:
        """A connection of one's own, as soon as it is one's turn."""
        turn = Turn()
        self._turns.append(turn)
        self._arrange()
        try:
            await turn.mine.wait()
            yield turn
        finally:
            self._turns.remove(turn)
            self._arrange()

    def began(self, turn: Turn, *, done: bool = False) -> None:
        """The device is connected, and its time counts from now; `done`: it has said all that it ever will."""
        length = 0.0 if done else self._turn_s
        turn.ends = monotonic() + length
        asyncio.get_running_loop().call_later(length, self._arrange)

    def _arrange(self) -> None:
        having, waiting = self._turns[: self._connections], self._turns[self._connections :]
        for turn in having:
            turn.mine.set()
        soon = monotonic() + _SLACK_S
        ended = [turn for turn in having if turn.ends is not None and turn.ends <= soon]
        for turn in ended[: len(waiting)]:  # the longest connected first
            turn.over.set()

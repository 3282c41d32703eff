"""How tickets stand over there, asked every now and then: a person took or closed one."""

import asyncio
import threading
from collections.abc import Iterable, Mapping
from typing import Protocol, runtime_checkable

from collector.clock import Clock
from collector.errors import Refused, Unreachable
from service_desk.ports import TicketSink


@runtime_checkable
class Watched(Protocol):
    """A sink whose tickets can be asked."""

    poll_s: float

    async def refresh(self) -> int:
        """Remember how they stand; how many somebody changed."""


def watched(sinks: Mapping[str, TicketSink]) -> Iterable[tuple[str, Watched]]:
    """Those of `sinks` that can be asked, by name."""
    return [(name, sink) for name, sink in sinks.items() if isinstance(sink, Watched)]


class Watch:
    """`run` is a target for the supervisor."""

    def __init__(self, sink: Watched, clock: Clock) -> None:
        """Asks `sink` every `sink.poll_s`."""
        self._sink = sink
        self._clock = clock

    def run(self, stop: threading.Event) -> None:
        """Ask until `stop`. What cannot be reached now is asked the next time: the outbox says what is wrong."""
        with asyncio.Runner() as loop:
            while not self._clock.wait(stop, self._sink.poll_s):
                try:
                    loop.run(self._sink.refresh())
                except (Unreachable, Refused):
                    continue

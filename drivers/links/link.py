"""What every kind of link is from outside: a thread to run, a status to show, and what it is given of the house."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from collector.clock import Clock
from collector.counters import Counters
from collector.ports import Intake

State = Literal["stopped", "connecting", "up", "paused", "down"]


class LinkStatus(msgspec.Struct, frozen=True):
    """How a link is, or one of its `parts`: the ports of a serial link, the adapters of a BLE link.

    `error` is the last thing that went wrong, also when all is well again; `hint` what a person can do about it now.
    """

    name: str
    kind: str
    address: str
    state: State
    since: datetime
    error: str
    last_frame: datetime | None
    frames_per_minute: int
    hint: str = ""
    parts: "tuple[LinkStatus, ...]" = ()


@dataclass(frozen=True)
class House:
    """What a link needs of the house.

    `session_of(link, present)` gives the token of a broker's session, a new one when the broker has forgotten it.
    """

    intake: Intake
    counters: Counters
    clock: Clock
    session_of: Callable[[str, bool], str]


class Link(Protocol):
    """One link. A module of links has a `Config` and `open_link(name, config, house)`, which raises ConfigError.

    A `Config` with `exclusive(link)` says by its fields what no other link may have: a port, a broker's session.
    """

    name: str

    @property
    def status(self) -> LinkStatus:
        """How it is now. Called from any thread."""

    def run(self, stop: threading.Event) -> None:
        """Connect, listen, come back, until `stop`. Raises only for a defect; then it is run again."""

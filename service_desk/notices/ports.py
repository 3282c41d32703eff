"""The seam to the channels: what they are handed, what they answer.

A module in `service_desk/notices/channels` is the part `channel.<name>`. It has `PROVEN`, `Config`, `ADDRESS` (what a
person's address there is called), `address(text)` (the address as the channel wants it; raises ValueError) and
`open_channel(config)`, which connects to nothing yet. Where an address is not for people to read, `shown(address)` says
what they call it; where a browser makes it, `Config.browser_key` is what it makes it with.
"""

from datetime import datetime
from typing import Protocol

import msgspec

from collector.errors import Refused, Unreachable


class Fact(msgspec.Struct, frozen=True):
    """One incident as a person is told of it: never more than this, and nothing about a patient."""

    what: str
    title: str
    place: str
    since: datetime
    priority: str
    url: str


class Message(msgspec.Struct, frozen=True):
    """One person's news. `id` is the same whenever it is tried again; `short` is for a pager: 160 characters."""

    id: str
    address: str
    at: datetime
    priority: str
    subject: str
    text: str
    short: str
    facts: tuple[Fact, ...]


class Receipt(msgspec.Struct, frozen=True):
    """A channel has taken it: under this reference. `delivered`: it is known that it came to the person."""

    reference: str = ""
    delivered: bool = False


class Unsure(Unreachable):
    """It was sent and no answer came: it may have arrived."""


class Gone(Refused):
    """The address is no more, and never will be again."""


class Channel(Protocol):
    """A way to people. Only one thread uses it."""

    def hand(self, message: Message) -> Receipt:
        """Hand it over. Raises Unreachable, Unsure, or Refused when trying again does not help."""

    def test(self, now: datetime) -> str:
        """A real transaction that tells nobody anything; what was seen, in words. Raises Unreachable or Refused."""

    def close(self) -> None:
        """Let go of what is open."""

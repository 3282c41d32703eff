"""What a dialect is: how to say things to one kind of server, without saying them itself."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from collector.ports import Selection
from collector.reading import Reading


class Ask(NamedTuple):
    """A request. `path` is below the server's address; the body is gzipped `lines`, a `form` or `json`."""

    method: Literal["GET", "POST"]
    path: str
    params: Mapping[str, str] = {}
    lines: bytes = b""
    form: Mapping[str, str] | None = None
    json: Mapping[str, object] | None = None
    accept: str = "application/json"


Asker = Callable[[Ask], bytes]
"""Sends a request and gives the answer's body. Raises Unreachable or Refused."""


class Column(NamedTuple):
    """One field of one series: `values` at `times`, ms since 1970. Of two `revision`s of a point the higher stands."""

    device: str
    gateway: str
    field: str
    times: Sequence[int]
    values: Sequence[object]
    revision: int = 0


def limit_each(selection: Selection) -> int | None:
    """How many points of a series are enough: of one metric, the first so many; of several nobody knows."""
    whole = selection.every is None and selection.spans is None and selection.points is None
    return selection.limit if whole and len(selection.metrics) == 1 else None


class Lines(NamedTuple):
    """Line protocol, a line a point; `refused` are lines the server could not keep, each with why."""

    good: list[str]
    refused: Sequence[tuple[str, str]] = ()


class Dialect(Protocol):
    """One kind of server."""

    @property
    def newest(self) -> float:
        """The newest time of all that was ever made into lines, in ms since 1970."""

    def lines(self, points: Iterable[Reading], ask: Asker) -> Lines:
        """The points, in order, as this server keeps them."""

    def write(self, lines: bytes) -> Ask:
        """The request that writes `lines`, which are gzipped."""

    def devices(self, selection: Selection, ask: Asker) -> Iterable[str]:
        """At least the devices that said something of its metrics in its time."""

    def query(self, selection: Selection, ask: Asker) -> Iterable[Column]:
        """The points of a selection, without regard to its windows; at least the first `limit` of them."""

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterable[Column]:
        """At least the newest value of every series."""

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        """Forget what is older; say how many points went. Raises Refused where the server cannot."""

    def life(self, ask: Asker) -> str:
        """Changes when the server was started again; "" for a server that loses nothing it has confirmed."""

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        """What a person should mend at the server, in words."""

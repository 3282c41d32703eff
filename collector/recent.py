"""The newest records in memory, so that who keeps up need not read and decode what was just written."""

from collections import OrderedDict
from collections.abc import Sequence
from typing import NamedTuple

from collector.reading import Item

RECENT_ITEMS = 100_000
_BYTES = 32 << 20


class _Kept(NamedTuple):
    position: int
    items: Sequence[Item]
    size: int


class Recent:
    """Each record under the position before it, without gaps up to the head. Not thread-safe, no I/O.

    Bounded by items and by the bytes they take on disk; the oldest go first.
    """

    def __init__(self, items: int = RECENT_ITEMS, size: int = _BYTES) -> None:
        self._most_items = items
        self._most_bytes = size
        self._items = 0
        self._bytes = 0
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def add(self, before: int, position: int, items: Sequence[Item], size: int) -> None:
        """The record at `position`, which is `size` bytes and follows `before`, the head until now."""
        self._kept[before] = _Kept(position, items, size)
        self._items += len(items) or 1
        self._bytes += size
        while self._kept and (self._items > self._most_items or self._bytes > self._most_bytes):
            _, gone = self._kept.popitem(last=False)
            self._items -= len(gone.items) or 1
            self._bytes -= gone.size

    def clear(self) -> None:
        """Forget all: the head has moved without a record."""
        self._kept.clear()
        self._items = self._bytes = 0

    def after(self, position: int, limit: int) -> list[tuple[int, Sequence[Item]]]:
        """The records after `position` until there are `limit` items or more; none when the next one is not here."""
        found: list[tuple[int, Sequence[Item]]] = []
        items = 0
        while items < limit and (kept := self._kept.get(position)) is not None:
            position = kept.position
            found.append((position, kept.items))
            items += len(kept.items)
        return found

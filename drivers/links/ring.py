"""What a link that cannot pause holds for an intake that has no room: bounded, the oldest lost and counted."""

from collections import deque
from functools import partial

from collector.reading import Item
from drivers.links.link import House

_AT_ONCE = 1_000


class Ring:
    """What waits for the intake, at most `size` items: the oldest are lost then, and counted."""

    def __init__(self, link: str, size: int, house: House) -> None:
        self._link = link
        self._size = size
        self._house = house
        self._waiting: deque[Item] = deque()
        self._taken = self._kept = 0

    def __len__(self) -> int:
        """How many items wait."""
        return len(self._waiting)

    @property
    def safe(self) -> bool:
        """Whether everything that was put is on disk, or lost."""
        return not self._waiting and self._kept == self._taken

    def put(self, items: list[Item]) -> None:
        """Hand over, or keep until `flush`."""
        if not self._waiting and self._offer(items):
            return
        self._waiting += items
        lost = max(0, len(self._waiting) - self._size)
        for _ in range(lost):
            self._waiting.popleft()
        if lost:
            self._house.counters.lost(self._link, lost)

    def flush(self) -> None:
        """Hand over what waits, in order, as far as there is room."""
        while self._waiting:
            items = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
            if not self._offer(items):
                self._waiting.extendleft(reversed(items))
                return

    def _offer(self, items: list[Item]) -> bool:
        number = self._taken + 1
        if not self._house.intake.offer(items, partial(self._keep, number)):
            return False
        self._taken = number
        return True

    def _keep(self, number: int) -> None:
        self._kept = number  # from the spool's thread, in the order of the offers

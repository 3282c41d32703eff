"""How long something took, counted in fixed buckets: cheap to add to, honest about the slow ones."""

import threading
from bisect import bisect_left
from collections.abc import Sequence

import msgspec

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Upper bounds: from a sync of a good disk to a server that was away."""


class Durations(msgspec.Struct, frozen=True):
    """What was counted: `counts` by bucket, the last of them for all that is over every bound."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    seconds: float

    @property
    def count(self) -> int:
        """How many."""
        return sum(self.counts)

    def quantile(self, share: float) -> float | None:
        """Seconds that `share` (0 to 1) of them stayed under, at most: the bound of its bucket. None without any.

        Beyond the last bound it is infinite.
        """
        rank, below = share * self.count, 0
        for bound, count in zip((*self.bounds, float("inf")), self.counts, strict=True):
            below += count
            if below and below >= rank:
                return bound
        return None


class Histogram:
    """Thread-safe. Add once a batch, not once a message."""

    def __init__(self, bounds: Sequence[float] = SECONDS) -> None:
        self._bounds = tuple(bounds)
        self._lock = threading.Lock()
        self._counts = [0] * (len(self._bounds) + 1)
        self._seconds = 0.0

    def add(self, seconds: float) -> None:
        """One took so long."""
        with self._lock:
            self._counts[bisect_left(self._bounds, seconds)] += 1
            self._seconds += seconds

    def snapshot(self) -> Durations:
        """What was counted since the start."""
        with self._lock:
            return Durations(self._bounds, tuple(self._counts), self._seconds)

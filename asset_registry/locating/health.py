"""Which gateways can be believed when they say nothing."""

import numpy as np

from asset_registry.locating.arrays import Bools, Floats, Indices

_SHORTEST_S, _LONGEST_S = 8.0, 300.0
_MISSED = 12.0
"""So many packets that were to be expected and did not come: by chance once in 160,000 times."""

_MEMORY_S = 60.0
_ALIVE_S = 60.0


class Health:
    """Of all gateways: when each last heard any tag, and how often it usually does.

    A gateway that usually hears tags is dead when it has missed a dozen packets (at least 8 s, at most 5 min); one that
    never heard any is alive for a minute after it spoke at all. Times in seconds.
    """

    def __init__(self, gateways: int) -> None:
        self.heard: Floats = np.full(gateways, -np.inf)
        self._spoke: Floats = np.full(gateways, -np.inf)
        self._rate: Floats = np.zeros(gateways)
        self._first: Floats = np.full(gateways, np.inf)
        self.alive: Bools = np.zeros(gateways, dtype=bool)
        self.back: Floats = np.full(gateways, -np.inf)

    def speak(self, gateway: int, now: float) -> None:
        """It said something, no sighting."""
        self._spoke[gateway] = max(now, self._spoke[gateway])

    def step(self, gateways: Indices, packets: Floats, now: float, dt: float) -> Bools:
        """Take in how many packets came in the last `dt` seconds; which gateways were lost just now."""
        since = now - self.heard[gateways]
        gap = np.where(np.isfinite(since), np.maximum(since, dt), dt)
        weight = 1 - np.exp(-gap / np.clip(now - self._first[gateways], dt, _MEMORY_S))
        self._rate[gateways] += (packets / gap - self._rate[gateways]) * weight
        self._first[gateways] = np.minimum(self._first[gateways], now - dt)
        self.heard[gateways] = now
        limit = np.clip(_MISSED / np.maximum(self._rate, 1e-6), _SHORTEST_S, _LONGEST_S)
        used = np.isfinite(self.heard)
        alive = np.where(used, now - self.heard < limit, now - self._spoke < _ALIVE_S)
        lost = self.alive & ~alive & used
        self.back = np.where(alive & ~self.alive, now, self.back)
        self.alive = alive
        return np.asarray(lost)

"""What each tag sounded like lately: linear power of its loudest gateways, in a fast and a slow memory.

The mean of linear power averages the three advertising channels; a median hops between them. A tag keeps at most
`SLOTS` gateways; a new one takes the place of the faintest. Rows are tags; nothing loops over them.
"""

import msgspec
import numpy as np

from asset_registry.locating.arrays import NOWHERE, Bools, Floats, Indices, decibels

SLOTS = 20
_RATE_S = 60.0
_WIDE = ("fast", "fast_packets", "slow", "slow_packets", "_count")


class Pace(msgspec.Struct, frozen=True):
    """Memories in seconds. A slow beacon gets a longer fast memory, until it holds `packets` of each gateway."""

    fast_s: float = 2.0
    slow_s: float = 120.0
    packets: float = 3.0
    longest_s: float = 40.0
    stale_s: float = 20.0
    stale_packets: float = 8.0


class Memory:
    """Power and packets of each tag's gateways. All arrays are (tags, slots) unless said."""

    def __init__(self, gateways: int, pace: Pace) -> None:
        """So many gateways in all."""
        self._pace = pace
        self._all = gateways
        self.slots = min(SLOTS, max(1, gateways))
        self._pending: list[tuple[Indices, Indices, Floats]] = []
        self.gateway: Indices = np.zeros((0, self.slots), dtype=np.int64)
        self.fast: Floats = np.zeros((0, self.slots))
        self.fast_packets: Floats = np.zeros((0, self.slots))
        self.slow: Floats = np.zeros((0, self.slots))
        self.slow_packets: Floats = np.zeros((0, self.slots))
        self.last: Floats = np.zeros((0, self.slots))
        self.heard: Floats = np.zeros(0)
        """(tags): when each was last heard."""
        self._count: Floats = np.zeros((0, self.slots))
        self._time: Floats = np.zeros(0)
        self.fast_s: Floats = np.zeros(0)
        """(tags): the length of the fast memory now."""

    def grow(self, tags: int) -> None:
        """Have room for so many tags."""
        more = tags - len(self.heard)
        if more <= 0:
            return
        wide = np.zeros((more, self.slots))
        self.gateway = np.vstack([self.gateway, np.full((more, self.slots), NOWHERE)])
        for name in _WIDE:
            setattr(self, name, np.vstack([getattr(self, name), wide]))
        self.last = np.vstack([self.last, np.full((more, self.slots), -np.inf)])
        self.heard = np.concatenate([self.heard, np.full(more, -np.inf)])
        self._time = np.concatenate([self._time, np.zeros(more)])
        self.fast_s = np.concatenate([self.fast_s, np.full(more, self._pace.fast_s)])

    def put(self, tags: Indices, gateways: Indices, milliwatt: Floats) -> None:
        """Sightings, for the next step."""
        self._pending.append((tags, gateways, milliwatt))

    def step(self, now: float, dt: float) -> tuple[Indices, Floats]:
        """Forget a little and take in what was put. Gateways that heard anything, and how many packets."""
        self._forget(dt)
        if not self._pending:
            self._pace_of(dt)
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        tags, gateways, power = (np.concatenate(parts) for parts in zip(*self._pending, strict=True))
        self._pending = []
        keys, which = np.unique(tags * self._all + gateways, return_inverse=True)
        packets, power = np.bincount(which).astype(float), np.bincount(which, power).astype(float)
        row, gateway = keys // self._all, keys % self._all
        row, slot, power, kept = self._slots(row, gateway, power, packets)
        for at, what in ((self.fast, power), (self.slow, power), (self.fast_packets, kept), (self.slow_packets, kept)):
            at[row, slot] += what
        self._count[row, slot] += kept
        self.last[row, slot] = now
        self.heard[row] = now
        self._pace_of(dt)
        heard, which = np.unique(gateways, return_inverse=True)
        return heard, np.bincount(which).astype(float)

    def _forget(self, dt: float) -> None:
        slow_s = np.maximum(self._pace.slow_s, 4 * self.fast_s)
        for memory, packets, length in (
            (self.fast, self.fast_packets, self.fast_s),
            (self.slow, self.slow_packets, slow_s),
        ):
            keep = np.exp(-dt / length)[:, None]
            np.multiply(memory, keep, out=memory)
            np.multiply(packets, keep, out=packets)
        self._count *= np.exp(-dt / _RATE_S)

    def _pace_of(self, dt: float) -> None:
        """The rate of packets of its three busiest gateways makes a tag's fast memory long enough."""
        self._time = np.where(np.isfinite(self.heard), self._time * np.exp(-dt / _RATE_S) + dt, 0.0)
        busiest = min(3, self.slots)
        count = np.partition(self._count, -busiest, axis=1)[:, -busiest:]
        rate = count.sum(1) / np.maximum((count > 0).sum(1), 1) / np.maximum(self._time, dt)
        self.fast_s = np.clip(self._pace.packets / np.maximum(rate, 1e-3), self._pace.fast_s, self._pace.longest_s)

    def _slots(
        self, row: Indices, gateway: Indices, power: Floats, packets: Floats
    ) -> tuple[Indices, Indices, Floats, Floats]:
        """The slot of each (tag, gateway), of those that got one."""
        match = self.gateway[row] == gateway[:, None]
        slot = np.where(match.any(1), match.argmax(1), NOWHERE)
        fresh = np.flatnonzero(slot == NOWHERE)
        if len(fresh):
            fresh = fresh[np.lexsort((-power[fresh] / packets[fresh], row[fresh]))]
            tags, first, which = np.unique(row[fresh], return_index=True, return_inverse=True)
            rank = np.arange(len(fresh)) - first[which]
            free = np.where(self.gateway[tags] == NOWHERE, -1.0, self.slow[tags]).argsort(1, kind="stable")
            fits = rank < self.slots
            fresh, rank, which = fresh[fits], rank[fits], which[fits]
            taken = free[which, rank]
            slot[fresh] = taken
            self.gateway[row[fresh], taken] = gateway[fresh]
            for name in _WIDE:
                getattr(self, name)[row[fresh], taken] = 0.0
        kept = slot != NOWHERE
        return row[kept], slot[kept], power[kept], packets[kept]

    def levels(self) -> tuple[Floats, Floats]:
        """The fast and the slow level in dBm."""
        return decibels(self.fast, self.fast_packets), decibels(self.slow, self.slow_packets)

    def fresh(self, now: float) -> Bools:
        """Where a gateway has heard the tag not long ago, as its pace goes."""
        stale = np.clip(self._pace.stale_packets / self._pace.packets * self.fast_s, self._pace.stale_s, None)
        return np.asarray(now - self.last < stale[:, None])

    def forget_place(self, tags: Bools, share: float = 0.3) -> None:
        """Those tags moved: of what they sounded like only the newest counts."""
        self.slow[tags] = share * self.fast[tags]
        self.slow_packets[tags] = share * self.fast_packets[tags]

    def clear(self, tags: Indices) -> None:
        """Rows that another tag may take."""
        self.gateway[tags] = NOWHERE
        self.last[tags] = -np.inf
        for name in _WIDE:
            getattr(self, name)[tags] = 0.0
        self.heard[tags] = -np.inf
        self._time[tags] = 0.0
        self.fast_s[tags] = self._pace.fast_s

"""Which series there are, and which of them a question is about."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa

Series = tuple[str, str, str]
"""Device, metric, gateway."""


class Chosen(NamedTuple):
    """Series in the order of an answer. `every`: all there are, so that nothing need be looked up by id."""

    sids: list[int]
    names: pa.Table
    every: bool

    def place(self) -> pa.Table:
        """`sid` and its place in the order."""
        places = np.arange(len(self.sids), dtype=np.int32)
        return pa.table({"sid": np.array(self.sids, dtype=np.int32), "place": places})


class SeriesIndex:
    """Every series by its id. One thread adds at a time; the others may look meanwhile."""

    def __init__(self, rows: Iterable[tuple[int, str, str, str]]) -> None:
        """`rows` are `sid`, device, metric, gateway."""
        self.ids: dict[Series, int] = {}
        self._of_device: defaultdict[str, list[tuple[Series, int]]] = defaultdict(list)
        self._all = _chosen([], every=True)
        self.add({(device, metric, gateway): sid for sid, device, metric, gateway in rows})

    def add(self, new: Mapping[Series, int]) -> None:
        """More series."""
        for series, sid in new.items():
            self._of_device[series[0]].append((series, sid))
        self.ids.update(new)

    def numbered(self, new: Iterable[Series]) -> dict[Series, int]:
        """Ids for series not seen before; those of one device are neighbors, which compresses best."""
        return {series: sid for sid, series in enumerate(sorted(new), max(self.ids.values(), default=0) + 1)}

    def chosen(self, devices: Collection[str], metrics: Collection[str]) -> Chosen:
        """The series of these devices and metrics, where empty means all."""
        if not devices and not metrics:
            if len(self._all.sids) != len(self.ids):
                self._all = _chosen(list(self.ids.items()), every=True)
            return self._all
        among = [pair for device in set(devices) for pair in self._of_device.get(device, ())]
        found = among if devices else list(self.ids.items())
        return _chosen([pair for pair in found if not metrics or pair[0][1] in metrics], every=False)


def _chosen(pairs: Iterable[tuple[Series, int]], *, every: bool) -> Chosen:
    ordered = sorted(pairs)
    columns = [pa.array([series[n] for series, _ in ordered], pa.string()) for n in range(3)]
    return Chosen([sid for _, sid in ordered], pa.table(columns, ["device", "metric", "gateway"]), every)

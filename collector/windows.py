"""Points put into windows, for stores that cannot do it themselves (see `collector.points` for what a window is)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from collector.points import SCHEMA, moment_of, ms_of, table_of
from collector.ports import Aggregate
from collector.reading import Quality, Reading

_WORST = (Quality.BAD, Quality.UNCERTAIN, Quality.GOOD)


def windows(points: Sequence[Reading], every: timedelta, aggregate: Aggregate) -> pa.Table:
    """The points, which are in order, put into windows aligned to 1970."""
    length = every // timedelta(milliseconds=1)
    windows: dict[tuple[str, str, str, int], list[Reading]] = {}
    for point in points:
        start = ms_of(point.at) // length * length
        windows.setdefault((point.device, point.metric, point.gateway, start), []).append(point)
    rows = [_window(moment_of(key[3]), inside, aggregate) for key, inside in windows.items()]
    return table_of(row for row in rows if row is not None) if rows else SCHEMA.empty_table()


def _window(start: datetime, inside: Sequence[Reading], aggregate: Aggregate) -> Reading | None:
    value: float | bool | str
    if aggregate == "last":
        value = inside[-1].value
    elif aggregate == "count":
        value = float(len(inside))
    else:
        numbers = [float(p.value) for p in inside if not isinstance(p.value, str) and p.quality is not Quality.BAD]
        if not numbers:
            return None
        value = {"mean": sum(numbers) / len(numbers), "min": min(numbers), "max": max(numbers)}[aggregate]
    first = inside[0]
    quality = min((p.quality for p in inside), key=_WORST.index)
    received = max(p.received for p in inside)
    return Reading(first.device, first.metric, value, start, received, first.gateway, quality)

"""Which times of which devices a selection is about."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np
import pyarrow as pa

from collector.points import ms_of
from collector.ports import Selection, Span

Times = list[tuple[int, int]]
"""From and until, in ms, in order and apart from each other."""


def times_of(selection: Selection) -> dict[str, Times] | None:
    """The times of each device, within those of the selection; None when all devices count all the time."""
    if selection.spans is None:
        return None
    start, end = ms_of(selection.start), ms_of(selection.end)
    found: dict[str, Times] = {}
    for span in merged(selection.spans):
        cut = max(ms_of(span.start), start), min(ms_of(span.end), end)
        if cut[0] < cut[1] and (not selection.devices or span.device in selection.devices):
            found.setdefault(span.device, []).append(cut)
    return found


def devices_of(selection: Selection) -> tuple[str, ...] | None:
    """The devices of a selection, () for all; None when there are none."""
    times = times_of(selection)
    return selection.devices if times is None else tuple(times) or None


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same times, by device and in order, none of them twice."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda span: (span.device, span.start)):
        if found and found[-1].device == span.device and span.start <= found[-1].end:
            found[-1] = Span(span.device, found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def holds(times: dict[str, Times] | None, device: str, at: datetime) -> bool:
    """Whether a moment of a device is among them."""
    return times is None or any(start <= ms_of(at) < end for start, end in times.get(device, ()))


def shortened(table: pa.Table, selection: Selection) -> pa.Table:
    """At most `selection.points` of each series and `selection.limit` in all."""
    if selection.points is not None and selection.every is None:
        table = downsampled(table, selection.points, selection.start, selection.end)
    return table.slice(0, selection.limit)


def downsampled(table: pa.Table, points: int, start: datetime, end: datetime) -> pa.Table:
    """At most so many points (from 4) of each series, for a chart that draws them as one line.

    The time is cut into equal pieces; of each the lowest and the highest point stay, at their own times, and of the
    whole the first and the last. BAD points count only where a piece has no others; of texts first and last stay. A
    piece without points stays empty, so a gap longer than two pieces is seen.
    """
    pieces = max(1, (points - 2) // 2)
    names = [table[name].combine_chunks().dictionary_encode().indices.to_numpy() for name in table.column_names[:3]]
    other = np.zeros(table.num_rows, bool)
    for codes in names:
        other[1:] |= codes[1:] != codes[:-1]
    series = np.cumsum(other)
    many = np.bincount(series, minlength=1)[series] > points
    if not many.any():
        return table
    low, span = ms_of(start), max(1, ms_of(end) - ms_of(start))
    at = table["at"].cast(pa.int64()).to_numpy()
    piece = series * pieces + (at - low) * pieces // span
    value = table["number"].to_numpy()
    truth = table["boolean"].cast(pa.uint8()).cast(pa.float64()).to_numpy()
    value = np.where(np.isnan(value), truth, value)
    value = np.where(np.asarray(table["quality"].to_numpy() == "BAD"), np.nan, value)
    keep = ~many
    first = np.append(other[1:], True)  # the last of a series
    keep |= first | np.roll(first, 1)
    for missing, end_of_piece in ((np.inf, 0), (-np.inf, -1)):
        order = np.lexsort((np.where(np.isnan(value), missing, value), piece))
        turn = piece[order][1:] != piece[order][:-1]
        edges = np.append(turn, True) if end_of_piece else np.insert(turn, 0, True)
        keep[order[edges]] = True
    return table.filter(pa.array(keep))

"""Points on their way in: readings or an Arrow table become columns by series id, in order and without duplicates."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collector.columns import Readings, chunks_of
from collector.embedded.format import BOOLEAN, NUMBER, TEXT
from collector.embedded.series import Series, SeriesIndex
from collector.points import all_ms, points_of
from collector.reading import Item, Quality, Reading, Value

QUALITIES = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)
"""By the number under which they are kept."""

DAY_MS = 86_400_000

Numbers = npt.NDArray[np.int64]
Sids = npt.NDArray[np.int32]
_WORSE = {Quality.UNCERTAIN: 1, Quality.BAD: 2}
_DENSE = 1 << 22  # so many combinations of names are marked in a table rather than sorted


class Batch(NamedTuple):
    """Columns as in `collector.embedded.format`, by `sid` and `t` (ms); `s` is None when there are no texts."""

    sid: Sids
    t: Numbers
    v: npt.NDArray[np.float64]
    s: pa.Array | None
    kind: npt.NDArray[np.uint8]
    quality: npt.NDArray[np.uint8]
    delay: Numbers

    def __bool__(self) -> bool:
        """Whether there is a point."""
        return len(self.t) > 0

    def those(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> "Batch":
        """The points at these places, or where this is true."""
        s = self.s
        if s is not None:
            s = s.filter(pa.array(which)) if which.dtype == np.bool_ else s.take(pa.array(which))
        sid, t, v, _, kind, quality, delay = self
        return Batch(sid[which], t[which], v[which], s, kind[which], quality[which], delay[which])

    def newest(self) -> "Batch":
        """The last point of each series."""
        return self.those(np.append(self.sid[1:] != self.sid[:-1], [True]) if self else np.zeros(0, np.bool_))

    def table(self) -> pa.Table:
        """As DuckDB takes it."""
        v = pa.array(self.v, mask=self.kind == TEXT) if self.s is not None else pa.array(self.v)
        return pa.table(
            {
                "sid": self.sid,
                "t": pa.array(self.t).cast(pa.timestamp("ms")),
                "v": v,
                "s": pa.nulls(len(self.t), pa.string()) if self.s is None else self.s,
                "kind": self.kind,
                "quality": self.quality,
                "delay": self.delay,
            }
        )


def of_items(items: Iterable[Item], series: SeriesIndex) -> tuple[Batch, dict[Series, int]]:
    """What a store keeps of `items` (see `collector.points.points_of`), and the ids of series not seen before."""
    named = [
        _of_readings(chunk) if isinstance(chunk, Readings) else _of_points(points_of(chunk))
        for chunk in chunks_of(items)
    ]
    new = series.numbered({name for names, _ in named for name in names if name not in series.ids})
    ids = {**series.ids, **new} if new else series.ids
    batches = [
        batch._replace(sid=np.array([ids[name] for name in names], np.int32)[batch.sid]) for names, batch in named
    ]
    return _ordered(batches[0] if len(batches) == 1 else _joined(batches)), new


def _joined(batches: Sequence[Batch]) -> Batch:
    """One after another; an empty one when there is none."""
    sid, t, v, s, kind, quality, delay = zip(*(batches or [_of_points([])[1]]), strict=True)
    texts = [pa.nulls(len(at), pa.string()) if one is None else one for one, at in zip(s, t, strict=True)]
    join = np.concatenate
    text = pa.concat_arrays(texts) if any(one is not None for one in s) else None
    return Batch(join(sid), join(t), join(v), text, join(kind), join(quality), join(delay))


def _of_readings(readings: Readings) -> tuple[list[Series], Batch]:
    """The names of series, and points with the places of these as `sid`."""
    t, none = readings.at, np.zeros(len(readings), np.uint8)
    batch = Batch(readings.which.astype(np.int32), t, readings.values, None, none, none, readings.received - t)
    return readings.series, batch


def _of_points(points: Sequence[Reading]) -> tuple[list[Series], Batch]:
    """The same."""
    places: dict[Series, int] = {}
    which = [places.setdefault((point.device, point.metric, point.gateway), len(places)) for point in points]
    values = [point.value for point in points]
    kind = np.zeros(len(points), np.uint8)
    s = None
    if set(map(type, values)) - {float}:
        kind[:] = [_kind(value) for value in values]
        if TEXT in kind:
            s = pa.array([value if isinstance(value, str) else None for value in values], pa.string())
            values = [0.0 if isinstance(value, str) else value for value in values]
    quality = np.zeros(len(points), np.uint8)
    for place in [place for place, point in enumerate(points) if point.quality is not Quality.GOOD]:
        quality[place] = _WORSE[points[place].quality]
    t = all_ms([point.at for point in points])
    delay = all_ms([point.received for point in points]) - t
    return list(places), Batch(np.array(which, np.int32), t, np.array(values, np.float64), s, kind, quality, delay)


def _kind(value: Value) -> int:
    return TEXT if isinstance(value, str) else BOOLEAN if isinstance(value, bool) else NUMBER


def of_table(table: pa.Table, series: SeriesIndex) -> tuple[Batch, dict[Series, int]]:
    """The rows of a table with the columns of `collector.points.SCHEMA`; names may be dictionaries, which is faster."""
    sid, new = _sids(table, series)
    t = _int64(table["at"])
    s, boolean = table["text"].combine_chunks(), table["boolean"].combine_chunks()
    v = table["number"]
    kind = np.zeros(len(t), np.uint8)
    if boolean.null_count < len(t):
        v = pc.coalesce(v, boolean.cast(pa.uint8()).cast(pa.float64()))
        kind[_true(boolean.is_valid())] = BOOLEAN
    if s.null_count < len(t):
        kind[_true(s.is_valid())] = TEXT
    quality = _codes(table["quality"], {name: number for number, name in enumerate(QUALITIES)})
    return _ordered(
        Batch(
            sid,
            t,
            pc.fill_null(v, 0.0).to_numpy(),
            s.cast(pa.string()) if s.null_count < len(t) else None,
            kind,
            quality.astype(np.uint8),
            _int64(table["received"]) - t,
        )
    ), new


def _sids(table: pa.Table, series: SeriesIndex) -> tuple[Sids, dict[Series, int]]:
    encoded = [_encoded(table[name]) for name in ("device", "metric", "gateway")]
    sizes = [max(1, len(column.dictionary)) for column in encoded]
    code = np.zeros(table.num_rows, np.int64)
    for column, size in zip(encoded, sizes, strict=True):
        code = code * size + column.indices.to_numpy()
    dense = int(np.prod(sizes, dtype=np.float64)) <= _DENSE
    if dense:
        there = np.zeros(int(np.prod(sizes)), np.bool_)
        there[code] = True
        present = np.flatnonzero(there)
    else:
        present, code = np.unique(code, return_inverse=True)
    words = [column.dictionary.to_pylist() for column in encoded]
    names: list[Series] = [
        (words[0][n // (sizes[1] * sizes[2])], words[1][n // sizes[2] % sizes[1]], words[2][n % sizes[2]])
        for n in present.tolist()
    ]
    new = series.numbered(name for name in names if name not in series.ids)
    ids = np.array([new[name] if name in new else series.ids[name] for name in names], np.int32)
    if dense:
        lookup = np.zeros(len(there), np.int32)
        lookup[present] = ids
        return lookup[code], new
    return ids[code], new


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    return column.unify_dictionaries().combine_chunks()


def _codes(column: pa.ChunkedArray, numbers: Mapping[str, int]) -> Numbers:
    encoded = _encoded(column)
    to = np.array([numbers[word] for word in encoded.dictionary.to_pylist()] or [0], np.int64)
    found: Numbers = to[encoded.indices.to_numpy()]
    return found


def _int64(column: pa.ChunkedArray) -> Numbers:
    found: Numbers = column.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
    return found


def _true(column: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = column.to_numpy(zero_copy_only=False)
    return found


def _ordered(batch: Batch) -> Batch:
    """By series and time; of points with the same of both only the last."""
    if not batch:
        return batch
    low = int(batch.t.min())
    if int(batch.t.max()) - low < 1 << 31:
        key = (batch.sid.astype(np.int64) << 31) + (batch.t - low)
        if np.all(key[1:] > key[:-1]):
            return batch
        order = np.argsort(key, kind="stable")
    else:
        order = np.lexsort((batch.t, batch.sid))
    sid, t = batch.sid[order], batch.t[order]
    last = np.append((sid[1:] != sid[:-1]) | (t[1:] != t[:-1]), [True])
    return batch.those(order[last])

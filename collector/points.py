"""Readings as Arrow: the columns every store gives back (docs/spool.md has their form on disk).

A row has its value in one of `number`, `text`, `boolean`. A sighting is the series (tag, "rssi", gateway).
With `Selection.every` a row is a window: `at` is its start, `number` the aggregate (the count for "count"); for "last"
the value stands in its own column. Windows without points are absent, so charts draw gaps. Booleans count as 0 and 1;
texts have only "last" and "count". "mean", "min" and "max" leave out BAD points; `quality` is the window's worst.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from collector.reading import Announcement, Item, Quality, Reading, Sighting, Value

if TYPE_CHECKING:
    import pandas as pd

RSSI = "rssi"
"""The metric under which sightings are kept."""

MOMENT = pa.timestamp("ms", tz="UTC")

SCHEMA = pa.schema(
    [
        pa.field("device", pa.string(), nullable=False),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("gateway", pa.string(), nullable=False),
        pa.field("at", MOMENT, nullable=False),
        pa.field("number", pa.float64()),
        pa.field("text", pa.string()),
        pa.field("boolean", pa.bool_()),
        pa.field("quality", pa.string(), nullable=False),
        pa.field("received", MOMENT, nullable=False),
    ]
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_packed = msgspec.msgpack.Encoder().encode
_moments = msgspec.msgpack.Decoder(list[datetime]).decode
_SECONDS = (1 << 34) - 1
_STAMP_BYTES, _STAMP = 10, 0xD7  # MessagePack, "timestamp 64": D7 FF, 30 bits of nanoseconds, 34 of seconds


def ms_of(moment: datetime) -> int:
    """Whole milliseconds since 1970, rounded down."""
    since = moment - _EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def all_ms(moments: Sequence[datetime]) -> npt.NDArray[np.int64]:
    """`ms_of` of each, for a third of its price: their MessagePack is read, where all are of one size."""
    count = len(moments)
    packed = _packed([moment + _US for moment in moments])  # a whole second would be shorter
    head = 1 if count < 16 else 3 if count < 1 << 16 else 5
    stamps = np.frombuffer(packed, np.uint8)[head:]
    if len(stamps) != count * _STAMP_BYTES or not (stamps[::_STAMP_BYTES] == _STAMP).all():
        return np.array([ms_of(moment) for moment in moments], np.int64)
    bits = stamps.reshape(count, _STAMP_BYTES)[:, 2:].copy().view(">u8").ravel().astype(np.uint64)
    ms = (bits & _SECONDS) * 1000 + ((bits >> 34) // 1000 - 1) // 1000
    return ms.astype(np.int64)


def all_moments(times: npt.NDArray[np.int64]) -> list[datetime]:
    """`moment_of` of each; the inverse of `all_ms`, and as cheap where all are of the years 1970 to 2513."""
    seconds, rest = np.divmod(times, 1000)
    if len(times) and not 0 <= int(seconds.min()) <= int(seconds.max()) <= _SECONDS:
        return [moment_of(ms) for ms in times.tolist()]
    stamps = np.empty((len(times), _STAMP_BYTES), np.uint8)
    stamps[:, :2] = _STAMP, 0xFF
    stamps[:, 2:] = (rest * 1_000_000 << 34 | seconds).astype(">i8").view(np.uint8).reshape(-1, 8)
    return _moments(b"\xdd" + len(times).to_bytes(4, "big") + stamps.tobytes())


def moment_of(ms: int) -> datetime:
    """The moment `ms` milliseconds after 1970."""
    return _EPOCH + timedelta(milliseconds=ms)


def points_of(items: Iterable[Item]) -> list[Reading]:
    """What a store keeps of `items`: readings, and sightings as readings of RSSI; announcements are not points."""
    points: list[Reading] = []
    for item in items:
        if type(item) is Reading:
            points.append(item)
        elif isinstance(item, Sighting):
            points.append(
                Reading(item.tag, RSSI, float(item.rssi_dbm), item.received, item.received, gateway=item.gateway)
            )
        else:
            assert isinstance(item, Announcement)  # noqa: S101 - the union is closed
    return points


def number_of(value: Value) -> float | None:
    """The value of a numeric point, None for another."""
    return None if isinstance(value, bool | str) else float(value)


def table_of(items: Iterable[Item]) -> pa.Table:
    """The points among `items`, in their order."""
    points = points_of(items)
    columns: Sequence[Sequence[object] | npt.NDArray[np.int64]] = (
        [p.device for p in points],
        [p.metric for p in points],
        [p.gateway for p in points],
        all_ms([p.at for p in points]),
        [number_of(p.value) for p in points],
        [p.value if isinstance(p.value, str) else None for p in points],
        [p.value if isinstance(p.value, bool) else None for p in points],
        [p.quality.value for p in points],
        all_ms([p.received for p in points]),
    )
    arrays = [
        pa.array(column, pa.int64()).cast(field.type) if field.type == MOMENT else pa.array(column, field.type)
        for column, field in zip(columns, SCHEMA, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)


def readings_of(table: pa.Table) -> list[Reading]:
    """The rows as readings; the inverse of `table_of` for readings."""
    columns = [
        (column.cast(pa.int64()) if field.type == MOMENT else column).to_pylist()
        for column, field in zip(table.columns, table.schema, strict=True)
    ]
    return [
        Reading(
            device,
            metric,
            number if number is not None else text if text is not None else boolean,
            moment_of(at),
            moment_of(received),
            gateway,
            Quality(quality),
        )
        for device, metric, gateway, at, number, text, boolean, quality, received in zip(*columns, strict=True)
    ]


def to_pandas(table: pa.Table) -> "pd.DataFrame":
    """The rows for analysis: index `at` with its zone, names and `quality` as categories, values of their own type."""
    import pandas as pd  # noqa: PLC0415 - it takes half a second to import

    typed = {pa.string(): pd.StringDtype(), pa.bool_(): pd.BooleanDtype()}
    frame = table.to_pandas(types_mapper=typed.get)
    names = dict.fromkeys(("device", "metric", "gateway", "quality"), "category")
    found: pd.DataFrame = frame.astype(names).set_index("at")
    return found

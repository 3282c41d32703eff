"""Points in one DuckDB file on this machine; nothing else to install.

Document: docs/stores.md (tables, what survives, how duplicates are kept out), https://duckdb.org/docs/stable/.
The file belongs to one process: the web shares the collector's.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from collector.errors import Unreachable
from collector.metrics import family_of
from collector.points import SCHEMA, ms_of, points_of
from collector.ports import Selection, Store
from collector.reading import Item, Quality, Reading

PROVEN = True

Series = tuple[str, str, str]

_QUALITIES = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)
_NUMBER, _TEXT, _BOOLEAN = 0, 1, 2

_TABLES = """
CREATE TABLE IF NOT EXISTS series (sid INTEGER PRIMARY KEY, device VARCHAR, metric VARCHAR, gateway VARCHAR);
CREATE TABLE IF NOT EXISTS point
    (t TIMESTAMP_MS, sid INTEGER, v DOUBLE, s VARCHAR, kind UTINYINT, quality UTINYINT, received TIMESTAMP_MS);
CREATE TABLE IF NOT EXISTS latest (sid INTEGER PRIMARY KEY,
    t TIMESTAMP_MS, v DOUBLE, s VARCHAR, kind UTINYINT, quality UTINYINT, received TIMESTAMP_MS);
CREATE TABLE IF NOT EXISTS consumed (position BIGINT);
INSERT INTO consumed SELECT 0 WHERE NOT EXISTS (FROM consumed);
"""

_BATCH = pa.schema(
    [
        ("t", pa.timestamp("ms")),
        ("sid", pa.int32()),
        ("v", pa.float64()),
        ("s", pa.string()),
        ("kind", pa.uint8()),
        ("quality", pa.uint8()),
        ("received", pa.timestamp("ms")),
    ]
)

# A point newer than its series' latest is new for certain; only the others are looked for: in order it costs nothing.
_REPLACE = """
DELETE FROM point USING (SELECT batch.sid, batch.t FROM batch JOIN latest USING (sid) WHERE batch.t <= latest.t) AS late
WHERE point.sid = late.sid AND point.t = late.t
"""
_INSERT = "INSERT INTO point SELECT * FROM batch ORDER BY sid, t"
_LATEST = """
INSERT INTO latest
SELECT sid, t, v, s, kind, quality, received FROM batch
QUALIFY row_number() OVER (PARTITION BY sid ORDER BY t DESC) = 1
ON CONFLICT (sid) DO UPDATE SET t = excluded.t, v = excluded.v, s = excluded.s, kind = excluded.kind,
    quality = excluded.quality, received = excluded.received
WHERE excluded.t >= latest.t
"""

_CHOSEN = """
WITH chosen AS (
    SELECT *, row_number() OVER (ORDER BY device, metric, gateway) AS place FROM series
    WHERE (len($devices) = 0 OR list_contains($devices, device))
        AND (len($metrics) = 0 OR list_contains($metrics, metric))
)
"""
_QUALITY = "CASE {} WHEN 0 THEN 'GOOD' WHEN 1 THEN 'UNCERTAIN' ELSE 'BAD' END AS quality"
_ROW = f"""
SELECT device, metric, gateway, t AS at, CASE kind WHEN {_NUMBER} THEN v END AS number, s AS text,
    CASE kind WHEN {_BOOLEAN} THEN v <> 0 END AS boolean, {_QUALITY.format("quality")}, received
"""
_DURING = """
FROM point JOIN chosen USING (sid)
WHERE t >= CAST(make_timestamp_ms($start) AS TIMESTAMP_MS) AND t < CAST(make_timestamp_ms($end) AS TIMESTAMP_MS)
"""
_START = "epoch_ms(t) - (epoch_ms(t) % $every + $every) % $every"
_WINDOWS = f"""
, inside AS (
    SELECT place, any_value(device) AS device, any_value(metric) AS metric, any_value(gateway) AS gateway,
        {_START} AS start, {{value}} AS value, max(quality) AS quality, max(received) AS received
    {_DURING} GROUP BY place, start
)
SELECT device, metric, gateway, CAST(make_timestamp_ms(start) AS TIMESTAMP_MS) AS at, {{columns}},
    {_QUALITY.format("quality")}, received
FROM inside WHERE value IS NOT NULL ORDER BY place, start
"""  # noqa: S608 - made of the constants above
_NUMBER_ONLY = "value AS number, CAST(NULL AS VARCHAR) AS text, CAST(NULL AS BOOLEAN) AS boolean"
_BY_KIND = f"""CASE value.kind WHEN {_NUMBER} THEN value.v END AS number, value.s AS text,
    CASE value.kind WHEN {_BOOLEAN} THEN value.v <> 0 END AS boolean"""
_AGGREGATES = {
    "mean": ("avg(v) FILTER (quality < 2)", _NUMBER_ONLY),
    "min": ("min(v) FILTER (quality < 2)", _NUMBER_ONLY),
    "max": ("max(v) FILTER (quality < 2)", _NUMBER_ONLY),
    "count": ("CAST(count(*) AS DOUBLE)", _NUMBER_ONLY),
    "last": ("arg_max({'kind': kind, 'v': v, 's': s}, t)", _BY_KIND),
}


class Config(BaseModel):
    """`memory_mb` bounds what DuckDB may hold in memory, `threads` how many cores a query may take."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    file: str = Field("points.duckdb", description="Name of the file below `data/store`.")
    memory_mb: int = Field(default=512, ge=64, description="What DuckDB may use of the memory.")
    threads: int = Field(default=2, ge=1, description="What DuckDB may use of the processors.")


def open_store(config: Config, directory: Path) -> Store:
    """The store in `directory`, made when it is not there. Raises Unreachable when another process has it."""
    return DuckStore(config, directory)


class DuckStore:
    """One connection writes, behind a lock; every query has a cursor of its own, from any thread."""

    def __init__(self, config: Config, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._path = directory / config.file
        self._lock = threading.Lock()
        with self._trouble("opening"), self._damage():
            self._connection = duckdb.connect(
                str(self._path),
                config={
                    "threads": config.threads,
                    "memory_limit": f"{config.memory_mb}MB",
                    "autoinstall_known_extensions": "false",  # nothing is fetched: it works without a network
                    "autoload_known_extensions": "false",
                },
            )
            self._connection.execute(_TABLES)
            rows = self._connection.execute("SELECT device, metric, gateway, sid FROM series").fetchall()
        self._series: dict[Series, int] = {(device, metric, gateway): sid for device, metric, gateway, sid in rows}

    def write(self, items: Sequence[Item], position: int) -> None:
        points = {(point.device, point.metric, point.gateway, point.at): point for point in points_of(items)}
        with self._lock, self._trouble("writing to"):
            new = self._new_series(points.values())
            batch = _table(points.values(), self._series | new)
            with self._registered("new_series", _series_table(new)), self._registered("batch", batch):
                self._insert(position)
            self._series.update(new)

    def position(self) -> int:
        with self._cursor() as cursor:
            row = cursor.execute("SELECT position FROM consumed").fetchone()
        return int(row[0]) if row else 0

    def query(self, selection: Selection) -> pa.Table:
        parameters: dict[str, object] = {
            "devices": list(selection.devices),
            "metrics": list(selection.metrics),
            "start": ms_of(selection.start),
            "end": ms_of(selection.end),
        }
        if selection.every is None:
            text = f"{_CHOSEN} {_ROW} {_DURING} ORDER BY place, t"
        else:
            value, columns = _AGGREGATES[selection.aggregate]
            text = _CHOSEN + _WINDOWS.format(value=value, columns=columns)
            parameters["every"] = selection.every // timedelta(milliseconds=1)
        if selection.limit is not None:
            text += " LIMIT $limit"
            parameters["limit"] = selection.limit
        return self._table(text, parameters)

    def latest(self, devices: Collection[str] = (), metrics: Collection[str] = ()) -> pa.Table:
        text = f"{_CHOSEN} {_ROW} FROM latest JOIN chosen USING (sid) ORDER BY place"
        return self._table(text, {"devices": list(devices), "metrics": list(metrics)})

    def drop(self, family: str, before: datetime) -> int:
        with self._lock, self._trouble("dropping from"):
            sids = [sid for (_, metric, _), sid in self._series.items() if family_of(metric) == family]
            older = "WHERE t < CAST(make_timestamp_ms(?) AS TIMESTAMP_MS) AND list_contains(?, sid)"
            with self._transaction():
                self._connection.execute(f"DELETE FROM latest {older}", [ms_of(before), sids])  # noqa: S608 - own text
                row = self._connection.execute(f"DELETE FROM point {older}", [ms_of(before), sids]).fetchone()  # noqa: S608
        return int(row[0]) if row else 0

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _new_series(self, points: Collection[Reading]) -> dict[Series, int]:
        """Ids for series not seen before; those of one device are neighbors, which compresses best."""
        new = sorted({(p.device, p.metric, p.gateway) for p in points} - self._series.keys())
        return {series: sid for sid, series in enumerate(new, len(self._series) + 1)}

    def _insert(self, position: int) -> None:
        with self._transaction():
            for statement in ("INSERT INTO series FROM new_series", _REPLACE, _INSERT, _LATEST):
                self._connection.execute(statement)
            self._connection.execute("UPDATE consumed SET position = ?", [position])

    def _table(self, text: str, parameters: dict[str, object]) -> pa.Table:
        with self._cursor() as cursor:
            return cursor.sql(text, params=parameters).to_arrow_table().cast(SCHEMA)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._trouble("reading from"), self._connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _registered(self, name: str, table: pa.Table) -> Iterator[None]:
        self._connection.register(name, table)
        try:
            yield
        finally:
            self._connection.unregister(name)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.begin()
        try:
            yield
            self._connection.commit()
        except duckdb.Error:
            with suppress(duckdb.TransactionException):  # a commit that failed has ended it already
                self._connection.rollback()
            raise

    @contextmanager
    def _damage(self) -> Iterator[None]:
        """What DuckDB finds wrong with a file when it opens it has no one class of error."""
        try:
            yield
        except duckdb.Error as found:
            if "set lock on file" in str(found):  # another process has it
                raise
            raise Unreachable(
                f"{self._path} cannot be opened: {found}. If the disk is well and may be written to, the file is "
                "damaged: restore it, or move it away with its .wal and Wardkeeper begins a new one"
            ) from found

    @contextmanager
    def _trouble(self, doing: str) -> Iterator[None]:
        """What the disk or another process does to us is Unreachable; a mistake of ours stays what it is."""
        try:
            yield
        except (duckdb.OperationalError, duckdb.ConnectionException) as trouble:
            raise Unreachable(
                f"{doing} {self._path}: {trouble}; is the disk full, or another process using it?"
            ) from trouble


def _series_table(new: dict[Series, int]) -> pa.Table:
    names = [pa.array([series[n] for series in new], pa.string()) for n in range(3)]
    return pa.table([pa.array(new.values(), pa.int32()), *names], ["sid", "device", "metric", "gateway"])


def _table(points: Collection[Reading], sids: dict[Series, int]) -> pa.Table:
    columns: Sequence[Sequence[object]] = (
        [ms_of(p.at) for p in points],
        [sids[p.device, p.metric, p.gateway] for p in points],
        [None if isinstance(p.value, str) else float(p.value) for p in points],
        [p.value if isinstance(p.value, str) else None for p in points],
        [_TEXT if isinstance(p.value, str) else _BOOLEAN if isinstance(p.value, bool) else _NUMBER for p in points],
        [_QUALITIES.index(p.quality) for p in points],
        [ms_of(p.received) for p in points],
    )
    arrays = [
        pa.array(column, pa.int64()).cast(field.type)
        if pa.types.is_timestamp(field.type)
        else pa.array(column, field.type)
        for column, field in zip(columns, _BATCH, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=_BATCH)

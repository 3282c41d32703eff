"""What is not sealed yet: one connection writes, behind a lock; every query has a cursor of its own, from any thread.

A point newer than everything of its series cannot be there already; only the others are looked for and replaced.
Points of a sealed day go into the table `late`, which stands before the day's file until both are merged.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from collector.embedded.batch import DAY_MS, Batch, Numbers, Sids
from collector.embedded.format import COLUMNS
from collector.embedded.series import Series, SeriesIndex

_SAME = "USING {0} WHERE {1}.sid = {0}.sid AND {1}.t = {0}.t"
_REPLACE = f"DELETE FROM point {_SAME.format('again', 'point')}"
_REPLACE_LATE = f"DELETE FROM late {_SAME.format('new_late', 'late')}"
_LATEST = f"""
INSERT INTO latest ({COLUMNS}) SELECT {COLUMNS} FROM newest
ON CONFLICT (sid) DO UPDATE SET t = excluded.t, v = excluded.v, s = excluded.s, kind = excluded.kind,
    quality = excluded.quality, delay = excluded.delay
WHERE excluded.t >= latest.t
"""
_NEVER = np.iinfo(np.int64).min


def moment(ms: int) -> str:
    """A time in a statement."""
    return f"CAST(make_timestamp_ms({ms}) AS TIMESTAMP_MS)"


def during(start_ms: int, end_ms: int) -> str:
    """A condition on `t`."""
    return f"t >= {moment(start_ms)} AND t < {moment(end_ms)}"


def number(cursor: duckdb.DuckDBPyConnection, statement: str) -> int:
    """The one number that a statement answers with; 0 for none."""
    rows = cursor.execute(statement).fetchall()  # to the end: the connection is in use until then
    return int(rows[0][0] or 0) if rows else 0


class Hot:
    """The tables of `points.duckdb`. `closed`: the days whose points go into `late`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """`connection` has the tables of `collector.embedded.format`."""
        self.connection = connection
        self.lock = threading.Lock()
        self.series = SeriesIndex(connection.execute("SELECT sid, device, metric, gateway FROM series").fetchall())
        self.closed = {day for (day,) in connection.execute("SELECT DISTINCT day FROM sealed").fetchall()}
        self.batches = number(connection, "SELECT max(batch) FROM late")
        self._unsaved: dict[Series, int] = {}
        self._newest = np.full(1024, _NEVER, np.int64)  # by sid
        newest = connection.sql("SELECT sid, epoch_ms(t) AS t FROM latest").to_arrow_table()
        self._remember(newest["sid"].to_numpy(), newest["t"].to_numpy())

    def write(self, read: Callable[[SeriesIndex], tuple[Batch, dict[Series, int]]], position: int | None) -> None:
        """Keep a batch, and in the same transaction that everything up to `position` is kept."""
        with self.lock:
            batch, new = read(self.series)
            self.series.add(new)  # before they can be seen in a table
            self._unsaved.update(new)
            late = self._late(batch)
            hot, past = (batch, None) if late is None else (batch.those(~late), batch.those(late))
            again = hot.those(hot.t <= self._newest_of(hot)) if hot else hot
            with ExitStack() as stack, self.transaction():
                self._insert_series(stack)
                if again:
                    self._register(stack, "again", again.table())
                    self.connection.execute(_REPLACE)
                if hot:
                    self._register(stack, "new_points", hot.table())
                    self.connection.execute(f"INSERT INTO point ({COLUMNS}) SELECT {COLUMNS} FROM new_points")
                if past:
                    self._register(stack, "new_late", past.table())
                    self.connection.execute(_REPLACE_LATE)
                    self.connection.execute(f"INSERT INTO late SELECT {COLUMNS}, ? FROM new_late", [self.batches + 1])
                newest = batch.newest()
                if newest:
                    self._register(stack, "newest", newest.table())
                    self.connection.execute(_LATEST)
                if position is not None:
                    self.connection.execute("UPDATE consumed SET position = ?", [position])
            self.batches += past is not None
            self._unsaved.clear()
            self._remember(newest.sid, newest.t)

    def forget_latest(self, before_ms: dict[int, int]) -> None:
        """The newest point of series that are older."""
        table = pa.table(
            {"sid": pa.array(before_ms.keys(), pa.int32()), "before": pa.array(before_ms.values(), pa.int64())}
        )
        with self.lock, ExitStack() as stack, self.transaction():
            self._register(stack, "expired", table)
            self.connection.execute(
                "DELETE FROM latest USING expired WHERE latest.sid = expired.sid AND epoch_ms(latest.t) < before"
            )

    def hot_days(self, cursor: duckdb.DuckDBPyConnection) -> list[int]:
        """The days that have points in the hot table."""
        rows = cursor.execute(f"SELECT DISTINCT epoch_ms(t) // {DAY_MS} FROM point ORDER BY 1").fetchall()
        return [day for (day,) in rows]

    @contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Reads what is there now and nothing later, whatever is written meanwhile."""
        with self.connection.cursor() as cursor:
            cursor.begin()
            cursor.execute("FROM consumed").fetchall()  # a transaction begins to see at its first statement
            yield cursor

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; for who holds the lock."""
        self.connection.begin()
        try:
            yield
            self.connection.commit()
        except duckdb.Error:
            with suppress(duckdb.TransactionException):  # a commit that failed has ended it already
                self.connection.rollback()
            raise

    def _late(self, batch: Batch) -> npt.NDArray[np.bool_] | None:
        """Which points are of closed days; None when there are none."""
        if not batch or not self.closed or int(batch.t.min()) >= (max(self.closed) + 1) * DAY_MS:
            return None
        late = np.isin(batch.t // DAY_MS, list(self.closed))
        return late if late.any() else None

    def _newest_of(self, batch: Batch) -> Numbers:
        there = batch.sid < len(self._newest)
        return np.where(there, self._newest[np.where(there, batch.sid, 0)], _NEVER)

    def _remember(self, sid: Sids, t: Numbers) -> None:
        if len(sid):
            missing = int(sid.max()) + 1 - len(self._newest)
            if missing > 0:
                self._newest = np.append(self._newest, np.full(missing + len(self._newest), _NEVER, np.int64))
            self._newest[sid] = np.maximum(self._newest[sid], t)

    def _insert_series(self, stack: ExitStack) -> None:
        new = self._unsaved
        if new:
            names = [pa.array([series[n] for series in new], pa.string()) for n in range(3)]
            table = pa.table([pa.array(new.values(), pa.int32()), *names], ["sid", "device", "metric", "gateway"])
            self._register(stack, "new_series", table)
            self.connection.execute("INSERT INTO series FROM new_series")

    def _register(self, stack: ExitStack, name: str, table: pa.Table) -> None:
        self.connection.register(name, table)
        stack.callback(self.connection.unregister, name)

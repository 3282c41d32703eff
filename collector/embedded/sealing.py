"""Ended days become files: hot points and late ones merged, sorted by series and time, with their rollups.

Each change of a day is written aside, synced and renamed; then one transaction names the new files and forgets the
hot points. A crash before it leaves the day as it was, one after it a file that nobody names.
"""

import threading
from collections.abc import Collection, Iterable
from contextlib import suppress

import duckdb

from collector.embedded.batch import DAY_MS, Sids
from collector.embedded.days import LEVELS, RAW, STEPS_MS, Files, Sealed, catalog
from collector.embedded.format import COLUMNS, VERSION
from collector.embedded.hot import Hot, during, number
from collector.embedded.rollup import COLUMNS as ROLLUP_COLUMNS
from collector.embedded.rollup import cut, rolled

_HALVES = 2  # a rollup that does not halve the points is not worth its disk; the next longer one is made


class Sealing:
    """One change at a time; points are written and asked for meanwhile."""

    def __init__(self, hot: Hot, files: Files) -> None:
        self._hot, self._files = hot, files
        self._lock = threading.Lock()
        with hot.cursor() as cursor:
            named = catalog(cursor)
            files.tidy(named, hot.hot_days(cursor))
            generations = [one.generation for levels in named.values() for one in levels.values()]
            self._generation = max([*generations, *files.generations()], default=0)

    def due(self, before_ms: int) -> list[int]:
        """The days to seal: those that ended before, and sealed ones with late points."""
        with self._hot.cursor() as cursor:
            ended = [day for day in self._hot.hot_days(cursor) if (day + 1) * DAY_MS <= before_ms]
            return sorted({*ended, *late_days(cursor)})

    def seal(self, day: int, expired: Collection[int] = ()) -> None:
        """Make the files of a day anew from everything there is of it.

        Late points of the series `expired` are left out: retention has taken the points beside them.
        """
        with self._lock:
            with self._hot.lock:
                self._hot.closed.add(day)  # from here on its points are late
                upto = self._hot.batches
            with self._files.reading(), self._hot.cursor() as cursor:
                old = catalog(cursor, day, day).get(day, {})
                if not all(map(self._files.there, old.values())):
                    return  # what is missing may be restored
                points, late = self._points(cursor, day, old.get(RAW), upto, expired)
                touched = f"sid NOT IN (SELECT DISTINCT sid FROM ({points}))"
                made = self._written(cursor, day, old, points, touched) if points else []
            self._commit(day, old, made, f"{during(day * DAY_MS, (day + 1) * DAY_MS)}", upto if late else None)

    def series_in(self, sealed: Sealed) -> Sids:
        """The series that say something in a file."""
        with self._hot.connection.cursor() as cursor:
            statement = f"SELECT DISTINCT sid FROM {self._parquet(sealed)}"
            found: Sids = cursor.sql(statement).to_arrow_table()["sid"].to_numpy()
        return found

    def thin(self, level: str, day: int, sids: Collection[int]) -> None:
        """Take series out of one file; a file without any left goes."""
        with self._lock, self._files.reading():
            with self._hot.cursor() as cursor:
                old = catalog(cursor, day, day).get(day, {}).get(level)
                if old is None or not self._files.there(old):
                    return
                kept = f"FROM {self._parquet(old)} WHERE sid NOT IN ({_listed(sids)})"
                new = self._new(day, level, complete=False)
                new = self._copy(cursor, new, kept)
            self._commit(day, {level: old}, [new] if new.rows else [])

    def forget(self, day: int, levels: Iterable[str] = LEVELS) -> None:
        """Unlink files of a day."""
        with self._lock:
            with self._hot.cursor() as cursor:
                old = catalog(cursor, day, day).get(day, {})
            self._commit(day, {level: old[level] for level in levels if level in old}, [])

    def drop(self, sids: Collection[int], before_ms: int) -> int:
        """Forget what these series said before; say how many points that were."""
        with self._hot.cursor() as cursor:
            for day in late_days(cursor):
                if day * DAY_MS < before_ms:
                    self.seal(day)
        with self._lock:
            gone = cut(_listed(sids), before_ms)
            with self._hot.lock, self._hot.transaction():
                self._hot.connection.execute(f"DELETE FROM latest WHERE NOT ({gone})")
                count = number(self._hot.connection, f"DELETE FROM point WHERE NOT ({gone})")
            with self._hot.cursor() as cursor:
                days = catalog(cursor, last=(before_ms - 1) // DAY_MS)
            return count + sum(self._cut(day, levels, sids, before_ms) for day, levels in days.items())

    def _cut(self, day: int, old: dict[str, Sealed], sids: Collection[int], before_ms: int) -> int:
        gone = cut(_listed(sids), before_ms)
        if not all(map(self._files.there, old.values())):
            return 0
        with self._files.reading(), self._hot.cursor() as cursor:
            raw = old.get(RAW)
            counts = {level: self._count(cursor, one, f"NOT ({gone})") for level, one in old.items()}
            if not any(counts.values()):
                return 0
            points = f"SELECT {COLUMNS} FROM {self._parquet(raw)} WHERE {gone}" if raw else _NOTHING
            had = f"SELECT sid FROM {self._parquet(raw)}" if raw else "SELECT 0"
            made = self._written(cursor, day, old, points, f"({gone}) AND sid NOT IN ({had})")
        self._commit(day, old, made)
        return counts.get(RAW, 0)

    def _count(self, cursor: duckdb.DuckDBPyConnection, sealed: Sealed, where: str) -> int:
        return number(cursor, f"SELECT count(*) FROM {self._parquet(sealed)} WHERE {where}")

    def _points(
        self, cursor: duckdb.DuckDBPyConnection, day: int, raw: Sealed | None, upto: int, expired: Collection[int]
    ) -> tuple[str, bool]:
        """A statement for everything there is of a day, "" for nothing; and whether late points are among it."""
        inside = during(day * DAY_MS, (day + 1) * DAY_MS)
        chosen = f"{inside} AND batch <= {upto}"
        late = bool(number(cursor, f"SELECT count(*) FROM late WHERE {chosen}"))
        base = [f"SELECT {COLUMNS} FROM point WHERE {inside}"]
        if raw is not None:
            base.append(f"SELECT {COLUMNS} FROM {self._parquet(raw)}")
        points = " UNION ALL ".join(base)
        if late:
            chosen += f" AND sid NOT IN ({_listed(expired)})"
            those = f"(SELECT {COLUMNS} FROM late WHERE {chosen})"
            points = f"SELECT {COLUMNS} FROM ({points}) ANTI JOIN {those} AS new_late USING (sid, t) UNION ALL {those}"
        some = number(cursor, f"SELECT 1 FROM ({points}) LIMIT 1")
        return points if some else "", late

    def _written(
        self, cursor: duckdb.DuckDBPyConnection, day: int, old: dict[str, Sealed], points: str, rest: str
    ) -> list[Sealed]:
        """The files of a day from `points`, each rollup with the older rows that fulfil `rest`. Aside."""
        complete = all(one.complete for one in old.values()) and (RAW in old or not old)
        raw = self._copy(cursor, self._new(day, RAW, complete=complete), f"SELECT {COLUMNS} FROM ({points})")
        source = f"read_parquet('{_quoted(self._files.aside(raw))}')"
        made = [raw]
        for level, step in STEPS_MS.items():
            before = old.get(level)
            if before is None and step < DAY_MS and self._estimate(cursor, source, step) * _HALVES > raw.rows:
                continue
            statement = f"SELECT {ROLLUP_COLUMNS} FROM ({rolled(f'FROM {source}', step)})"
            if before is not None:
                statement += f" UNION ALL SELECT {ROLLUP_COLUMNS} FROM {self._parquet(before)} WHERE {rest}"
            made.append(
                self._copy(
                    cursor, self._new(day, level, complete=complete if before is None else before.complete), statement
                )
            )
        for one in made:
            if not one.rows:
                self._files.aside(one).unlink()
        return [one for one in made if one.rows]

    def _estimate(self, cursor: duckdb.DuckDBPyConnection, source: str, step: int) -> int:
        """How many rows a rollup would have, where series say something at regular times."""
        each = f"SELECT count(*) AS n FROM {source} GROUP BY sid"
        return number(cursor, f"SELECT sum(least(n, {DAY_MS // step})) FROM ({each})")

    def _copy(self, cursor: duckdb.DuckDBPyConnection, new: Sealed, statement: str) -> Sealed:
        try:
            rows = number(
                cursor,
                f"COPY ({statement} ORDER BY sid, t) TO '{_quoted(self._files.aside(new))}' (FORMAT parquet, "
                f"PARQUET_VERSION v2, COMPRESSION zstd, ROW_GROUP_SIZE 122880, KV_METADATA {{wardkeeper_format: "
                f"'{VERSION}', wardkeeper_store: '{self._files.store}', level: '{new.level}'}})",
            )
        except duckdb.Error:
            self._files.clear()  # a disk that is full needs the room
            raise
        return new._replace(rows=rows)

    def _new(self, day: int, level: str, *, complete: bool) -> Sealed:
        self._generation += 1
        return Sealed(day, level, self._generation, 0, complete)

    def _commit(
        self,
        day: int,
        old: dict[str, Sealed],
        made: Collection[Sealed],
        hot: str = "",
        upto: int | None = None,
    ) -> None:
        """Name `made` instead of `old`; forget the hot points `hot` and the late ones up to a batch."""
        self._files.publish(made)
        try:
            with self._hot.lock:
                with self._hot.transaction():
                    self._name(old, made, hot, upto, day)
                self._open_again(day)
        except duckdb.Error:
            self._unname(made)
            raise
        self._files.retire([self._files.path(one) for one in old.values()])

    def _name(self, old: Collection[str], made: Collection[Sealed], hot: str, upto: int | None, day: int) -> None:
        connection = self._hot.connection
        for level in old:
            connection.execute("DELETE FROM sealed WHERE day = ? AND level = ?", [day, level])
        if made:
            connection.executemany("INSERT INTO sealed VALUES (?, ?, ?, ?, ?)", [list(one) for one in made])
        if hot:
            connection.execute(f"DELETE FROM point WHERE {hot}")
        if upto is not None:
            connection.execute(f"DELETE FROM late WHERE {hot} AND batch <= ?", [upto])

    def _unname(self, made: Collection[Sealed]) -> None:
        """Remove files that are not named after all. Those of which that cannot be told are left to the next start."""
        with suppress(duckdb.Error), self._hot.cursor() as cursor:
            named = {one for levels in catalog(cursor).values() for one in levels.values()}
            self._files.retire([self._files.path(one) for one in made if one not in named])

    def _open_again(self, day: int) -> None:
        """A day of which nothing is left takes points like any other."""
        held = f"SELECT 1 FROM late WHERE {during(day * DAY_MS, (day + 1) * DAY_MS)}"
        if not number(self._hot.connection, f"SELECT 1 FROM sealed WHERE day = {day} UNION ALL {held} LIMIT 1"):
            self._hot.closed.discard(day)

    def _parquet(self, sealed: Sealed) -> str:
        return f"read_parquet('{_quoted(self._files.path(sealed))}')"


def late_days(cursor: duckdb.DuckDBPyConnection, where: str = "true") -> set[int]:
    """The days of the late points among those that fulfil a condition."""
    statement = f"SELECT DISTINCT epoch_ms(t) // {DAY_MS} FROM late WHERE {where}"
    return {day for (day,) in cursor.execute(statement).fetchall()}


def _listed(sids: Collection[int]) -> str:
    return ", ".join(map(str, sids)) or "-1"


def _quoted(path: object) -> str:
    return str(path).replace("'", "''")


_NOTHING = f"SELECT {COLUMNS} FROM point WHERE false"

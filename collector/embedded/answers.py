"""Questions to the hot table, the late points and the sealed days together, each as of one moment."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from collector.embedded.batch import DAY_MS, QUALITIES
from collector.embedded.days import RAW, STEPS_MS, Files, Sealed, catalog
from collector.embedded.format import BOOLEAN, COLUMNS, NUMBER
from collector.embedded.hot import during
from collector.embedded.rollup import RAW_PARTS, ROLLUP_PARTS, WHOLE, start_of
from collector.embedded.sealing import late_days
from collector.embedded.series import Chosen
from collector.points import MOMENT, SCHEMA, ms_of
from collector.ports import Selection
from collector.spans import shortened, times_of

_ROW = "place, epoch_ms(t) AS ms, v, s, kind, quality, epoch_ms(t) + delay AS received"
_VALUE = {"last": "a.v AS v, a.s AS s, a.kind AS kind"}
_FEW = 4096  # so many ids are listed in a statement


class Question:
    """One selection, about series that are chosen, at one moment of the store."""

    def __init__(self, cursor: duckdb.DuckDBPyConnection, files: Files, selection: Selection, chosen: Chosen) -> None:
        """`cursor` is in a transaction, and no file is removed meanwhile."""
        self._cursor, self._files, self._selection, self._chosen = cursor, files, selection, chosen
        self._start, self._end = ms_of(selection.start), ms_of(selection.end)
        self._times = times_of(selection)
        self._where = during(self._start, self._end) + _among(chosen) + self._within()
        self._late = late_days(cursor, self._where)
        self._days = catalog(cursor, self._start // DAY_MS, (self._end - 1) // DAY_MS)

    def _within(self) -> str:
        """A condition, where some series count only at times."""
        if self._times is None or all(times == [(self._start, self._end)] for times in self._times.values()):
            return ""
        same: dict[tuple[int, int], list[int]] = defaultdict(list)
        for sid, device in zip(self._chosen.sids, self._chosen.names["device"].to_pylist(), strict=True):
            for time in self._times.get(device, ()):
                same[time].append(sid)
        parts = (f"({during(*time)} AND sid IN ({', '.join(map(str, sids))}))" for time, sids in same.items())
        return f" AND ({' OR '.join(parts) or 'false'})"

    def points(self) -> pa.Table:
        """Every point."""
        raw = [levels[RAW] for levels in self._days.values() if RAW in levels]
        text = f"SELECT {_ROW} FROM ({self._raw(raw)}) JOIN chosen USING (sid) ORDER BY place, ms"
        return self._answer(text)

    def windows(self, every: timedelta) -> pa.Table:
        """The points in windows, from rollups where these say the same with less reading."""
        length, aggregate = every // timedelta(milliseconds=1), self._selection.aggregate
        plan = {day: self._level(levels, day, length) for day, levels in self._days.items()}
        raw = [found for found in plan.values() if found is not None and found.level == RAW]
        rolled = [found for found in plan.values() if found is not None and found.level != RAW]
        time = "epoch_ms(t) AS ms, quality, epoch_ms(t) + delay AS received"
        parts = [f"SELECT sid, {time}, {RAW_PARTS[aggregate]} FROM ({self._raw(raw)})"]
        if rolled:
            parts.append(
                f"SELECT sid, {time}, {ROLLUP_PARTS[aggregate]} FROM {self._parquet(rolled)} WHERE {self._where}"
            )
        inside = (
            f"SELECT sid, {start_of(length, 'ms')} AS start, {WHOLE[aggregate]} AS a, max(quality) AS quality, "
            f"max(received) AS received FROM ({' UNION ALL '.join(parts)}) GROUP BY sid, start"
        )
        value = _VALUE.get(aggregate, f"a AS v, NULL::VARCHAR AS s, {NUMBER} AS kind")
        return self._answer(
            f"SELECT place, start AS ms, {value}, quality, received "
            f"FROM ({inside}) JOIN chosen USING (sid) WHERE a IS NOT NULL ORDER BY place, start"
        )

    def _level(self, levels: dict[str, Sealed], day: int, length: int) -> Sealed | None:
        """What to read of a sealed day; None: nothing that could be put into these windows is left of it.

        A rollup does where its windows lie in those of the question and no point was changed since; where retention
        has taken points away, it must.
        """
        raw = levels.get(RAW)
        fitting = [levels[level] for level, step in STEPS_MS.items() if level in levels and length % step == 0]
        if not fitting or (day in self._late and raw is not None and raw.complete):
            return raw
        if raw is None or not raw.complete:
            return fitting[-1]
        exact = [one for one in fitting if self._exact(day, STEPS_MS[one.level])]
        return exact[-1] if exact and exact[-1].rows * 2 <= raw.rows else raw

    def _exact(self, day: int, step: int) -> bool:
        """Whether the selection cuts no window of a rollup of this day."""
        first, last = day * DAY_MS, (day + 1) * DAY_MS
        times = [(self._start, self._end), *(one for each in (self._times or {}).values() for one in each)]
        return all(not first < edge < last or edge % step == 0 for time in times for edge in time)

    def _raw(self, files: Sequence[Sealed]) -> str:
        """The points, late ones before those they replace."""
        base = f"SELECT {COLUMNS} FROM point WHERE {self._where}"
        there = [one for one in files if self._files.there(one)]
        if there:
            base += f" UNION ALL SELECT {COLUMNS} FROM {self._parquet(there)} WHERE {self._where}"
        if not self._late:
            return base
        those = f"(SELECT {COLUMNS} FROM late WHERE {self._where})"
        return f"SELECT {COLUMNS} FROM ({base}) ANTI JOIN {those} AS new USING (sid, t) UNION ALL FROM {those}"

    def _parquet(self, files: Sequence[Sealed]) -> str:
        paths = ("'" + str(self._files.path(one)).replace("'", "''") + "'" for one in files)
        return f"read_parquet([{', '.join(paths)}])"

    def _answer(self, text: str) -> pa.Table:
        limit = None if self._selection.points else self._selection.limit
        found = answer(self._cursor, text if limit is None else f"{text} LIMIT {limit}", self._chosen)
        return shortened(found, self._selection)


def latest(cursor: duckdb.DuckDBPyConnection, chosen: Chosen) -> pa.Table:
    """The newest point of each series."""
    condition = f"WHERE true{_among(chosen)}"
    return answer(cursor, f"SELECT {_ROW} FROM latest JOIN chosen USING (sid) {condition} ORDER BY place", chosen)


def answer(cursor: duckdb.DuckDBPyConnection, text: str, chosen: Chosen) -> pa.Table:
    """What a statement over `chosen` selects, with the columns of `collector.points.SCHEMA`."""
    cursor.register("chosen", chosen.place())  # until the cursor is closed
    found = cursor.sql(text).to_arrow_table().combine_chunks()
    names = chosen.names.take(found["place"])
    kind, v = found["kind"], found["v"]
    booleans, numbers = pc.equal(kind, BOOLEAN), pc.equal(kind, NUMBER)
    columns = [
        *names.columns,
        found["ms"].cast(MOMENT),
        pc.if_else(numbers, v, None),
        found["s"],
        pc.if_else(booleans, pc.not_equal(v, 0), None),
        pa.array([str(quality) for quality in QUALITIES]).take(found["quality"]),
        found["received"].cast(MOMENT),
    ]
    return pa.Table.from_arrays(
        [pa.chunked_array(column) if isinstance(column, list) else column for column in columns], schema=SCHEMA
    )


def _among(chosen: Chosen) -> str:
    if chosen.every or len(chosen.sids) > _FEW:
        return ""
    return f" AND sid IN ({', '.join(map(str, chosen.sids)) or '-1'})"

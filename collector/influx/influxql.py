"""InfluxQL as InfluxDB 1 and 3 read it (https://docs.influxdata.com/influxdb/v1/query_language/spec/)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from collector.errors import Refused
from collector.influx.columns import VALUES, families, field_pattern, split
from collector.influx.lines import Merging, label, text_of
from collector.influx.ports import Ask, Asker, Column, limit_each
from collector.ports import Selection

EARLIEST, LATEST = datetime(1678, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


class Table(msgspec.Struct):
    """A series of an answer."""

    columns: list[str]
    values: list[list[Any]] = []
    name: str = ""
    tags: dict[str, str | None] = {}


class _Result(msgspec.Struct):
    series: list[Table] = []
    error: str = ""


class _Answer(msgspec.Struct):
    results: list[_Result] = []
    error: str = ""


_decode = msgspec.json.Decoder(_Answer).decode


def name(text: str) -> str:
    """A measurement, field or database in a statement."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def string(text: str) -> str:
    """A string in a statement."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def moment(at: datetime) -> str:
    """A time in a statement, as near as InfluxDB's range of times allows."""
    near = min(max(at, EARLIEST), LATEST)
    return f"'{near:%Y-%m-%dT%H:%M:%S}.{near.microsecond // 1000:03}Z'"


class InfluxQL:
    """Statements and their answers. `together`: how many statements the server takes in one request."""

    def __init__(self, database: str, site: str, together: int) -> None:
        self._database, self._site, self._together = database, site, together

    def ask(self, statements: Sequence[str], ask: Asker) -> list[Table]:
        """The series of all answers. Raises Refused with the server's words."""
        tables: list[Table] = []
        for start in range(0, len(statements), self._together):
            text = ";".join(statements[start : start + self._together])
            form = {"db": self._database, "epoch": "ms", "q": text}
            answer = _decode(ask(Ask("POST", "/query", form=form)))
            for result in answer.results:
                if result.error or answer.error:
                    raise Refused(f"{text[:200]}: {result.error or answer.error}")
                tables += result.series
        return tables

    def where(self, devices: Collection[str]) -> str:
        """Which series."""
        here = f'"site"={string(label(self._site))}'
        if not devices:
            return here
        those = " OR ".join(f'"device"={string(label(device))}' for device in sorted(devices))
        return f"{here} AND ({those})"

    def devices(self, selection: Selection, ask: Asker) -> Iterator[str]:
        """Every device that is known in the measurements of a selection."""
        measurements = ",".join(map(name, families(selection.metrics)))
        during = f"time >= {moment(selection.start)} AND time < {moment(selection.end)}"
        statement = f'SHOW TAG VALUES FROM {measurements} WITH KEY = "device" WHERE {self.where(())} AND {during}'
        for table in self.ask([statement], ask):
            yield from (text_of(row[1]) for row in table.values)

    def query(self, selection: Selection, ask: Asker) -> Iterator[Column]:
        """The points of a selection."""
        measurements = ",".join(map(name, families(selection.metrics)))
        limit = limit_each(selection)
        statement = (
            f"SELECT /^{field_pattern(selection.metrics)}$/ FROM {measurements} WHERE {self.where(selection.devices)}"  # noqa: S608 - quoted
            f" AND time >= {moment(selection.start)} AND time < {moment(selection.end)}"
            ' GROUP BY "site","device","gateway"' + (f" LIMIT {limit}" if limit is not None else "")
        )
        yield from columns(self.ask([statement], ask))

    def fields(self, measurements: Iterable[str], ask: Asker) -> list[tuple[str, str]]:
        """The fields there are, each with its measurement."""
        tables = self.ask([f"SHOW FIELD KEYS FROM {','.join(map(name, measurements))}"], ask)
        return [(table.name, row[0]) for table in tables for row in table.values]

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterator[Column]:
        """The last of every field: what stands beside the newest value has its time."""
        there = self.fields(families(metrics), ask)
        statements = [
            f"SELECT last({name(field)}) AS {name(field)} FROM {name(family)}"  # noqa: S608 - quoted
            f' WHERE {self.where(devices)} GROUP BY "device","gateway"'
            for family, field in there
            if not metrics or split(field)[0] in metrics
        ]
        yield from columns(self.ask(statements, ask))

    def count(self, family: str, before: datetime, ask: Asker) -> int:
        """How many points of a family are older."""
        fields = [field for _, field in self.fields([family], ask) if split(field)[1] in VALUES]
        statements = [
            f"SELECT count({name(field)}) FROM {name(family)} WHERE {self.where(())} AND time < {moment(before)}"  # noqa: S608 - quoted
            for field in fields
        ]
        return sum(row[1] for table in self.ask(statements, ask) for row in table.values)


def columns(tables: Iterable[Table]) -> Iterator[Column]:
    """The fields of series that are grouped by device and gateway; a field that a row lacks is null there."""
    for table in filter(lambda one: one.values, tables):
        device, gateway = (text_of(table.tags.get(tag) or "") for tag in ("device", "gateway"))
        every_time, *fields = zip(*table.values, strict=True)
        for field, values in zip(table.columns[1:], fields, strict=True):
            times = every_time
            if None in values:
                filled = [(at, value) for at, value in zip(times, values, strict=True) if value is not None]
                times, values = zip(*filled, strict=True) if filled else ((), ())  # noqa: PLW2901 - the same, shorter
            yield Column(device, gateway, field, times, values)


class ReadByInfluxQL(Merging):
    """A database that is read by InfluxQL; `together` as InfluxQL has it."""

    def __init__(self, database: str, site: str, newest: float, together: int) -> None:
        super().__init__(site, newest)
        self._database = database
        self._ql = InfluxQL(database, site, together)

    def devices(self, selection: Selection, ask: Asker) -> Iterable[str]:
        return self._ql.devices(selection, ask)

    def query(self, selection: Selection, ask: Asker) -> Iterable[Column]:
        return self._ql.query(selection, ask)

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterable[Column]:
        return self._ql.latest(devices, metrics, ask)

    def _is_there(self, ask: Asker) -> bool:
        """Whether the server has the database."""
        return self._database in (row[0] for table in self._ql.ask(["SHOW DATABASES"], ask) for row in table.values)

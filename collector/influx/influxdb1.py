"""InfluxDB 1: `/write` and InfluxQL.

Documents: https://docs.influxdata.com/influxdb/v1/tools/api/, https://docs.influxdata.com/influxdb/v1/query_language/.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from collector.influx.influxql import InfluxQL, moment, name
from collector.influx.lines import Merging
from collector.influx.ports import Ask, Asker, Column
from collector.ports import Selection

_TOGETHER = 100


class InfluxDB1(Merging):
    """A database of InfluxDB 1, which writes its log to disk before it answers."""

    def __init__(self, database: str, site: str, newest: float) -> None:
        self._database = database
        super().__init__(site, newest)
        self._ql = InfluxQL(database, site, _TOGETHER)

    def write(self, lines: bytes) -> Ask:
        return Ask("POST", "/write", {"db": self._database, "precision": "ms"}, lines)

    def devices(self, selection: Selection, ask: Asker) -> Iterable[str]:
        return self._ql.devices(selection, ask)

    def query(self, selection: Selection, ask: Asker) -> Iterable[Column]:
        return self._ql.query(selection, ask)

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterable[Column]:
        return self._ql.latest(devices, metrics, ask)

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        count = self._ql.count(family, before, ask)
        statement = f"DELETE FROM {name(family)} WHERE {self._ql.where(())} AND time < {moment(before)}"  # noqa: S608 - quoted
        self._ql.ask([statement], ask)
        return count

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        databases = [row[0] for table in self._ql.ask(["SHOW DATABASES"], ask) for row in table.values]
        if self._database not in databases:
            return [f"there is no database {self._database}: CREATE DATABASE {name(self._database)}"]
        found = self._ql.ask([f"SHOW RETENTION POLICIES ON {name(self._database)}"], ask)
        policies = [dict(zip(table.columns, row, strict=True)) for table in found for row in table.values]
        return [
            f"retention policy {policy['name']} keeps {policy['duration']}, the settings ask for {keep_days} days: "
            f"ALTER RETENTION POLICY {name(policy['name'])} ON {name(self._database)} DURATION {keep_days}d"
            for policy in policies
            if policy["default"] and 0 < hours(policy["duration"]) < keep_days * 24
        ]


def hours(duration: str) -> int:
    """The whole hours of a duration such as `168h0m0s`; `0s` is for ever."""
    return int(duration.partition("h")[0]) if "h" in duration else 0

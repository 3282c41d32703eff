"""InfluxDB 1: `/write` and InfluxQL.

Documents: https://docs.influxdata.com/influxdb/v1/tools/api/, https://docs.influxdata.com/influxdb/v1/query_language/.
"""

from datetime import datetime

from collector.influx.influxql import ReadByInfluxQL, moment, name
from collector.influx.ports import Ask, Asker

_TOGETHER = 100


class InfluxDB1(ReadByInfluxQL):
    """A database of InfluxDB 1, which writes its log to disk before it answers."""

    def __init__(self, database: str, site: str, newest: float) -> None:
        super().__init__(database, site, newest, _TOGETHER)

    def write(self, lines: bytes) -> Ask:
        return Ask("POST", "/write", {"db": self._database, "precision": "ms"}, lines)

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        count = self._ql.count(family, before, ask)
        statement = f"DELETE FROM {name(family)} WHERE {self._ql.where(())} AND time < {moment(before)}"  # noqa: S608 - quoted
        self._ql.ask([statement], ask)
        return count

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        if not self._is_there(ask):
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

"""InfluxDB 3 Core and Enterprise: write v2, read InfluxQL through the `/query` that it keeps for clients of InfluxDB 1.

Documents: https://docs.influxdata.com/influxdb3/core/api/write-data/,
https://docs.influxdata.com/influxdb3/core/api/query-data/,
https://docs.influxdata.com/influxdb3/core/reference/influxql/feature-support/.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from collector.errors import Refused
from collector.influx.influxql import InfluxQL
from collector.influx.lines import Merging
from collector.influx.ports import Ask, Asker, Column
from collector.ports import Selection

_TOGETHER = 1  # it takes one statement a request


class InfluxDB3(Merging):
    """A database of InfluxDB 3, which answers when its log is in the object store."""

    def __init__(self, database: str, site: str, newest: float) -> None:
        self._database = database
        super().__init__(site, newest)
        self._ql = InfluxQL(database, site, _TOGETHER)

    def write(self, lines: bytes) -> Ask:
        return Ask("POST", "/api/v2/write", {"bucket": self._database, "precision": "ms"}, lines)

    def devices(self, selection: Selection, ask: Asker) -> Iterable[str]:
        return self._ql.devices(selection, ask)

    def query(self, selection: Selection, ask: Asker) -> Iterable[Column]:
        return self._ql.query(selection, ask)

    def latest(self, devices: Collection[str], metrics: Collection[str], ask: Asker) -> Iterable[Column]:
        return self._ql.latest(devices, metrics, ask)

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        del before, ask
        raise Refused(
            f"InfluxDB 3 cannot delete points: give the database a retention period instead ({family} is kept)"
        )

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        del keep_days
        databases = [row[0] for table in self._ql.ask(["SHOW DATABASES"], ask) for row in table.values]
        if self._database not in databases:
            return [f"there is no database {self._database}: influxdb3 create database {self._database}"]
        return []

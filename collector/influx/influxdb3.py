"""InfluxDB 3 Core and Enterprise: write v2, read InfluxQL through the `/query` that it keeps for clients of InfluxDB 1.

Documents: https://docs.influxdata.com/influxdb3/core/api/write-data/,
https://docs.influxdata.com/influxdb3/core/api/query-data/,
https://docs.influxdata.com/influxdb3/core/reference/influxql/feature-support/.
"""

from datetime import datetime

from collector.errors import Refused
from collector.influx.influxql import ReadByInfluxQL
from collector.influx.ports import Ask, Asker

_TOGETHER = 1  # it takes one statement a request


class InfluxDB3(ReadByInfluxQL):
    """A database of InfluxDB 3, which answers when its log is in the object store."""

    def __init__(self, database: str, site: str, newest: float) -> None:
        super().__init__(database, site, newest, _TOGETHER)

    def write(self, lines: bytes) -> Ask:
        return Ask("POST", "/api/v2/write", {"bucket": self._database, "precision": "ms"}, lines)

    def drop(self, family: str, before: datetime, ask: Asker) -> int:
        del before, ask
        raise Refused(
            f"InfluxDB 3 cannot delete points: give the database a retention period instead ({family} is kept)"
        )

    def troubles(self, keep_days: int, ask: Asker) -> list[str]:
        del keep_days
        if not self._is_there(ask):
            return [f"there is no database {self._database}: influxdb3 create database {self._database}"]
        return []

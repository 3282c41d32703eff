"""The store over a dialect: batches out, tables in, refused points aside."""

import gzip
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa

from collector.columns import Readings, chunks_of
from collector.cursor import Cursor, DeadLetters
from collector.errors import Refused, Unreachable
from collector.influx.columns import assembled, readings
from collector.influx.influxdb1 import InfluxDB1
from collector.influx.influxdb2 import InfluxDB2
from collector.influx.influxdb3 import InfluxDB3
from collector.influx.ports import Dialect
from collector.influx.server import Server, authorization
from collector.influx.victoriametrics import VictoriaMetrics
from collector.points import SCHEMA, points_of, readings_of, table_of
from collector.ports import DeadLetters as RefusedPoints
from collector.ports import Selection
from collector.reading import Item, Reading
from collector.spans import devices_of, holds, shortened, times_of
from collector.stores.influx import Config
from collector.windows import windows

_GZIP_LEVEL = 1
_SETTLES_S = 60.0  # VictoriaMetrics loses its last seconds when it is killed, although it had confirmed them
_MOST_DEVICES = 64
_FEW = 10  # so many lines may all be bad; more that are all refused are not what is wrong


class InfluxStore:
    """One batch is written at a time; queries go beside it, from any thread."""

    def __init__(self, config: Config, directory: Path, now: Callable[[], float]) -> None:
        """`now`: seconds of a clock that is never set. Raises Unreachable."""
        self._config = config
        self._lock = threading.Lock()
        keep_s = _SETTLES_S if config.dialect == "victoriametrics" else 0.0
        self._cursor = Cursor(directory / "influx.json", f"{config.url} {config.bucket}", keep_s, now)
        self._letters = DeadLetters(directory / "refused.jsonl")
        self._dialect = _dialect(config, self._cursor.newest)
        tls = {"ssl_ca_cert": config.tls.ca, "cert_file": config.tls.cert, "cert_key_file": config.tls.key}
        self._server = Server(config.url, _authorization(config), config.timeout_s, tls, now)
        self._life: str | None = None

    def write(self, items: Sequence[Item], position: int) -> None:
        self._keep([one if isinstance(one, Readings) else points_of(one) for one in chunks_of(items)], position)

    def write_table(self, table: pa.Table, position: int | None = None) -> None:
        self._keep([readings_of(table)], position)

    def _keep(self, chunks: Sequence[list[Reading] | Readings], position: int | None) -> None:
        with self._lock:
            try:
                for points in filter(len, chunks):
                    with self._understood():
                        lines = self._dialect.lines(points, self._server.ask)
                    self._write(*lines)
            except Unreachable:
                self._cursor.rewind()
                self._life = None
                raise
            self._cursor.advance(self._cursor.position if position is None else position, self._dialect.newest)

    def position(self) -> int:
        return self._cursor.position

    def settled(self) -> int:
        return self._cursor.settled

    def query(self, selection: Selection) -> pa.Table:
        tables = [SCHEMA.empty_table()]
        rows = 0
        devices, times = devices_of(selection), times_of(selection)
        if devices is None:
            return tables[0]
        for part in self._parts(msgspec.structs.replace(selection, devices=devices)):
            with self._understood():
                found = readings(self._dialect.query(part, self._server.ask))
            found = [point for point in found if holds(times, point.device, point.at)] if times else found
            table = table_of(found) if part.every is None else windows(found, part.every, part.aggregate)
            tables.append(table)
            rows += table.num_rows
            if selection.points is None and selection.limit is not None and rows >= selection.limit:
                break
        return shortened(pa.concat_tables(tables).combine_chunks(), selection)

    def latest(self, devices: Collection[str] = (), metrics: Collection[str] = ()) -> pa.Table:
        with self._understood():
            found = assembled(self._dialect.latest(devices, metrics, self._server.ask))
        return table_of(points[max(points)][1] for points in found.values())

    def drop(self, family: str, before: datetime) -> int:
        with self._lock, self._understood():
            return self._dialect.drop(family, before, self._server.ask)

    def refused(self) -> str:
        letters = self._letters
        if not letters.count:
            return ""
        why = f", the last because {letters.last}" if letters.last else ""
        return f"The store refused {letters.count} points{why}. They are in {letters.path}."

    def dead_letters(self) -> RefusedPoints:
        return RefusedPoints(self._letters.count, self._letters.last, self._letters.path)

    def troubles(self) -> list[str]:
        try:
            with self._understood():
                return self._dialect.troubles(self._config.keep_days, self._server.ask)
        except (Unreachable, Refused) as trouble:
            return [str(trouble)]

    def close(self) -> None:
        self._server.close()

    @contextmanager
    def _understood(self) -> Iterator[None]:
        """An answer that is none of this dialect comes from something else."""
        try:
            yield
        except msgspec.DecodeError as trouble:
            raise Unreachable(
                f"{self._config.url} answers what no {self._config.dialect} says: {trouble}; are url and dialect right?"
            ) from trouble

    def _parts(self, selection: Selection) -> Iterator[Selection]:
        """With a limit device by device, then more at a time: what comes after the limit need not be fetched."""
        if selection.limit is None or selection.points is not None:
            yield selection
            return
        with self._understood():
            devices = sorted(selection.devices or self._dialect.devices(selection, self._server.ask))
        start, size = 0, 1
        while start < len(devices):
            yield msgspec.structs.replace(selection, devices=tuple(devices[start : start + size]))
            start, size = start + size, min(size * 2, _MOST_DEVICES)

    def _write(self, lines: Sequence[str], refused: Sequence[tuple[str, str]]) -> None:
        """Send a batch to one life of the server. Raises Unreachable."""
        ask = self._server.ask
        if self._life is None:
            self._life = self._dialect.life(ask)
        bad = self._send(lines)
        if len(bad) == len(lines) > _FEW and "retention" not in bad[0][1]:
            raise Unreachable(f"every point is refused, so it is not the points: {bad[0][1]}")
        for line, why in (*refused, *bad):
            self._letters.keep(line, why)
        if self._dialect.life(ask) != self._life:
            raise Unreachable(f"{self._config.url} was started again: its last minute is written once more")

    def _send(self, lines: Sequence[str]) -> list[tuple[str, str]]:
        """Send lines, by halves when they are refused; those that are refused alone are returned, with why."""
        if not lines:
            return []
        try:
            self._server.ask(self._dialect.write(gzip.compress("\n".join(lines).encode(), _GZIP_LEVEL)))
        except Refused as no:
            if len(lines) == 1:
                return [(lines[0], str(no))]
            middle = len(lines) // 2
            return [*self._send(lines[:middle]), *self._send(lines[middle:])]
        return []


def _authorization(config: Config) -> str:
    token = config.token.get_secret_value() if config.token else ""
    password = config.password.get_secret_value() if config.password else ""
    return authorization("Bearer" if config.dialect == "victoriametrics" else "Token", token, config.user, password)


def _dialect(config: Config, newest: float) -> Dialect:
    if config.dialect == "influxdb1":
        return InfluxDB1(config.bucket, config.site, newest)
    if config.dialect == "influxdb2":
        return InfluxDB2(config.org, config.bucket, config.site, newest)
    if config.dialect == "influxdb3":
        return InfluxDB3(config.bucket, config.site, newest)
    return VictoriaMetrics(config.site, newest)

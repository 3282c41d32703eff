"""InfluxDB 1, 2, 3 and Cloud, and VictoriaMetrics: points on a server of one's own.

Document: docs/stores.md ("influx": measurements, what survives, what was really run); each dialect in
`collector/influx` names its vendor's. Writing is idempotent, and the position is kept on this machine after the batch.
"""

import gzip
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, Self

import msgspec
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from collector.errors import Refused, Unreachable
from collector.influx.columns import assembled, readings
from collector.influx.cursor import Cursor, DeadLetters
from collector.influx.influxdb1 import InfluxDB1
from collector.influx.influxdb2 import InfluxDB2
from collector.influx.influxdb3 import InfluxDB3
from collector.influx.ports import Dialect
from collector.influx.server import Server, authorization
from collector.influx.victoriametrics import VictoriaMetrics
from collector.points import SCHEMA, points_of, table_of
from collector.ports import Selection, Store
from collector.reading import Item
from collector.windows import windows

PROVEN = True

_GZIP_LEVEL = 1
_SETTLES_S = 60.0  # VictoriaMetrics loses its last seconds when it is killed, although it had confirmed them
_MOST_DEVICES = 64
_FEW = 10  # so many lines may all be bad; more that are all refused are not what is wrong


class Tls(BaseModel):
    """Files in PEM. Certificates are always verified."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    ca: str | None = Field(
        None, description="Authorities that may have signed the server's certificate; the system's when not given."
    )
    cert: str | None = Field(None, description="Our certificate, where the server asks for one.")
    key: str | None = Field(None, description="Its key.")


class Config(BaseModel):
    """One server."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    dialect: Literal["influxdb1", "influxdb2", "influxdb3", "victoriametrics"] = Field(
        ..., description="What the server is: influxdb1, influxdb2 (also Cloud), influxdb3 or victoriametrics."
    )
    url: str = Field(
        ...,
        pattern=r"^https?://[^/@?#\s]+(/[^?#\s]*)?$",
        description="Its address, as in https://influx.example:8086; a path behind it is kept.",
    )
    bucket: str = Field(
        "wardkeeper", min_length=1, description="Bucket, or database of InfluxDB 1 and 3; VictoriaMetrics has none."
    )
    org: str = Field("", description="Organization, for InfluxDB 2.")
    token: SecretStr | None = Field(None, description="API token: !file PATH or !env NAME.")
    user: str = Field("", description="Whom to sign in as, where there are no tokens.")
    password: SecretStr | None = Field(None, description="Their password: !file PATH or !env NAME.")
    tls: Tls = Field(default_factory=Tls, description="Files for an address with https.")
    timeout_s: float = Field(10.0, gt=0, le=300, strict=False, description="How long to wait for an answer.")
    keep_days: int = Field(
        0, ge=0, description="How long the server is expected to keep points; `doctor` compares. 0: it is not compared."
    )
    site: str = Field("", description="Tag `site` of every point; the site of this file when not given.")

    @model_validator(mode="after")
    def _signs_in(self) -> Self:
        if self.token and self.user:
            raise ValueError("either a token or a user with a password")
        if bool(self.user) != bool(self.password):
            raise ValueError("a user needs a password, and a password a user")
        if self.dialect == "influxdb2" and not (self.token and self.org):
            raise ValueError("influxdb2 needs an org and a token")
        if self.dialect == "influxdb1" and self.token:
            raise ValueError("influxdb1 has users with passwords, no tokens")
        return self


def open_store(config: Config, directory: Path, now: Callable[[], float] = time.monotonic) -> Store:
    """The store; its position and dead letters are in `directory`. The server is not asked for anything yet."""
    return InfluxStore(config, directory, now)


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
        points = points_of(items)
        with self._lock:
            try:
                if points:
                    self._write(*self._dialect.lines(points, self._server.ask))
            except Unreachable:
                self._cursor.rewind()
                self._life = None
                raise
            self._cursor.advance(position, self._dialect.newest)

    def position(self) -> int:
        return self._cursor.position

    def settled(self) -> int:
        return self._cursor.settled

    def query(self, selection: Selection) -> pa.Table:
        tables = [SCHEMA.empty_table()]
        rows = 0
        for part in self._parts(selection):
            found = readings(self._dialect.query(part, self._server.ask))
            table = table_of(found) if part.every is None else windows(found, part.every, part.aggregate)
            tables.append(table)
            rows += table.num_rows
            if selection.limit is not None and rows >= selection.limit:
                break
        return pa.concat_tables(tables).combine_chunks().slice(0, selection.limit)

    def latest(self, devices: Collection[str] = (), metrics: Collection[str] = ()) -> pa.Table:
        found = assembled(self._dialect.latest(devices, metrics, self._server.ask))
        return table_of(points[max(points)][1] for points in found.values())

    def drop(self, family: str, before: datetime) -> int:
        with self._lock:
            return self._dialect.drop(family, before, self._server.ask)

    def refused(self) -> str:
        letters = self._letters
        if not letters.count:
            return ""
        why = f", the last because {letters.last}" if letters.last else ""
        return f"The store refused {letters.count} points{why}. They are in {letters.path}."

    def troubles(self) -> list[str]:
        try:
            return self._dialect.troubles(self._config.keep_days, self._server.ask)
        except (Unreachable, Refused) as trouble:
            return [str(trouble)]

    def close(self) -> None:
        self._server.close()

    def _parts(self, selection: Selection) -> Iterator[Selection]:
        """With a limit device by device, then more at a time: what comes after the limit need not be fetched."""
        if selection.limit is None:
            yield selection
            return
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

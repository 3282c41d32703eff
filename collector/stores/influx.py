"""InfluxDB 1, 2, 3 and Cloud, and VictoriaMetrics: points on a server of one's own.

Document: docs/stores.md ("influx": measurements, what survives, what was really run); each dialect in
`collector/influx` names its vendor's. Writing is idempotent, and the position is kept on this machine after the batch.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from collector.ports import Store
from collector.tls import Tls

PROVEN = True


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
    from collector.influx.store import InfluxStore  # noqa: PLC0415 - influxdb-client takes half a second to import

    return InfluxStore(config, directory, now)

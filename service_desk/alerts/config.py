"""The settings of an Alertmanager that is told of alarms, apart from what tells it: every command reads settings."""

from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from collector.tls import Tls


class Config(BaseModel):
    """An Alertmanager that is told of every alarm."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    url: str = Field(description="Its address: https://alertmanager.example:9093.")
    token: SecretStr | None = Field(None, description="Said as `Authorization: Bearer …`, where it asks for one.")
    every_s: float = Field(60.0, ge=1, le=600, description="Seconds after which what stands is said again.")
    timeout_s: float = Field(10.0, gt=0, le=60, description="Seconds after which no answer is none.")
    severity: dict[str, str] = Field(
        default={"high": "critical", "medium": "warning", "low": "info"},
        description="The label `severity` by priority.",
    )
    labels: dict[str, str] = Field(default_factory=dict, description="Further labels of every alert.")
    tls: Tls | None = Field(None, description="Files for TLS; the system's authorities count without it.")

    @field_validator("url")
    @classmethod
    def _an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("needs an address that begins with https:// or http://")
        return value.rstrip("/")

"""The settings that every foreign ticket system has: its own `Config` inherits them."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from collector.tls import Tls

_OURSELVES = ("127.0.0.1", "localhost", "::1")


class HttpConfig(BaseModel):
    """Where it is and how long it may take. Secrets are `SecretStr` fields named …password, …token or …secret."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: str = Field(description="Its address: https://tickets.example.org.")
    tls: Tls | None = Field(None, description="Files for TLS; the system's authorities count without it.")
    plain_http: bool = Field(default=False, description="Allow http://: whoever listens on the way reads the password.")
    timeout_s: float = Field(20.0, gt=0, le=30, description="How long an answer is waited for.")
    request_limit_s: float = Field(
        60.0,
        ge=0,
        le=600,
        description="How long the server may still work on a request that we gave up. What got no answer is looked "
        "for, and is sent again only after this time.",
    )

    @model_validator(mode="after")
    def _a_safe_address(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url needs an address that begins with https://")
        if parts.scheme == "http" and parts.hostname not in _OURSELVES and not self.plain_http:
            raise ValueError(
                "url begins with http://, where everybody on the way reads the password: use https://, "
                "or say plain_http: true"
            )
        return self


class RemoteConfig(HttpConfig):
    """A system that can be asked how its tickets stand."""

    poll_s: float = Field(
        60.0, ge=5, description="How often open tickets are asked whether somebody took or closed them."
    )

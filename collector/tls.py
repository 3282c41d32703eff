"""The files of a TLS connection, as settings name them."""

from pydantic import BaseModel, ConfigDict, Field


class Tls(BaseModel):
    """Files in PEM. Without `ca` the system's authorities count; certificates are always verified."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    ca: str | None = Field(
        None, description="Authorities that may have signed the server's certificate; the system's when not given."
    )
    cert: str | None = Field(None, description="Our certificate, where the server asks for one.")
    key: str | None = Field(None, description="Its key.")

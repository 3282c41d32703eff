"""Settings of a BLE link."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from collector.errors import ConfigError
from drivers.dialects import DialectChoice, adverts, kinds, open_dialects

_ADDRESS = r"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$"
_KEY_BYTES = 16

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")]


class Peripheral(BaseModel):
    """A device to connect to: its values come by notification and indication, not in advertisements."""

    model_config = ConfigDict(extra="forbid", strict=True)

    address: str | None = Field(None, pattern=_ADDRESS, description="Its address, as AA:BB:CC:DD:EE:FF.")
    name: str | None = Field(None, min_length=1, description="Or the name it advertises, exactly.")
    identity: str | None = Field(None, min_length=1, description="Or one of `identities`, where its address changes.")
    parts: list[DialectChoice] = Field(
        default_factory=lambda: [DialectChoice(kind=kind) for kind in kinds("gatt")],
        description="What of it to listen to and read, each with its own settings; all of `gatt` when not given.",
    )

    @field_validator("address")
    @classmethod
    def _upper(cls, value: str | None) -> str | None:
        return value and value.upper()

    @model_validator(mode="after")
    def _is_one(self) -> "Peripheral":
        if sum(one is not None for one in (self.address, self.name, self.identity)) != 1:
            raise ValueError("needs either an address, a name or an identity")
        return self

    @field_validator("parts")
    @classmethod
    def _parts_exist(cls, value: list[DialectChoice]) -> list[DialectChoice]:
        return _of_family("gatt", value)


class Config(BaseModel):
    """All adapters of this machine, or some. A GATT device is connected through the adapter that hears it best."""

    model_config = ConfigDict(extra="forbid", strict=True)

    adapters: list[str] = Field(
        [], description="Adapters, by name (hci0) or better by address, which stays; all when not given."
    )
    scanning: Literal["active", "passive"] = Field(
        "active",
        description="active asks for names and hears every advertisement; passive sends nothing, needs BlueZ with"
        " --experimental, and BlueZ then tells only changes, and an RSSI only from 8 dB on.",
    )
    connections: int = Field(5, ge=1, le=64, description="How many devices one adapter keeps connected at a time.")
    turn_s: float = Field(
        60.0,
        ge=0.1,
        le=86_400,
        description="Seconds a device stays connected while others wait for their turn; longer than the pause between"
        " two values of the slowest. With a connection for each, nobody is interrupted.",
    )
    dialects: list[DialectChoice] = Field(
        default_factory=adverts,
        description="Advertisements to understand, each with its own settings; when not given all of `ble` but what"
        " people wear or stand on: a visitor's watch is nobody's business.",
    )
    devices: list[Peripheral] = Field([], description="Devices to connect to.")
    identities: dict[Name, SecretStr] = Field(
        {},
        description="Identity resolving keys by name, for devices whose address changes: 32 hex digits, the most"
        " significant byte first, each as !file PATH or !env NAME. The device is then `ble:<name>`.",
    )
    ring: int = Field(
        50_000,
        ge=1_000,
        description="Readings and sightings held while the spool has no room; then the oldest are lost, and counted.",
    )

    @field_validator("adapters")
    @classmethod
    def _upper(cls, value: list[str]) -> list[str]:
        return [one.upper() if ":" in one else one for one in value]

    @field_validator("dialects")
    @classmethod
    def _dialects_exist(cls, value: list[DialectChoice]) -> list[DialectChoice]:
        return _of_family("ble", value)

    @field_validator("identities")
    @classmethod
    def _are_keys(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            if len(_bytes(secret)) != _KEY_BYTES:
                raise ValueError(f"the key of {name} is not 32 hex digits")
        return value

    @model_validator(mode="after")
    def _identities_exist(self) -> "Config":
        for device in self.devices:
            if device.identity is not None and device.identity not in self.identities:
                raise ValueError(f"there is no identity {device.identity!r}")
        return self

    def keys(self) -> dict[str, bytes]:
        """The identity resolving keys."""
        return {name: _bytes(secret) for name, secret in self.identities.items()}


def _bytes(secret: SecretStr) -> bytes:
    try:
        return bytes.fromhex(secret.get_secret_value().strip())
    except ValueError:
        return b""


def _of_family(family: str, choices: list[DialectChoice]) -> list[DialectChoice]:
    for choice in choices:
        if choice.kind.partition(".")[0] != family:
            raise ValueError(f"{choice.kind} is not of {family}; there are {', '.join(kinds(family))}")
    try:
        open_dialects(choices)
    except ConfigError as trouble:
        raise ValueError(str(trouble)) from trouble
    return choices

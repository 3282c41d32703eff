"""Advertisements that a gateway heard and hands on: whose they are, and the frames they are made of.

Document: that of `drivers/codecs/advertisement.py`; random addresses as in `drivers/codecs/ble_identities.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BeforeValidator, Field, SecretStr

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Sighting
from drivers.codecs.advertisement import Advertisement
from drivers.codecs.ble_identities import Identities, is_private

_DIGITS = 12
_KEY_BYTES = 16


def _key(secret: object) -> object:
    text = secret.get_secret_value() if isinstance(secret, SecretStr) else secret
    try:
        whole = isinstance(text, str) and len(bytes.fromhex(text.strip())) == _KEY_BYTES
    except ValueError:
        whole = False
    if not whole:
        raise ValueError("is not 32 hex digits")
    return secret


IdentityKeys = Annotated[
    dict[str, Annotated[SecretStr, BeforeValidator(_key)]],
    Field(
        description="Identity resolving keys by name, for devices whose address changes: 32 hex digits, the most"
        " significant byte first, each as !file PATH or !env NAME. The device is then `ble:<name>`.",
    ),
]


def identities(keys: Mapping[str, SecretStr]) -> Identities:
    """Who is behind an address, by the keys of a config."""
    return Identities({name: bytes.fromhex(key.get_secret_value().strip()) for name, key in keys.items()})


def address(raw: object) -> str | None:
    """`AA:BB:CC:DD:EE:FF` of an address in any case, with or without colons; None when it is none."""
    digits = raw.replace(":", "").replace("-", "").upper() if isinstance(raw, str) else ""
    if len(digits) != _DIGITS or not all(one in "0123456789ABCDEF" for one in digits):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, _DIGITS, 2))


class Heard(msgspec.Struct):
    """One advertisement. `random` is None where the gateway does not say what kind of address it is."""

    address: str
    rssi_dbm: float | None = None
    random: bool | None = None
    manufacturer: dict[int, bytes] = {}
    services: dict[str, bytes] = {}
    name: str = ""
    uuids: list[str] = []

    def said(self, frame: Frame, gateway: str, known: Identities) -> Iterator[Decoded]:
        """Its elements as frames, and that it was heard; not at an address that will change and nobody knows."""
        device = known.device(self.address, random=self.random is not False)
        hidden = self.random is True and is_private(self.address) and device == f"ble:{self.address}"
        advert = Advertisement(
            device.removeprefix("ble:"), None, self.manufacturer, self.services, self.name, self.uuids
        )
        rssi = None if frame.retained else self.rssi_dbm  # what the broker kept says where it was, not where it is
        for element in advert.frames(frame.link, frame.received, gateway):
            yield msgspec.structs.replace(element, device=device, rssi_dbm=rssi, retained=frame.retained)
        if rssi is not None and not hidden:
            yield Sighting(device, gateway, rssi, frame.received)
        if self.name and not hidden:
            yield Announcement(device, {"name": self.name, "address": self.address}, frame.received)


def ibeacon(uuid: object, major: object, minor: object) -> str | None:
    """The tag that `ble.ibeacon` would name, where a gateway gives only what it decoded."""
    if not (isinstance(uuid, str) and isinstance(major, int) and isinstance(minor, int)):
        return None
    try:
        return f"ble:iBeacon:{UUID(uuid)}-{major}-{minor}"
    except ValueError:
        return None

"""Advertisements that a gateway heard and hands on: whose they are, and the frames they are made of.

Document: Bluetooth Core Specification, Vol 3 Part C 11 (the form of the data), its Supplement, part A (the types);
random addresses as in `drivers/codecs/ble_identities.py`.
"""

import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from operator import itemgetter
from typing import Annotated
from uuid import UUID

import msgspec
from pydantic import BeforeValidator, Field, SecretStr

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import UNTIMED, Announcement, Frame, Sighting
from drivers.codecs.advertisement import Advertisement
from drivers.codecs.ble_identities import Identities, is_private

_DIGITS = 12
_KEY_BYTES = 16
_MANUFACTURER = 0xFF
_NAMES = {0x08, 0x09}
_SERVICES = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}
_SERVICE_DATA = {0x16: 2, 0x20: 4, 0x21: 16}
_BASE = "{:08x}-0000-1000-8000-00805f9b34fb"
_LONGEST_WAIT = timedelta(minutes=10)
_NO_WAIT = timedelta()


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

    def take(self, data: bytes) -> None:
        """Add what the elements in `data` say. Raises BadFrame where one ends too late; those before it are taken."""
        at = 0
        while at < len(data) and data[at]:  # a length of 0: the rest is padding
            size, end = data[at], at + 1 + data[at]
            if end > len(data):
                raise BadFrame(f"An element of {size} bytes ends {end - len(data)} bytes too late", at)
            self._element(data[at + 1], data[at + 2 : end])
            at = end

    def _element(self, kind: int, value: bytes) -> None:
        if kind == _MANUFACTURER and len(value) >= len("id"):
            self.manufacturer[int.from_bytes(value[:2], "little")] = value[2:]
        elif kind in _NAMES:
            self.name = value.decode(errors="replace").rstrip("\0") or self.name
        elif (size := _SERVICES.get(kind)) is not None:
            self.uuids += [_uuid(value[at : at + size]) for at in range(0, len(value) - size + 1, size)]
        elif (size := _SERVICE_DATA.get(kind)) is not None and len(value) >= size:
            self.services[_uuid(value[:size])] = value[size:]

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


def hexadecimal(values: Mapping[str, object], key: str) -> bytes:
    """The bytes under `key`; none when there are none. Raises BadFrame."""
    return _bytes(values, key, bytes.fromhex, "hexadecimal")


def base64(values: Mapping[str, object], key: str) -> bytes:
    """The bytes under `key`; none when there are none. Raises BadFrame."""
    return _bytes(values, key, lambda raw: binascii.a2b_base64(raw, strict_mode=True), "base64")


def _bytes(values: Mapping[str, object], key: str, read: Callable[[str], bytes], form: str) -> bytes:
    raw = values.get(key)
    try:
        return read(raw) if isinstance(raw, str) else b""
    except ValueError as trouble:
        raise BadFrame(f"{key} is not {form}") from trouble


def said_by_bytes(
    heard: Heard,
    values: Mapping[str, object],
    forms: Mapping[str, Callable[[Mapping[str, object], str], bytes]],
    frame: Frame,
    to: tuple[str, Identities],
) -> Sequence[Decoded]:
    """What the bytes of `values` under the keys of `forms` say, heard by the gateway and with the keys of `to`.

    Raises BadFrame; `said` is then what is good.
    """
    bad = []
    for key, form in forms.items():
        try:
            heard.take(form(values, key))
        except BadFrame as trouble:
            bad.append(trouble)
    said = list(heard.said(frame, *to))
    if bad:
        raise BadFrame(f"{heard.address}: {bad[0]}", bad[0].offset, said)
    return said


def in_turn(
    frame: Frame,
    rows: Iterable[object],
    heard_at: Callable[[Mapping[str, object]], datetime | None],
    said: Callable[[Frame, Mapping[str, object]], Iterable[Decoded]],
) -> Sequence[Decoded]:
    """What `said` makes of each row of a message, the oldest first.

    Gateways collect for up to a minute. `heard_at` need not be right, only even: the newest row counts as heard when
    the message was, and the others as long before. One bad row takes no other with it; raises BadFrame for the first.
    """
    objects = [row for row in rows if isinstance(row, dict)]
    moments = [heard_at(row) for row in objects]
    newest = max(filter(None, moments), default=None)
    waits = [newest - one if newest and one and frame.received != UNTIMED else _NO_WAIT for one in moments]
    items: list[Decoded] = []
    bad: list[BadFrame] = []
    for wait, row in sorted(zip(waits, objects, strict=True), key=itemgetter(0), reverse=True):
        late = _NO_WAIT < wait <= _LONGEST_WAIT
        try:
            items += said(msgspec.structs.replace(frame, received=frame.received - wait) if late else frame, row)
        except BadFrame as trouble:
            bad.append(trouble)
            items += trouble.said
    if bad:
        raise BadFrame(f"{bad[0]}{f' (and {len(bad) - 1} more)' if len(bad) > 1 else ''}", 0, items)
    return items


def _uuid(raw: bytes) -> str:
    """As text of 36 characters; on the air the least significant byte comes first."""
    if len(raw) == _SERVICES[0x06]:
        return str(UUID(bytes=raw[::-1]))
    return _BASE.format(int.from_bytes(raw, "little"))


_KINDS = {"ad", "apple", "exp", "md", "msft", "sd", "smarttag"}
_IRK = re.compile(r"irk:([0-9a-f]{32})", re.IGNORECASE)
_UUID = r"[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_BEACON = re.compile(rf"(?:iBeacon:)?({_UUID})[-_](\d{{1,5}})[-_](\d{{1,5}})", re.IGNORECASE)
_EDDYSTONE = re.compile(r"eddy:([0-9a-f]{8})([0-9a-f]{2})\2([0-9a-f]{10})-([0-9a-f]{12})")


def tag(said: str, mac: object, known: Identities) -> str | None:
    """The tag that a gateway calls `said`, heard at the address `mac`, as our own decoders call it.

    `irk:` is a secret: the name of that key, or a fingerprint of it. What ESPresense names after the kind of thing
    (`apple:…`, `md:…`) is many things: it is one only by an address that stays or that a key resolves; else None.
    ESPresense writes one byte of Eddystone's namespace twice.
    """
    if beacon := _BEACON.fullmatch(said):
        return ibeacon(beacon[1], int(beacon[2]), int(beacon[3]))
    if twice := _EDDYSTONE.fullmatch(said):
        return f"ble:eddy:{''.join(twice.group(1, 2, 3))}-{twice[4]}"
    if key := _IRK.fullmatch(said):
        raw = bytes.fromhex(key[1])
        return f"ble:{known.named(raw) or f'irk:{sha256(raw).hexdigest()[:_DIGITS]}'}"
    if at := address(said) or address(said.rpartition(":")[2]):
        return known.device(at, random=True)
    return _lasting(address(mac), known) if said.partition(":")[0] in _KINDS else f"ble:{said}"


def _lasting(mac: str | None, known: Identities) -> str | None:
    device = mac and known.device(mac, random=True)
    return None if mac and device == f"ble:{mac}" and is_private(mac) else device


def ibeacon(uuid: object, major: object, minor: object) -> str | None:
    """The tag that `ble.ibeacon` would name, where a gateway gives only what it decoded."""
    if not (isinstance(uuid, str) and isinstance(major, int) and isinstance(minor, int)):
        return None
    try:
        return f"ble:iBeacon:{UUID(uuid)}-{major}-{minor}"
    except ValueError:
        return None

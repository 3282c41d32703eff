"""Minew gateways (G1, MG3, MG4): the advertisements they hear, as bytes or as the gateway understood them.

Document: none of Minew's is public; https://github.com/reelyactive/barnowl-minew, lib/, has the forms JSON-LONG (a row
of type `Gateway`, then `rawData` in hexadecimal) and JSON-RAW (a row with `gateway`), captures that people published
have JSON-RAW's `raw` in base64 and JSON-PREPARSED (`gw`, `adv`). The binary forms are not decoded. Without bytes only
fields whose unit was published are read: °C, %, mV.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Sighting
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.gateway_adverts import (
    Heard,
    IdentityKeys,
    address,
    base64,
    hexadecimal,
    ibeacon,
    identities,
    in_turn,
    said_by_bytes,
)
from drivers.codecs.json_values import Field, TopicFilter, moment, number, parse, readings, text, times

PROVEN = True
ADVERTS = True

_CLIMATE = {"temperature": Field("temperature"), "humidity": Field("humidity"), "battery": Field("battery")}
FIELDS = {
    "S1": _CLIMATE,
    "ht": _CLIMATE,
    "info": {"battery": Field("battery")},
    "tlm": {"battery": Field("battery_voltage", times(0.001)), "temperature": Field("device_temperature")},
}
"""What the gateway decoded, by the type of the row."""

DEVICES = (
    Device(
        "Minew",
        "G1, MG3, MG4 (gateways)",
        ("temperature", "humidity", "battery", "battery_voltage", "device_temperature"),
        NOT_FOR_VACCINE,
    ),
)

_FORMS = {"rawData": hexadecimal, "raw": base64}
_BEACON = (("uuid", "major", "minor"), ("ibeaconUuid", "ibeaconMajor", "ibeaconMinor"))


class Config(BaseModel):
    """Where the gateways publish, and whose changing addresses are known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    topics: list[TopicFilter] = Setting(
        ["/gw/+/status"], min_length=1, description="Filters of the topics on which they publish, as set in them."
    )
    identity_keys: IdentityKeys = {}


def claims(config: Config) -> tuple[str, ...]:
    """The topics of the settings."""
    return tuple(config.topics)


def decoder(config: Config) -> "MinewGateway":
    """The decoder of one set of gateways."""
    return MinewGateway(config)


class MinewGateway:
    """Gateways are `mqtt:minew/<address>`, tags as the BLE link names them."""

    def __init__(self, config: Config) -> None:
        self._known = identities(config.identity_keys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says; nothing when it is of none of the three forms."""
        if not frame.payload:
            return ()
        said = parse(frame.payload)
        rows = said if isinstance(said, list) else [said, *_listed(said)]
        heads = [row for row in rows if isinstance(row, dict) and _is_head(row)]
        named = (address(head.get("gateway") or head.get("gw") or head.get("mac")) for head in heads)
        mac = next(filter(None, named), None)
        if mac is None:
            return ()
        gateway = f"mqtt:minew/{mac}"
        told = {"maker": "Minew", "kind": "gateway", "address": mac}

        def of_row(then: Frame, row: Mapping[str, object]) -> Iterable[Decoded]:
            return () if _is_head(row) else self._row(then, gateway, row)

        return [*in_turn(frame, rows, _heard_at, of_row), Announcement(gateway, told, frame.received)]

    def _row(self, frame: Frame, gateway: str, row: Mapping[str, object]) -> Sequence[Decoded]:
        mac = address(row.get("mac"))
        if mac is None:
            return ()
        heard = Heard(mac, number(row.get("rssi")), name=text(row.get("bleName")) or "")
        if row.get("rawData") or row.get("raw"):
            return said_by_bytes(heard, row, _FORMS, frame, (gateway, self._known))
        beacon = next(filter(None, (ibeacon(*map(row.get, keys)) for keys in _BEACON)), None)
        if beacon is not None:
            rssi = None if frame.retained else heard.rssi_dbm
            return [] if rssi is None else [Sighting(beacon, gateway, rssi, frame.received)]
        device = self._known.device(mac, random=True)
        table = FIELDS.get(text(row.get("type")) or "", {})
        values = [msgspec.structs.replace(one, gateway=gateway) for one in readings(frame, device, row, table)]
        return [*values, *heard.said(frame, gateway, self._known)]


def _listed(said: object) -> list[object]:
    rows = said.get("adv") if isinstance(said, dict) else None
    return rows if isinstance(rows, list) else []


def _is_head(row: Mapping[str, object]) -> bool:
    return row.get("type") == "Gateway" or "gateway" in row or "gw" in row


def _heard_at(row: Mapping[str, object]) -> datetime | None:
    return None if _is_head(row) else moment(row.get("timestamp") or row.get("tm"))

"""Access points of HPE Aruba Networking: the BLE advertisements that they hear, as bytes or as a level.

Document: Aruba's protobuf files of AOS 8.11, aruba-iot-nb.proto, -nb-ble-data.proto and -nb-telemetry.proto, as in
reelyactive/barnowl-aruba, proto/aos8v1. An access point sends them by WebSocket or to a cloud's hub, so that `topics`
is for whatever brings them to a broker unchanged. Read are `bleData` (forwarded advertisements and scan responses) and
of periodic `reported` telemetry the level, the address and the name. Sensor values in it are left out: their units
depend on the device.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs import protobuf
from drivers.codecs.devices import Device
from drivers.codecs.gateway_adverts import Heard, IdentityKeys, address, identities, in_turn, said_by_bytes
from drivers.codecs.json_values import TopicFilter, moment, number, section, text

PROVEN = False
ADVERTS = True

DEVICES = (Device("HPE Aruba Networking", "access points that hear BLE, AOS 8 (gateways)", ()),)

_BLE_DATA: protobuf.Table = {
    1: protobuf.octets("mac"),
    3: protobuf.octets("data"),
    4: protobuf.zigzag("rssi"),
    5: protobuf.uint("addrType"),
}
_REPORTED: protobuf.Table = {
    1: protobuf.octets("mac"),
    7: protobuf.uint("lastSeen"),
    10: protobuf.within("rssi", {1: protobuf.zigzag("last"), 2: protobuf.zigzag("avg")}),
    22: protobuf.text("localName"),
}
_TELEMETRY: protobuf.Table = {
    1: protobuf.within("meta", {1: protobuf.uint("version")}),
    2: protobuf.within(
        "reporter",
        {
            1: protobuf.text("name"),
            2: protobuf.octets("mac"),
            5: protobuf.text("hwType"),
            6: protobuf.text("swVersion"),
        },
    ),
    3: protobuf.within("reported", _REPORTED, repeated=True),
    6: protobuf.within("bleData", _BLE_DATA, repeated=True),
}
_VERSION = 1
_PUBLIC = 0
_FACTS = {"name": "name", "model": "hwType", "firmware": "swVersion"}


class Config(BaseModel):
    """Where the access points' messages arrive, and whose changing addresses are known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    topics: list[TopicFilter] = Setting(
        [], description="Filters of the topics with their messages; without any nothing is heard."
    )
    identity_keys: IdentityKeys = {}


def claims(config: Config) -> tuple[str, ...]:
    """The topics of the settings."""
    return tuple(config.topics)


def decoder(config: Config) -> "ArubaIot":
    """The decoder of one set of access points."""
    return ArubaIot(config)


class ArubaIot:
    """Gateways are `mqtt:aruba/<address>`, tags as the BLE link names them."""

    def __init__(self, config: Config) -> None:
        self._known = identities(config.identity_keys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says. Raises BadFrame."""
        if not frame.payload:
            return ()
        said = protobuf.message(frame.payload, _TELEMETRY)
        if (version := section(said, "meta").get("version")) != _VERSION:
            raise BadFrame(f"Version {version} is not that of AOS 8: no message of an access point?")
        reporter = section(said, "reporter")
        mac = _address(reporter)
        if mac is None:
            return ()
        gateway = f"mqtt:aruba/{mac}"
        told = {fact: word for fact, key in _FACTS.items() if (word := text(reporter.get(key)))}
        told |= {"maker": "HPE Aruba Networking", "kind": "gateway", "address": mac}

        def of_row(then: Frame, row: Mapping[str, object]) -> Iterable[Decoded]:
            return self._row(then, gateway, row)

        rows = [one for key in ("bleData", "reported") for one in _listed(said, key)]
        return [Announcement(gateway, told, frame.received), *in_turn(frame, rows, _last_seen, of_row)]

    def _row(self, frame: Frame, gateway: str, row: Mapping[str, object]) -> Sequence[Decoded]:
        mac = _address(row)
        if mac is None:
            return ()
        levels = row.get("rssi")
        if isinstance(levels, dict):
            levels = levels.get("last", levels.get("avg"))
        kind = row.get("addrType")
        heard = Heard(
            mac, number(levels), None if kind is None else kind != _PUBLIC, name=text(row.get("localName")) or ""
        )
        return said_by_bytes(heard, row, {"data": _data}, frame, (gateway, self._known))


def _address(said: Mapping[str, object]) -> str | None:
    mac = said.get("mac")
    return address(mac.hex()) if isinstance(mac, bytes) else None


def _data(row: Mapping[str, object], key: str) -> bytes:
    data = row.get(key)
    return data if isinstance(data, bytes) else b""


def _last_seen(row: Mapping[str, object]) -> datetime | None:
    return moment(row.get("lastSeen"))


def _listed(said: Mapping[str, object], key: str) -> list[object]:
    rows = said.get(key)
    return rows if isinstance(rows, list) else []

"""Kontakt.io gateways: the advertisements they hear, as bytes.

https://github.com/kontaktio/telegraf_archived, plugins/parsers/kontakt, is Kontakt.io's own parser of versions 3
(`events[].deviceAddress`) and 4 (`events[].ble.deviceAddress`); `data` is the advertisement and `srData` the answer to
a scan, both in base64, `timestamp` in seconds or milliseconds. Which topic they go to is set in the gateway.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import Device
from drivers.codecs.gateway_adverts import Heard, IdentityKeys, address, base64, identities, in_turn, said_by_bytes
from drivers.codecs.json_values import TopicFilter, moment, number, parse_object, section, text

PROVEN = True
ADVERTS = True
DEVICES = (
    Device("Kontakt.io", "gateways that speak version 3", ()),
    Device("Kontakt.io", "gateways that speak version 4", (), proven=False),
)

_VERSIONS = (3, 4)


class Config(BaseModel):
    """Where the gateways publish, and whose changing addresses are known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    topics: list[TopicFilter] = Setting(
        [], description="Filters of the topics on which they publish, as set in them; without any nothing is heard."
    )
    identity_keys: IdentityKeys = {}


def claims(config: Config) -> tuple[str, ...]:
    """The topics of the settings."""
    return tuple(config.topics)


def decoder(config: Config) -> "KontaktGateway":
    """The decoder of one set of gateways."""
    return KontaktGateway(config)


class KontaktGateway:
    """Gateways are `mqtt:kontakt/<unique id>`, tags as the BLE link names them."""

    def __init__(self, config: Config) -> None:
        self._known = identities(config.identity_keys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says; nothing of another version."""
        if not frame.payload:
            return ()
        values = parse_object(frame.payload)
        source, events, version = text(values.get("sourceId")), values.get("events"), values.get("version")
        if source is None or version not in _VERSIONS or not isinstance(events, list):
            return ()
        gateway = f"mqtt:kontakt/{source}"

        def said(then: Frame, event: Mapping[str, object]) -> Iterable[Decoded]:
            return self._event(then, gateway, event, section(event, "ble") if version == _VERSIONS[1] else event)

        told = {"name": source, "maker": "Kontakt.io", "kind": "gateway"}
        return [*in_turn(frame, events, _heard_at, said), Announcement(gateway, told, frame.received)]

    def _event(
        self, frame: Frame, gateway: str, event: Mapping[str, object], ble: Mapping[str, object]
    ) -> Iterable[Decoded]:
        mac = address(ble.get("deviceAddress"))
        if mac is None:
            return ()
        heard = Heard(mac, number(event.get("rssi")))
        return said_by_bytes(heard, ble, {"data": base64, "srData": base64}, frame, (gateway, self._known))


def _heard_at(event: Mapping[str, object]) -> datetime | None:
    return moment(event.get("timestamp"))

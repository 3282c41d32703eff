"""ESPresense gateways: which BLE tag which room hears, and how the gateways are.

ESPresense firmware (`BleFingerprint::fill`, `sendTelemetry`) and its documentation of MQTT topics.
"""

from collections.abc import Sequence

import msgspec
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Sighting
from drivers.codecs.devices import Device
from drivers.codecs.gateway_adverts import IdentityKeys, identities, tag
from drivers.codecs.json_values import (
    ONLINE,
    BaseTopic,
    Field,
    number,
    parse_object,
    plain,
    readings,
    text,
    times,
)

PROVEN = True
DEVICES = (Device("ESPresense", "gateway", ("uptime", "signal", "available")),)

_LEVELS = 3


class Config(BaseModel):
    """Where the gateways publish, and whose changing addresses are known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("espresense", description="The levels before `devices/…` and `rooms/…`.")
    identity_keys: IdentityKeys = {}


TAG = {
    "batt": Field("battery"),
    "mV": Field("battery_voltage", times(0.001)),
    "temp": Field("temperature"),
    "rh": Field("humidity"),
}
"""What a tag's advertisement says beside its name."""

TELEMETRY = {"uptime": Field("uptime"), "rssi": Field("signal")}
FACTS = {"firmware": "ver", "model": "firm", "address": "ip"}

ROOM = {
    "status": Field("available", words=ONLINE),
    "temperature": Field("temperature"),
    "humidity": Field("humidity"),
    "lux": Field("illuminance"),
    "motion": Field("occupancy"),
    "bme280_temperature": Field("temperature"),
    "bme280_humidity": Field("humidity"),
    "bme280_pressure": Field("air_pressure"),
}
"""Topics of a room whose payload is one plain value."""


def claims(config: Config) -> tuple[str, ...]:
    """The topic filters of one set of gateways."""
    return tuple(f"{config.base_topic}/{branch}" for branch in ("devices/+/+", "rooms/+/+", "settings/+/config"))


def decoder(config: Config) -> "Espresense":
    """The decoder of one set of gateways."""
    return Espresense(config)


class Espresense:
    """Gateways are `mqtt:<base topic>/<room>`, tags what our own decoders call what ESPresense's id names."""

    def __init__(self, config: Config) -> None:
        self._base = config.base_topic
        self._known = identities(config.identity_keys)
        self._branches = {"devices": self._tag, "rooms": self._room, "settings": self._settings}

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        levels = frame.topic.removeprefix(f"{self._base}/").split("/")
        said = self._branches.get(levels[0])
        if said is None or len(levels) != _LEVELS or not frame.payload:
            return ()
        return said(frame, levels[1], levels[2])

    def _gateway(self, room: str) -> str:
        return f"mqtt:{self._base}/{room}"

    def _tag(self, frame: Frame, called: str, room: str) -> Sequence[Decoded]:
        values, gateway = parse_object(frame.payload), self._gateway(room)
        device = tag(text(values.get("id")) or called, values.get("mac"), self._known)
        if device is None:
            return ()
        results: list[Decoded] = [
            msgspec.structs.replace(one, gateway=gateway) for one in readings(frame, device, values, TAG)
        ]
        rssi = number(values.get("rssi"))
        if rssi is not None and not frame.retained:  # a retained sighting says where the tag was, not where it is
            results.append(Sighting(device, gateway, rssi, frame.received))
        return results

    def _room(self, frame: Frame, room: str, topic: str) -> Sequence[Decoded]:
        device = self._gateway(room)
        if topic == "telemetry":
            values = parse_object(frame.payload)
            facts = {fact: said for fact, key in FACTS.items() if (said := text(values.get(key)))}
            known = {"name": room, "maker": "ESPresense", "kind": "gateway", **facts}
            return [*readings(frame, device, values, TELEMETRY), Announcement(device, known, frame.received)]
        return readings(frame, device, {topic: plain(frame.payload)}, ROOM)

    def _settings(self, frame: Frame, called: str, _config: str) -> Sequence[Decoded]:
        values = parse_object(frame.payload)
        name = text(values.get("name"))
        device = tag(text(values.get("id")) or called, None, self._known)
        return [Announcement(device, {"name": name}, frame.received)] if name and device else []

"""Room presence: which tag which room hears, as room-assistant 1 and many small scanners publish it.

Home Assistant documentation, "MQTT room presence": `room_presence/<room>` with id, name and distance. A distance is no
level, so only messages that also have `rssi` are sightings: those of room-assistant and of OpenMQTTGateway, whose
base topic is `home/presence`.
"""

from collections.abc import Sequence

import msgspec
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Sighting
from drivers.codecs.devices import Device
from drivers.codecs.gateway_adverts import IdentityKeys, ibeacon, identities, tag
from drivers.codecs.json_values import BaseTopic, Field, number, parse_object, readings, text

PROVEN = True

TAG = {"battery": Field("battery"), "batt": Field("battery")}
DEVICES = (Device("room-assistant", "1, and others of `mqtt_room`", ("battery",)),)


class Config(BaseModel):
    """Where the rooms publish, and whose changing addresses are known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("room_presence", description="The levels before `<room>`.")
    identity_keys: IdentityKeys = {}


def claims(config: Config) -> tuple[str, ...]:
    """Every room, also in levels: `room_presence/ward 3/4.12`."""
    return (f"{config.base_topic}/#",)


def decoder(config: Config) -> "MqttRoom":
    """The decoder of one set of rooms."""
    return MqttRoom(config)


class MqttRoom:
    """Gateways are `mqtt:<base topic>/<room>`, tags what our own decoders call what the id names, or `ble:<id>`."""

    def __init__(self, config: Config) -> None:
        self._base = config.base_topic
        self._known = identities(config.identity_keys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        room = frame.topic.removeprefix(f"{self._base}/")
        if room == frame.topic or not frame.payload:
            return ()
        values = parse_object(frame.payload)
        device = self._tag(values)
        if device is None:
            return ()
        gateway, rssi = f"mqtt:{self._base}/{room}", number(values.get("rssi"))
        said: list[Decoded] = [
            msgspec.structs.replace(one, gateway=gateway) for one in readings(frame, device, values, TAG)
        ]
        if rssi is not None and not frame.retained:
            said.append(Sighting(device, gateway, rssi, frame.received))
        if name := text(values.get("name")):
            said.append(Announcement(device, {"name": name}, frame.received))
        return said

    def _tag(self, values: dict[str, object]) -> str | None:
        beacon = ibeacon(values.get("uuid"), values.get("major"), values.get("minor"))
        if beacon is not None:
            return beacon
        said = text(values.get("id")) or text(values.get("uuid"))
        return tag(said, values.get("mac"), self._known) if said else None

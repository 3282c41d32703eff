"""OpenMQTTGateway and Theengs Gateway: the advertisements they hear, and how they are.

OpenMQTTGateway documentation, "BLE gateway" (docs/use/ble.md), and Theengs Gateway documentation, "MQTT". What an
advertisement says is decoded from its own bytes where they are in the message (`pubadvdata`), else from the fields
that the gateway decoded. `pres` and `motion` are left out: they mean different things on different devices.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from pydantic import BaseModel, ConfigDict
from pydantic import Field as Setting

from collector.ports import Decoded
from collector.reading import Announcement, Frame, Sighting
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.gateway_adverts import Heard, IdentityKeys, address, hexadecimal, ibeacon, identities
from drivers.codecs.json_values import ONLINE, BaseTopic, Field, number, parse_object, plain, readings, text

PROVEN = True
ADVERTS = True

FIELDS = {
    "tempc": Field("temperature"),
    "hum": Field("humidity"),
    "batt": Field("battery"),
    "volt": Field("battery_voltage"),
    "lux": Field("illuminance"),
    "moi": Field("moisture"),
    "fer": Field("conductivity"),
    "co2": Field("co2"),
    "pm25": Field("pm25"),
    "pm10": Field("pm10"),
    "open": Field("door_open"),
}
"""What the gateway decodes; °C only, so that a temperature comes once."""

SYSTEM = {"uptime": Field("uptime"), "rssi": Field("signal"), "tempc": Field("device_temperature")}
_FACTS = {"firmware": "version", "address": "ip"}
_SERVICE = re.compile(r"(?:0x)?([0-9a-f]{4})|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

DEVICES = (
    Device(
        "1technophile",
        "OpenMQTTGateway, Theengs Gateway",
        tuple(dict.fromkeys(one.metric for one in (*FIELDS.values(), *SYSTEM.values()))),
        NOT_FOR_VACCINE,
    ),
)


class Config(BaseModel):
    """Where the gateways publish, and whose changing addresses are known."""

    model_config = ConfigDict(extra="forbid", strict=True)

    base_topic: BaseTopic = Setting("home", description="The levels before `<gateway>/BTtoMQTT/…`.")
    identity_keys: IdentityKeys = {}


def claims(config: Config) -> tuple[str, ...]:
    """The topic filters of every gateway."""
    return tuple(f"{config.base_topic}/+/{branch}" for branch in ("BTtoMQTT/#", "LWT", "SYStoMQTT"))


def decoder(config: Config) -> "OpenMqttGateway":
    """The decoder of one set of gateways."""
    return OpenMqttGateway(config)


class OpenMqttGateway:
    """Gateways are `mqtt:<base topic>/<gateway>`, tags as the BLE link names them: `ble:<address>`."""

    def __init__(self, config: Config) -> None:
        self._base = config.base_topic
        self._known = identities(config.identity_keys)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one message says."""
        levels = frame.topic.removeprefix(f"{self._base}/").split("/")
        if len(levels) < len(("gateway", "branch")) or not frame.payload:
            return ()
        gateway = f"mqtt:{self._base}/{levels[0]}"
        if levels[1] == "LWT":
            return readings(frame, gateway, {"LWT": plain(frame.payload).lower()}, _LWT)
        values = parse_object(frame.payload)
        if levels[1] == "SYStoMQTT":
            facts = {fact: said for fact, key in _FACTS.items() if (said := text(values.get(key)))}
            told = {"name": levels[0], "maker": "OpenMQTTGateway", "kind": "gateway", **facts}
            return [*readings(frame, gateway, values, SYSTEM), Announcement(gateway, told, frame.received)]
        return list(self._heard(frame, gateway, values, levels[-1]))

    def _heard(self, frame: Frame, gateway: str, values: Mapping[str, object], last: str) -> Iterator[Decoded]:
        mac = address(values.get("mac")) or address(values.get("id")) or address(last)
        if mac is None:
            return
        kind = values.get("mac_type")
        heard = Heard(
            mac, number(values.get("rssi")), None if kind is None else kind != 0, name=text(values.get("name")) or ""
        )
        manufacturer = hexadecimal(values, "manufacturerdata")
        if len(manufacturer) >= len("id"):
            heard.manufacturer[int.from_bytes(manufacturer[:2], "little")] = manufacturer[2:]
        service, data = _SERVICE.fullmatch(text(values.get("servicedatauuid")) or ""), values.get("servicedata")
        if service and data:
            heard.services[(service[1] or service[0]).lower()] = hexadecimal(values, "servicedata")
        if heard.manufacturer or heard.services:
            yield from heard.said(frame, gateway, self._known)
            return
        beacon = ibeacon(values.get("uuid"), values.get("major"), values.get("minor"))
        device = beacon or self._known.device(mac, random=heard.random is not False)
        for one in readings(frame, device, values, FIELDS):
            yield msgspec.structs.replace(one, gateway=gateway)
        if beacon is None:
            yield from heard.said(frame, gateway, self._known)
        elif heard.rssi_dbm is not None and not frame.retained:
            yield Sighting(beacon, gateway, heard.rssi_dbm, frame.received)


_LWT = {"LWT": Field("available", words=ONLINE)}

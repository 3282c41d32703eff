"""Teltonika EYE beacons and sensors: temperature, humidity, movement, magnet, battery.

https://wiki.teltonika-gps.com/view/EYE_SENSOR_/_BTSMP1, "EYE Sensor Protocol overview", protocol version 1.
The angle is no metric; the counter of movements goes with the sighting.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, field_validator

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
DEVICES = (
    Device("Teltonika", "EYE Beacon (BTSID1)", ("battery_voltage", "battery_low")),
    Device(
        "Teltonika",
        "EYE Sensor (BTSMP1)",
        ("temperature", "humidity", "door_open", "battery_voltage", "battery_low"),
        NOT_FOR_VACCINE,
    ),
)

_VERSION = 1
_TEMPERATURE, _HUMIDITY, _HAS_MAGNET, _MAGNET, _MOVEMENT, _ANGLE, _LOW, _BATTERY = (1 << bit for bit in range(8))
_SIZES = {_TEMPERATURE: 2, _HUMIDITY: 1, _MOVEMENT: 2, _ANGLE: 3, _BATTERY: 1}
"""By flag, in the order of the values."""
_MOVES = 0x8000


class Config(BaseModel):
    """Which tags watch a door."""

    model_config = ConfigDict(extra="forbid", strict=True)

    doors: list[str] = Field(
        [],
        description="Addresses of EYE sensors with their magnet on a door: away from it is `door_open`. Of others the"
        " magnet says nothing.",
    )

    @field_validator("doors")
    @classmethod
    def _upper(cls, value: list[str]) -> list[str]:
        return [one.upper() for one in value]


def claims(_config: Config) -> tuple[str, ...]:
    """Teltonika's company id."""
    return ("manufacturer/089a",)


def decoder(config: Config) -> "Teltonika":
    """The decoder of tags, some of them on doors."""
    return Teltonika(config)


class Teltonika:
    """Flags say which values follow; nothing of another version of the protocol."""

    def __init__(self, config: Config) -> None:
        self._doors = frozenset(f"ble:{address}" for address in config.doors)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says."""
        data = frame.payload
        if not data or data[0] != _VERSION:
            return ()
        if len(data) < 2:
            raise BadFrame("The flags are missing", len(data))
        flags = data[1]
        size, places = _LAYOUTS[flags]
        if len(data) < size:
            raise BadFrame(f"The values of these flags have {size} bytes, these are {len(data)}", len(data))
        items: list[Decoded] = [frame.reading(frame.device, "battery_low", bool(flags & _LOW))]
        if at := places.get(_TEMPERATURE):
            degrees = int.from_bytes(data[at : at + 2], signed=True) / 100
            items.append(frame.reading(frame.device, "temperature", degrees))
        if (at := places.get(_HUMIDITY)) and data[at] <= 100:
            items.append(frame.reading(frame.device, "humidity", float(data[at])))
        if at := places.get(_BATTERY):
            items.append(frame.reading(frame.device, "battery_voltage", (2000 + 10 * data[at]) / 1000))
        if flags & _HAS_MAGNET and frame.device in self._doors:
            items.append(frame.reading(frame.device, "door_open", not flags & _MAGNET))
        if at := places.get(_MOVEMENT):
            seen = frame.sighting(frame.device, int.from_bytes(data[at : at + 2]) & ~_MOVES)
            items += [seen] if seen else []
        return items


def _layout(flags: int) -> tuple[int, dict[int, int]]:
    """How many bytes there are with these flags, and where each value begins."""
    at, places = 2, {}
    for flag, size in _SIZES.items():
        if flags & flag:
            places[flag] = at
            at += size
    return at, places


_LAYOUTS = tuple(_layout(flags) for flags in range(256))

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
        flags, raw = data[1], _values(data)
        items: list[Decoded] = [frame.reading(frame.device, "battery_low", bool(flags & _LOW))]
        if _TEMPERATURE in raw:
            items.append(frame.reading(frame.device, "temperature", raw[_TEMPERATURE] / 100))
        if raw.get(_HUMIDITY, 101) <= 100:
            items.append(frame.reading(frame.device, "humidity", float(raw[_HUMIDITY])))
        if _BATTERY in raw:
            items.append(frame.reading(frame.device, "battery_voltage", (2000 + 10 * raw[_BATTERY]) / 1000))
        if flags & _HAS_MAGNET and frame.device in self._doors:
            items.append(frame.reading(frame.device, "door_open", not flags & _MAGNET))
        if _MOVEMENT in raw:
            seen = frame.sighting(frame.device, raw[_MOVEMENT] & ~_MOVES)
            items += [seen] if seen else []
        return items


def _values(data: bytes) -> dict[int, int]:
    """The raw values that the flags announce, by flag. Raises BadFrame."""
    raw, at = {}, 2
    for flag, size in _SIZES.items():
        if data[1] & flag:
            raw[flag] = int.from_bytes(data[at : at + size], signed=flag == _TEMPERATURE)
            at += size
    if at > len(data):
        raise BadFrame(f"The values of these flags have {at} bytes, these are {len(data)}", len(data))
    return raw

"""SensorPush sensors: HT1, HT.w, HTP.xw and TC.x.

No document of the maker is published: the layouts are those of the parser sensorpush-ble
(https://github.com/Bluetooth-Devices/sensorpush-ble), whose captures prove the HT.w and HTP.xw. They send pages: the
first says the values, the others the battery and the versions, in forms that are not known.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_NAMES = ("SensorPush", "HTP.xw", "HT.w", "TC")
_SIZES = {1: 4, 2: 5, 3: 7}
_FIRST, _LATER = "uuid/ef090000-11d6-42ba-93b8-9dd7ec090aa9", "uuid/ef090000-11d6-42ba-93b8-9dd7ec090ab0"
_AIR = ("temperature", "humidity")
DEVICES = (
    Device("SensorPush", "HT1", _AIR, NOT_FOR_VACCINE, proven=False),
    Device("SensorPush", "HT.w", _AIR, NOT_FOR_VACCINE),
    Device("SensorPush", "TC.x", ("temperature",), NOT_FOR_VACCINE, proven=False),
    Device("SensorPush", "HTP.xw", (*_AIR, "air_pressure"), NOT_FOR_VACCINE),
)

_Said = Iterator[tuple[str, float]]


class _Digit(NamedTuple):
    """A digit of the number that all values together are: how many it can be, and the value of 0 and of a step."""

    metric: str
    base: int
    least: float
    step: float


_HUMIDITY = _Digit("humidity", 40_001, 0, 0.0025)
_MODELS = {
    0: ("HTP.xw", (_Digit("temperature", 72_001, -40, 0.0025), _HUMIDITY, _Digit("air_pressure", 95_001, 300, 0.01))),
    1: ("HT.w", (_Digit("temperature", 66_001, -40, 0.0025), _HUMIDITY)),
    2: ("TC.x", (_Digit("temperature", 32_001, -200, 0.0625),)),
}


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """By service and by name, because the company id is a part of the measurement."""
    return (_FIRST, _LATER, *(f"name/{name}*" for name in _NAMES))


def decoder(_config: Config) -> "Sensorpush":
    """The decoder of all models."""
    return Sensorpush()


class Sensorpush:
    """A sensor with a name is heard by its name, one without by its service."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing on another page."""
        if frame.topic == _LATER and frame.name.startswith(_NAMES):
            return ()
        model, said = _first(frame.payload) if frame.topic == _FIRST else _later(frame.payload)
        items: list[Decoded] = [frame.reading(frame.device, metric, round(value, 4)) for metric, value in said]
        if items:
            items.append(Announcement(frame.device, {"maker": "SensorPush", "model": model}, frame.received))
        return items


def _later(data: bytes) -> tuple[str, _Said]:
    known = _MODELS.get(data[0] >> 2) if data and not data[0] & 3 else None
    return (known[0], _digits(data, known[1])) if known else ("", iter(()))


def _digits(data: bytes, digits: tuple[_Digit, ...]) -> _Said:
    size = _SIZES[len(digits)]
    if len(data) != size:
        raise BadFrame(f"The SensorPush sensor sends {size} bytes, these are {len(data)}", min(len(data), size))
    rest = int.from_bytes(data[1:], "little")
    for metric, base, least, step in digits:
        rest, digit = divmod(rest, base)
        yield metric, least + digit * step


def _first(data: bytes) -> tuple[str, _Said]:
    if len(data) < 4 or data[3] >> 2 & 0x1F != 1:
        return "", iter(())
    raw = int.from_bytes(data[:4], "little")
    humidity = min(max(-6 + 125 * (raw & 0xFFF) / 4096, 0.0), 100.0)
    celsius = -46.85 + 175.72 * (raw >> 12 & 0x3FFF) / 16384
    return "HT1", iter((("temperature", round(celsius, 2)), ("humidity", round(humidity, 2))))

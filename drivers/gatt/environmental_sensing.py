"""Environmental sensors: temperature, humidity, dew point, pressure, light, noise, carbon dioxide, organics, particles.

Document: Bluetooth SIG, "Environmental Sensing Service 1.0", section 3.1; GATT Specification Supplement, the
characteristics of the same names. Where a device has a characteristic twice, nobody here knows which is which.
Elevation, irradiance, pollen, rain, UV and wind are no metrics of a room, other gases are not in the unit of theirs.
"""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.ieee11073 import sfloat

PROVEN = False


class _Quantity(NamedTuple):
    """How many bytes, the metric, steps of its unit, whether signed, and which raw values stand for none."""

    size: int
    metric: str
    steps: float = 1
    signed: bool = False
    none: tuple[int, ...] = ()

    def value(self, raw: bytes) -> float | None:
        """In the unit of the metric."""
        number = int.from_bytes(raw, "little", signed=self.signed)
        return None if number in self.none else number / self.steps


class _Mass(NamedTuple):
    """kg/m³ as SFLOAT, which becomes µg/m³."""

    metric: str
    size: int = 2

    def value(self, raw: bytes) -> float | None:
        """In µg/m³."""
        number = sfloat(int.from_bytes(raw, "little"))
        return None if number is None else round(number * 1e9, 3)


_QUANTITIES: dict[str, _Quantity | _Mass] = {
    "2a6d": _Quantity(4, "air_pressure", 1000),
    "2a6e": _Quantity(2, "temperature", 100, signed=True, none=(-0x8000,)),
    "2a6f": _Quantity(2, "humidity", 100, none=(0xFFFF,)),
    "2a7b": _Quantity(1, "dew_point", signed=True, none=(-0x80,)),
    "2afb": _Quantity(3, "illuminance", 100, none=(0xFF_FFFF,)),
    "2b8c": _Quantity(2, "co2", none=(0xFFFE, 0xFFFF)),  # "65534 or more", unknown
    "2bd3": _Mass("tvoc"),
    "2bd5": _Mass("pm1"),
    "2bd6": _Mass("pm25"),
    "2bd7": _Mass("pm10"),
    "2be4": _Quantity(1, "noise", none=(0xFE, 0xFF)),
    "2be7": _Quantity(2, "voc", none=(0xFFFE, 0xFFFF)),
}
DEVICES = (
    Device(
        "Any",
        "Environmental sensor with the Bluetooth service 181A",
        tuple(one.metric for one in _QUANTITIES.values()),
        NOT_FOR_VACCINE,
    ),
)


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """The characteristics of what is a metric."""
    return tuple(_QUANTITIES)


def decoder(_config: Config) -> "EnvironmentalSensing":
    """The decoder of all of them."""
    return EnvironmentalSensing()


class EnvironmentalSensing:
    """What is not known, or beyond what can be written, gives nothing."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One value."""
        known = _QUANTITIES[frame.topic]
        if len(frame.payload) != known.size:
            at = min(known.size, len(frame.payload))
            raise BadFrame(f"{known.metric} has {known.size} bytes, these are {len(frame.payload)}", at)
        value = known.value(frame.payload)
        return () if value is None else (frame.reading(frame.device, known.metric, value),)

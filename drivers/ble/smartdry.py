"""SmartDry laundry sensor: temperature, humidity, whether the drum turns.

https://github.com/theengs/decoder/blob/development/src/devices/SmartDry_json.h
"""

import math
from struct import Struct

from collector.errors import BadFrame
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("SmartDry", "Laundry Sensor", ("temperature", "humidity", "vibration", "battery_voltage"), NOT_FOR_VACCINE),
)

_FORM = Struct("<ffxxBB")


def claims(_config: Config) -> tuple[str, ...]:
    """The company id it uses."""
    return ("manufacturer/01ae",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    celsius, humidity, battery, flags = unpacked(_FORM, frame.payload, "A SmartDry")
    if not (math.isfinite(celsius) and math.isfinite(humidity)):
        raise BadFrame("A SmartDry says what is no number")
    yield "temperature", float(celsius)
    yield from percent("humidity", humidity)
    yield "battery_voltage", (battery + 2847) / 1000
    yield "vibration", bool(flags & 1)

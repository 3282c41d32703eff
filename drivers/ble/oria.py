"""Oria T201 and T301: temperature and humidity.

https://github.com/theengs/decoder/blob/development/src/devices/T201_json.h and T301_json.h
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("Oria", "T201", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Oria", "T301", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
)

_FORM = Struct(">10xhHB")


def claims(_config: Config) -> tuple[str, ...]:
    """The mark that stands where a company id belongs."""
    return ("manufacturer/aa55",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    celsius, humidity, battery = unpacked(_FORM, frame.payload, "An Oria sensor")
    yield "temperature", celsius / 100
    yield from percent("humidity", humidity / 100)
    yield from percent("battery", battery)

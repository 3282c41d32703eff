"""VCHON VCH6003, sold as XL0801: temperature and humidity.

https://github.com/theengs/decoder/blob/development/src/devices/VCH6003_json.h
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("VCHON", "VCH6003", ("temperature", "humidity"), NOT_FOR_VACCINE),)

_FORM = Struct(">hB6x")


def claims(_config: Config) -> tuple[str, ...]:
    """What stands where a company id belongs."""
    return ("manufacturer/0901",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == _FORM.size:
        tenths, humidity = _FORM.unpack(frame.payload)
        yield "temperature", tenths / 10
        yield from percent("humidity", humidity)

"""Tilt and Tilt Pro: the temperature of a hydrometer.

https://github.com/theengs/decoder/blob/development/src/devices/Tilt_json.h and
https://kvurd.com/blog/tilt-hydrometer-ibeacon-data-format/: an iBeacon whose major is a temperature in °F, of a Pro in
tenths, and whose minor is a density, which is no metric.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.beacons import NUMBERS_AT, PREFIX, TILTS, uuid_of
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, unpacked

PROVEN = True
DEVICES = (
    Device("Tilt", "Tilt", ("temperature",), NOT_FOR_VACCINE),
    Device("Tilt", "Tilt Pro", ("temperature",), NOT_FOR_VACCINE, proven=False),
)

_NUMBERS = Struct(">HH")
_OF_PRO = 5000  # a density in ten thousandths, not in thousandths


def claims(_config: Config) -> tuple[str, ...]:
    """Apple's company id."""
    return ("manufacturer/004c",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said, PREFIX)


def _said(frame: Frame) -> Said:
    if uuid_of(frame.payload) in TILTS:
        fahrenheit, density = unpacked(_NUMBERS, frame.payload, "A Tilt", NUMBERS_AT)
        yield "temperature", ((fahrenheit / 10 if density > _OF_PRO else fahrenheit) - 32) / 1.8

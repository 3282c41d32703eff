"""Battery monitors BM2 and BM6: how full a vehicle's battery is.

https://github.com/theengs/decoder/blob/development/src/devices/BM2_json.h and BM6_json.h: iBeacons that write it where
others have their power, or their major.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.beacons import BM2, BM6, NUMBERS_AT, PREFIX, uuid_of
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("Leagend", "BM2", ("battery",)), Device("Leagend", "BM6", ("battery",)))

_NUMBERS = Struct("5B")
_PLACES = {BM2: 4, BM6: 1}


def claims(_config: Config) -> tuple[str, ...]:
    """Apple's company id."""
    return ("manufacturer/004c",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said, PREFIX)


def _said(frame: Frame) -> Said:
    place = _PLACES.get(uuid_of(frame.payload))
    if place is not None:
        numbers = unpacked(_NUMBERS, frame.payload, "A battery monitor", NUMBERS_AT)
        yield from percent("battery", numbers[place])

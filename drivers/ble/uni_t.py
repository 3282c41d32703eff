"""UNI-T UT363 BT: the speed of air.

https://github.com/theengs/decoder/blob/development/src/devices/UT363BT_json.h. Only m/s is read, whichever other unit
was chosen at the meter.
"""

import re

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying

PROVEN = True
DEVICES = (Device("UNI-T", "UT363 BT", ("air_speed",)),)

_SPEED = re.compile(rb"..\x37 *(\d+\.\d+)M/S", re.DOTALL)


def claims(_config: Config) -> tuple[str, ...]:
    """The mark that stands where a company id belongs."""
    return ("manufacturer/bbaa",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    found = _SPEED.match(frame.payload)
    if found:
        yield "air_speed", float(found[1])

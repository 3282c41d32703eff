"""Onset HOBO MX2001: the level of water.

https://github.com/theengs/decoder/blob/development/src/devices/HOBOMX2001_json.h. Other loggers of HOBO have other
lengths and are not read.
"""

import math
from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying

PROVEN = True
DEVICES = (Device("Onset", "HOBO MX2001", ("water_level",)),)

_FORM = Struct("<16xf")


def claims(_config: Config) -> tuple[str, ...]:
    """Onset's company id."""
    return ("manufacturer/00c5",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == _FORM.size:
        (metres,) = _FORM.unpack(frame.payload)
        if math.isfinite(metres):
            yield "water_level", metres * 100

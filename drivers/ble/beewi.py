"""BeeWi (Otio) door and window sensor.

https://github.com/theengs/decoder/blob/development/src/devices/BWBSDOO_json.h
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("BeeWi", "BSDOO", ("door_open", "battery")),)

_FORM = Struct("xxBxB")
_DOOR = b"\x08\x0c"


def claims(_config: Config) -> tuple[str, ...]:
    """The company id of Texas Instruments, whose chip it has."""
    return ("manufacturer/000d",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if frame.payload.startswith(_DOOR):
        state, battery = unpacked(_FORM, frame.payload, "A BeeWi door sensor")
        yield "door_open", bool(state & 1)
        yield from percent("battery", battery)

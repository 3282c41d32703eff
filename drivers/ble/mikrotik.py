"""MikroTik TG-BT5 tags: temperature inside, battery, uptime.

https://help.mikrotik.com/docs/, "MikroTik Tag advertisement formats", its own format;
https://github.com/theengs/decoder/blob/development/src/devices/Mikrotik_json.h. What a tag's owner lets its switches
and movements mean is not read, and nothing of a tag whose owner's byte is set: it may be encrypted.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("MikroTik", "TG-BT5-IN/-OUT", ("temperature", "battery", "uptime"), NOT_FOR_VACCINE),)

_FORM = Struct("<10xhIxB")
_PLAIN = b"\1\0"  # version, and the byte that its owner may set
_NO_SENSOR = -0x8000


def claims(_config: Config) -> tuple[str, ...]:
    """MikroTik's company id."""
    return ("manufacturer/094f",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if frame.payload.startswith(_PLAIN):
        celsius, uptime, battery = unpacked(_FORM, frame.payload, "A MikroTik tag")
        if celsius != _NO_SENSOR:
            yield "temperature", celsius / 256
        yield "uptime", float(uptime)
        yield from percent("battery", battery & 0x7F)

"""Otodata tank monitors, also as Rotarex and Neevo: how full a gas tank is.

https://github.com/theengs/decoder/blob/development/src/devices/OTOD_json.h
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("Otodata", "RC1010", ("tank_level",)),)

_LEVEL = Struct("<9xH")
_SERIAL = Struct("<7xI")


def claims(_config: Config) -> tuple[str, ...]:
    """Otodata's company id."""
    return ("manufacturer/03b1",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if data.startswith(b"OTOTELE"):
        (level,) = unpacked(_LEVEL, data, "Telemetry of a tank")
        yield from percent("tank_level", level / 100)
    elif data.startswith(b"OTO3281"):
        (serial,) = unpacked(_SERIAL, data, "The introduction of a tank monitor")
        yield {"maker": "Otodata", "serial": str(serial)}

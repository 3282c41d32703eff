"""Amphiro showers, such as Oras Hydractiva Digital: water, its temperature and energy of one shower.

https://github.com/theengs/decoder/blob/development/src/devices/Amphiro_json.h
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, unpacked

PROVEN = True
DEVICES = (Device("Oras", "Hydractiva Digital", ("water_volume", "temperature", "energy")),)

_FORM = Struct(">8xBHBH")


def claims(_config: Config) -> tuple[str, ...]:
    """The company id it uses."""
    return ("manufacturer/faee",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    high, low, celsius, energy = unpacked(_FORM, frame.payload, "An Amphiro shower")
    yield "water_volume", (high << 16 | low) / 2560
    yield "temperature", float(celsius)
    yield "energy", energy / 100

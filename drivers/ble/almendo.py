"""Almendo bluSensor: temperature and humidity.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/almendo.py, its
version 1 and the model BSP02AIQ. Its CO2 is one that was estimated from volatile organics, whose unit is not said:
neither is read.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("Almendo", "bluSensor AIQ", ("temperature", "humidity"), NOT_FOR_VACCINE),)

_FORM = Struct("<BxB4xhH")
_KNOWN = (1, 0x0A)


def claims(_config: Config) -> tuple[str, ...]:
    """Almendo's company id."""
    return ("manufacturer/06e8",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    version, model, celsius, humidity = unpacked(_FORM, frame.payload, "A bluSensor")
    if (version, model) == _KNOWN:
        yield "temperature", celsius / 100
        yield from percent("humidity", humidity / 100)

"""Moat S2: temperature and humidity.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/moat.py. It writes
the battery's voltage; that parser's percent is an estimate of its own.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("Moat", "S2", ("temperature", "humidity", "battery_voltage"), NOT_FOR_VACCINE),)

_FORM = Struct("<10xHHHxx")


def claims(_config: Config) -> tuple[str, ...]:
    """What stands where a company id belongs."""
    return ("manufacturer/1000",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == _FORM.size:
        celsius, humidity, millivolts = _FORM.unpack(frame.payload)
        yield "temperature", -46.85 + 175.72 * celsius / 0x10000
        yield from percent("humidity", -6 + 125 * humidity / 0x10000)
        yield "battery_voltage", millivolts / 1000

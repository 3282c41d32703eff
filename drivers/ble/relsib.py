"""Relsib EClerk Eco: CO2, temperature and humidity.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/relsib.py
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("Relsib", "EClerk Eco", ("co2", "temperature", "humidity", "battery", "mains"), NOT_FOR_VACCINE),)

_FORM = Struct("<3h")
_SUPPLY = Struct("13xB")
_NOT_READY = -0x8000


def claims(_config: Config) -> tuple[str, ...]:
    """The UUIDs it uses."""
    return ("service/aa20", "service/aa21", "service/aa22")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    first = frame.topic == "service/aa20"
    celsius, humidity, co2 = unpacked(_FORM, frame.payload, "An EClerk Eco", 4 if first else 0)
    if celsius != _NOT_READY:
        yield "temperature", celsius / 100
    if humidity != _NOT_READY:
        yield from percent("humidity", humidity / 100)
    if co2 != _NOT_READY:
        yield "co2", float(co2)
    if first:
        (supply,) = unpacked(_SUPPLY, frame.payload, "An EClerk Eco with its battery")
        yield "mains", bool(supply & 0x80)
        if not supply & 0x80:
            yield from percent("battery", supply)

"""Jinou BEC07-5: temperature and humidity.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/jinou.py. What
stands where a company id belongs is data: it is found by its service.
"""

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("Jinou", "BEC07-5", ("temperature", "humidity"), NOT_FOR_VACCINE),)

_BYTES = 13


def claims(_config: Config) -> tuple[str, ...]:
    """The service it names."""
    return ("uuid/aa20",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) != _BYTES:
        return
    sign, celsius, tenths, _, humidity, tenths_of_it = frame.payload[:6]
    if tenths < 10:
        size = celsius + tenths / 10
        yield "temperature", -size if sign == 1 else size
    if tenths_of_it < 10:
        yield from percent("humidity", humidity + tenths_of_it / 10)

"""Radioland RDL52832 beacons: temperature and humidity.

https://github.com/theengs/decoder/blob/development/src/devices/RDL52832_json.h. Some gateways write the UUID 1803
backwards. Acceleration is no metric.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("Radioland", "RDL52832", ("temperature", "humidity"), NOT_FOR_VACCINE),)

_FORM = Struct(">hH12x")


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID they use, as it is and as it is written backwards."""
    return ("service/1803", "service/0318")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == _FORM.size:
        celsius, humidity = _FORM.unpack(frame.payload)
        yield "temperature", celsius / 256
        yield from percent("humidity", humidity / 256)

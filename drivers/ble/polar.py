"""Polar heart rate sensors.

https://github.com/theengs/decoder/blob/development/src/devices/PH10_json.h. A visitor's sensor is heard as well as a
patient's: leave this part out of a link where nobody is to be measured by it.
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying

PROVEN = True
PERSONAL = True
DEVICES = (Device("Polar", "H10", ("heart_rate",), "Sports equipment, no medical device."),)

_BYTES = 4


def claims(_config: Config) -> tuple[str, ...]:
    """Polar's company id."""
    return ("manufacturer/006b",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == _BYTES and frame.payload[-1]:
        yield "heart_rate", float(frame.payload[-1])

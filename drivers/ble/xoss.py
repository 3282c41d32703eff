"""XOSS X2 heart rate sensor.

https://github.com/theengs/decoder/blob/development/tests/BLE/test_ble.cpp, its line of the XOSS X2. As with all
wearables, a visitor's is heard as well: leave this part out of a link where nobody is to be measured by it.
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
PERSONAL = True
DEVICES = (Device("XOSS", "X2", ("heart_rate", "battery"), "Sports equipment, no medical device."),)

_BYTES = 4


def claims(_config: Config) -> tuple[str, ...]:
    """What stands where a company id belongs."""
    return ("manufacturer/ff04",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) == _BYTES and data[0] == 1:
        yield from percent("battery", data[1])
        if data[3]:
            yield "heart_rate", float(data[3])

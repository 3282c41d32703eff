"""A battery's level as service data, of whatever device.

Document: Bluetooth SIG, "Battery Service 1.0", its service data; GATT Specification Supplement, "Battery Level".
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("any", "with the Battery Service in its advertisement", ("battery",)),)


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID of the Battery Service."""
    return ("service/180f",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if len(frame.payload) == 1:
        yield from percent("battery", frame.payload[0])

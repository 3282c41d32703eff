"""Oras faucets: their battery.

https://github.com/theengs/decoder/blob/development/src/devices/Oras_json.h
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("Oras", "Smart Faucet", ("battery",)),)

_BYTES = 18
_SERIAL = slice(3, 13)


def claims(_config: Config) -> tuple[str, ...]:
    """The company id of Cypress, whose chip they have."""
    return ("manufacturer/0131",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) == _BYTES and data[0] == 0:
        yield from percent("battery", data[1])
        serial = data[_SERIAL].decode("ascii", "replace").strip("\0 ")
        if serial.isalnum():
            yield {"maker": "Oras", "serial": serial}

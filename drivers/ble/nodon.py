"""NodOn NIU buttons.

https://github.com/theengs/decoder/blob/development/src/devices/NODONNIU_json.h
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("NodOn", "NIU", ("action", "battery")),)

_BYTES = 16
_ACTIONS = {
    1: "press",
    2: "double_press",
    3: "hold_press",
    4: "release",
    5: "triple_press",
    6: "quadruple_press",
    7: "quintuple_press",
}


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID they use."""
    return ("service/0000",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) == _BYTES:
        yield from percent("battery", data[12] & 0x7F)
        if action := _ACTIONS.get(data[15]):
            yield "action", action

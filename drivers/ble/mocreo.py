"""MOCREO sensors: temperature of rooms, refrigerators and freezers, humidity, leaks.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/mocreo.py. The
door and the second probe of an SD1 are not read.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("MOCREO", "ST5, ST8, ST10, MS1, MS3", ("temperature", "battery"), NOT_FOR_VACCINE),
    Device("MOCREO", "ST6, ST9, MS2", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("MOCREO", "SW2", ("leak", "battery")),
)

_FORM = Struct("<xBxxBxhHB")
_LEAK, _WITH_HUMIDITY = 0x82, (0x83, 0x86, 0x8D)
_MODELS = {
    0x81: "ST5",
    0x82: "SW2",
    0x83: "ST6",
    0x84: "ST8",
    0x86: "ST9",
    0x87: "ST10",
    0x8B: "MS1",
    0x8D: "MS2",
    0x94: "MS2",
    0x96: "MS3",
}


def claims(_config: Config) -> tuple[str, ...]:
    """Their name: what stands where a company id belongs is data."""
    return ("name/MOCREO*",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    kind, battery, celsius, humidity, flags = unpacked(_FORM, frame.payload, "A MOCREO sensor")
    if kind not in _MODELS:
        return
    yield {"maker": "MOCREO", "model": _MODELS[kind]}
    yield from percent("battery", battery & 0x7F)
    if kind == _LEAK:
        yield "leak", bool(flags & 1)
        return
    yield "temperature", celsius / 100
    if kind in _WITH_HUMIDITY:
        yield from percent("humidity", humidity / 100)

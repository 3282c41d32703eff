"""Efento loggers with firmware 5: temperature, humidity, air pressure, pressure between rooms.

https://github.com/reelyactive/advlib-ble-manufacturers/blob/master/lib/efento.js, its frame 2, with the published
example of https://docs.efento.io/efento-ble-loggers. Frames 3 and 4 of firmware 6 may be encrypted without saying so,
and that parser has read them in two ways: they are not read.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, unpacked

PROVEN = True
DEVICES = (
    Device(
        "Efento",
        "loggers, firmware 5",
        ("temperature", "humidity", "air_pressure", "differential_pressure", "battery_low"),
        "For vaccine only with its certificate of calibration.",
    ),
)

_FRAME = b"\2"
_BATTERY_GOOD = 1
_SLOTS = 3
_FORM = Struct(">x3B7x3B3H")
_VALUES = {
    1: ("temperature", 100, -150, 30_000),
    2: ("humidity", 1, 0, 100),
    3: ("air_pressure", 10, 0, 65_279),
    4: ("differential_pressure", 1, -0x8000, 0xFEFF),
}
"""Metric, divisor, what is added, and the highest that is no error, by the kind of a slot."""


def claims(_config: Config) -> tuple[str, ...]:
    """Efento's company id."""
    return ("manufacturer/026c",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if not data.startswith(_FRAME):
        return
    major, minor, status, *slots = unpacked(_FORM, data, "A frame of Efento")
    if status & ~_BATTERY_GOOD:
        return  # among the others is the one of encryption
    yield {"maker": "Efento", "firmware": f"{major}.{minor}"}
    yield "battery_low", not status & _BATTERY_GOOD
    for kind, raw in zip(slots[:_SLOTS], slots[_SLOTS:], strict=True):
        if known := _VALUES.get(kind):
            metric, divisor, shift, highest = known
            if raw <= highest:
                yield metric, raw / divisor + shift

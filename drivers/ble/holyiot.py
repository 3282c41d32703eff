"""HolyIOT beacons: battery, temperature, humidity, movement, button.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/holyiot.py and
https://github.com/theengs/decoder/blob/development/src/devices/HOLYIOT_json.h. How a temperature below 0 °C is written
neither says, nor how air pressure is: they are not read.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device(
        "HolyIOT",
        "beacons with sensors",
        ("temperature", "humidity", "vibration", "action", "battery"),
        NOT_FOR_VACCINE,
    ),
)

_FORM = Struct("xB6x2xBBB")
_TEMPERATURE, _HUMIDITY, _VIBRATION, _BUTTON, _NEGATIVE = 1, 3, 4, 6, 0x80


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID they use."""
    return ("service/5242",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    if not frame.payload.startswith(b"A"):
        return
    battery, kind, whole, hundredths = unpacked(_FORM, frame.payload, "A HolyIOT beacon")
    yield from percent("battery", battery)
    if kind == _TEMPERATURE and whole < _NEGATIVE and hundredths < 100:
        yield "temperature", whole + hundredths / 100
    elif kind == _HUMIDITY:
        yield from percent("humidity", whole)
    elif kind == _VIBRATION:
        yield "vibration", bool(whole)
    elif kind == _BUTTON and whole:
        yield "action", "press"

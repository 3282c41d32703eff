"""b-parasite 1.0 to 1.2: a sensor in a pot of earth. Version 2 speaks BTHome.

https://github.com/theengs/decoder/blob/development/src/devices/BPARASITE_json.h. The UUID is that of ATC thermometers
too: this is one of 16 or 18 bytes, whose first has a 1 or 2 in its upper half.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying

PROVEN = True
DEVICES = (
    Device(
        "rbaron",
        "b-parasite 1.0-1.2",
        ("temperature", "humidity", "moisture", "illuminance", "battery_voltage"),
        NOT_FOR_VACCINE,
    ),
)

_FORM = Struct(">xxHhHH")
_BYTES = (16, 18)
_STEPS = {1: 1000, 2: 100}
_WHOLE = 655.35


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID of Environmental Sensing."""
    return ("service/181a",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) not in _BYTES or data[0] >> 4 not in _STEPS:
        return
    millivolts, celsius, humidity, moisture = _FORM.unpack_from(data)
    yield "temperature", celsius / _STEPS[data[0] >> 4]
    yield "humidity", humidity / _WHOLE
    yield "moisture", moisture / _WHOLE
    yield "battery_voltage", millivolts / 1000
    if data[0] & 1 and len(data) == _BYTES[1]:
        yield "illuminance", float(int.from_bytes(data[_BYTES[0] :]))

"""KKM sensor beacons K6, K9, and BlueCharm BC04, BC08, BC021, which are made by KKM.

https://github.com/theengs/decoder/blob/development/src/devices/KKM_K6P_json.h, KKM_K9_json.h and BC08_json.h: frame 21
beside those of Eddystone, with the values its mask names. Acceleration is no metric; what stands behind it is not
documented there.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("KKM", "K6P", ("temperature", "humidity", "battery_voltage"), NOT_FOR_VACCINE),
    Device("KKM", "K9", ("temperature", "humidity", "battery_voltage"), NOT_FOR_VACCINE),
    Device("BlueCharm", "BC04P, BC08, BC021", ("temperature", "battery_voltage"), NOT_FOR_VACCINE),
)

_KIND = b"\x21"
_MASK = Struct("xxB")
_NO_TEMPERATURE = -0x8000
_VALUES = (
    ("battery_voltage", Struct(">H"), 1000),
    ("temperature", Struct(">h"), 256),
    ("humidity", Struct(">H"), 256),
)


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID of Eddystone."""
    return ("service/feaa",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if not data.startswith(_KIND):
        return
    (mask,) = unpacked(_MASK, data, "A sensor beacon of KKM")
    at = _MASK.size
    for bit, (metric, form, divisor) in enumerate(_VALUES):
        if mask >> bit & 1:
            (raw,) = unpacked(form, data, "A sensor beacon of KKM with this mask", at)
            at += form.size
            if metric == "humidity":
                yield from percent(metric, raw / divisor)
            elif raw != _NO_TEMPERATURE:
                yield metric, raw / divisor

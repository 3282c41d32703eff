"""Tyre pressure sensors of ambulances and other vehicles, two kinds that many makers sell.

https://github.com/theengs/decoder/blob/development/src/devices/TPMS_json.h (address 80:EA:CA, 81:EA:CA …) and
https://github.com/theengs/decoder/blob/development/src/devices/TPMSBR_json.h (named BR…, psi above a vacuum). Pressures
are above the air's.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (
    Device("TPMS", "80:EA:CA", ("tyre_pressure", "temperature", "battery", "technical_alarm")),
    Device("TPMS", "BR", ("tyre_pressure", "temperature", "battery_voltage")),
)

_FORM = Struct("<6xIiBB")
_ADDRESS = b"\xea\xca"
_BR = Struct(">xBbHxx")
_AIR_PSI = 14.5


def claims(_config: Config) -> tuple[str, ...]:
    """What stands where a company id belongs, and the name of the others."""
    return ("manufacturer/0100", "name/BR*")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if frame.topic.startswith("name/"):
        if len(data) == _BR.size:
            tenths, celsius, psi = _BR.unpack(data)
            yield "tyre_pressure", (psi / 10 / _AIR_PSI - 1) * 100
            yield "temperature", float(celsius)
            yield "battery_voltage", tenths / 10
    elif len(data) == _FORM.size and data[1:3] == _ADDRESS:
        pascals, celsius, battery, alarm = _FORM.unpack(data)
        yield "tyre_pressure", pascals / 1000
        yield "temperature", celsius / 100
        yield from percent("battery", battery)
        yield "technical_alarm", "tyre" if alarm & 1 else ""

"""Laird Connectivity (Ezurio) BT510 and BT610: temperatures, also of refrigerators and freezers, and doors.

https://github.com/reelyactive/advlib-ble-manufacturers/blob/master/lib/lairdconnectivity.js, its records of the 1M PHY.
An alarm's record has the temperature that raised it. The probes of a BT610 behind the first are `<device>/2` to
`<device>/4`. That something moved is an event without an end, and of an analog input nobody knows what it measures:
they are not read.
"""

import math
from collections.abc import Sequence
from struct import Struct

from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, unpacked

PROVEN = True
DEVICES = (
    Device("Laird Connectivity", "BT510", ("temperature", "door_open", "battery_voltage"), NOT_FOR_VACCINE),
    Device("Laird Connectivity", "BT610", ("temperature", "battery_voltage", "battery_low"), NOT_FOR_VACCINE),
)

_RECORD_1M = b"\1\0"
_HEAD = Struct("<12xBH")
_DATA_AT = 19
_HUNDREDTHS, _UNSIGNED, _FLOAT = Struct("<hxx"), Struct("<I"), Struct("<f")
_TEMPERATURES = (1, 4, 5, 6, 7, 8, 9, 10)
_MAGNET = 2
_BATTERIES = {12: False, 13: None, 16: True}
"""Records with its voltage, and whether they say that it is low."""
_PROBES = {18: "", 19: "/2", 20: "/3", 21: "/4"}


def claims(_config: Config) -> tuple[str, ...]:
    """Laird's company id."""
    return ("manufacturer/0077",)


def decoder(_config: Config) -> "Laird":
    """The decoder."""
    return Laird()


class Laird:
    """A record is sent until there is another one."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one record says."""
        data, device = frame.payload, frame.device
        if not data.startswith(_RECORD_1M):
            return ()
        kind, _number = unpacked(_HEAD, data, "A record of Laird")
        if kind in _TEMPERATURES:
            (celsius,) = unpacked(_HUNDREDTHS, data, "A record with a temperature", _DATA_AT)
            return (frame.reading(device, "temperature", celsius / 100),)
        if kind in _PROBES:
            (probe,) = unpacked(_FLOAT, data, "A record of a probe", _DATA_AT)
            return (frame.reading(device + _PROBES[kind], "temperature", probe),) if math.isfinite(probe) else ()
        if kind == _MAGNET:
            (away,) = unpacked(_UNSIGNED, data, "A record of a magnet", _DATA_AT)
            return (frame.reading(device, "door_open", bool(away)),)
        if kind not in _BATTERIES:
            return ()
        (millivolts,) = unpacked(_UNSIGNED, data, "A record of a battery", _DATA_AT)
        voltage, low = frame.reading(device, "battery_voltage", millivolts / 1000), _BATTERIES[kind]
        return (voltage,) if low is None else (voltage, frame.reading(device, "battery_low", low))

    def sequence(self, frame: Frame) -> int | None:
        """The number of the record."""
        data = frame.payload
        return _HEAD.unpack_from(data)[1] if data.startswith(_RECORD_1M) and len(data) >= _HEAD.size else None

"""iNode Energy Meter: power and energy, or water.

https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/inode.py and
https://github.com/theengs/decoder/blob/development/src/devices/iNodeEM_json.h. The company id is data: 82 and flags.
Which of energy, volume or a bare count it measures are the upper two bits of its options.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, unpacked

PROVEN = True
DEVICES = (
    Device("iNode", "Energy Meter", ("power", "energy", "water_flow", "water_volume", "battery", "battery_low")),
)

_FORM = Struct("<HIHB")
_ENERGY, _VOLUME = 0, 1


def claims(_config: Config) -> tuple[str, ...]:
    """Its type and its flags, which stand where a company id belongs."""
    return ("manufacturer/8290", "manufacturer/8292", "manufacturer/8294", "manufacturer/8296")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    minute, total, options, levels = unpacked(_FORM, frame.payload, "An iNode Energy Meter")
    unit, pulses = options >> 14, options & 0x3FFF
    if unit == _ENERGY:
        pulses = pulses or 100
        yield "power", 60_000 * minute / pulses
        yield "energy", total / pulses
    elif unit == _VOLUME:
        pulses = pulses or 1000
        yield "water_flow", 1000 * minute / pulses
        yield "water_volume", 1000 * total / pulses
    steps = levels >> 4  # 1 is full, else from 2 on; 0 is said by none
    if steps:
        yield "battery", 100.0 if steps == 1 else 10.0 * (min(steps, 11) - 1)
    yield "battery_low", bool(int(frame.topic[-1], 16) & 4)

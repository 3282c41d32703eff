"""Feasycom beacons: their battery.

https://github.com/theengs/decoder/blob/development/src/devices/FEASY_json.h
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("Feasycom", "BP101 to BP201", ("battery", "mains")),)

_BYTES, _PLUGGED_IN = 11, 101
_MODELS = {
    0x15: "BP102",
    0x19: "BP109",
    0x1A: "BP103",
    0x1B: "BP104",
    0x1C: "BP201",
    0x1D: "BP106",
    0x1E: "BP101",
    0x24: "BP120",
    0x27: "BP108",
    0x28: "BP108N",
    0x29: "BP103B",
}


def claims(_config: Config) -> tuple[str, ...]:
    """The UUID they use."""
    return ("service/fff0",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) != _BYTES or data[0] not in _MODELS:
        return
    yield "mains", data[10] == _PLUGGED_IN
    yield from percent("battery", data[10])
    yield {"maker": "Feasycom", "model": _MODELS[data[0]]}

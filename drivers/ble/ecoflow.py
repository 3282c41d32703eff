"""EcoFlow power stations: how full they are.

https://github.com/theengs/decoder/blob/development/src/devices/ECOFLOW_ADV_json.h
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying, percent

PROVEN = True
DEVICES = (Device("EcoFlow", "RIVER 2, RIVER 3, DELTA 2", ("battery",)),)

_BYTES, _BATTERY, _SERIAL = 24, 17, slice(1, 17)
_MODELS = {
    "R60": "RIVER 2",
    "R61": "RIVER 2 Max",
    "R62": "RIVER 2 Pro",
    "R65": "RIVER 3",
    "R33": "DELTA 2",
}


def claims(_config: Config) -> tuple[str, ...]:
    """The mark that stands where a company id belongs."""
    return ("manufacturer/b5b5",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) == _BYTES:
        yield from percent("battery", data[_BATTERY] & 0x7F)
        serial = data[_SERIAL].decode("ascii", "replace")
        if model := _MODELS.get(serial[:3]):
            yield {"maker": "EcoFlow", "model": model, "serial": serial}

"""Huami (Amazfit, Mi Band) wrist bands: heart rate while an activity is measured.

https://github.com/theengs/decoder/blob/development/src/devices/Miband_json.h. As with all wearables, a visitor's is
heard as well: leave this part out of a link where nobody is to be measured by it. Steps are no metric.
"""

from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.saying import Config, Said, Saying

PROVEN = True
PERSONAL = True
DEVICES = (Device("Amazfit", "Mi Band", ("heart_rate",), "Sports equipment, no medical device."),)

_BYTES, _KIND, _NOT_MEASURED = 24, 2, 0xF0


def claims(_config: Config) -> tuple[str, ...]:
    """Huami's company id."""
    return ("manufacturer/0157",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) == _BYTES and data[0] == _KIND and 0 < data[3] < _NOT_MEASURED:
        yield "heart_rate", float(data[3])

"""MokoSmart beacons: battery, temperature, humidity.

https://github.com/theengs/decoder/blob/development/src/devices/Mokobeacon_json.h and MBXPRO_json.h. Acceleration is no
metric.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("MokoSmart", "MokoBeacon", ("battery",)),
    Device("MokoSmart", "BeaconX Pro", ("temperature", "humidity", "battery_voltage"), NOT_FOR_VACCINE),
)

_BEACON = 13
_CLIMATE, _CLIMATE_FORM = b"\x70", Struct(">3xhHH")
_BATTERY_FORMS = {b"\x40": Struct(">3xH"), b"\x60": Struct(">12xH")}


def claims(_config: Config) -> tuple[str, ...]:
    """The UUIDs they use."""
    return ("service/ff01", "service/feab")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if frame.topic == "service/ff01":
        if len(data) == _BEACON:
            yield from percent("battery", data[0])
        return
    kind = data[:1]
    if kind == _CLIMATE:
        celsius, humidity, millivolts = unpacked(_CLIMATE_FORM, data, "A BeaconX Pro with temperature")
        yield "temperature", celsius / 10
        yield from percent("humidity", humidity / 10)
        yield "battery_voltage", millivolts / 1000
    elif form := _BATTERY_FORMS.get(kind):
        (millivolts,) = unpacked(form, data, "A BeaconX Pro")
        yield "battery_voltage", millivolts / 1000

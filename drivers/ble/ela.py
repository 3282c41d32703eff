"""ELA Innovation Blue Coin and Blue Puck, also as Sensor Easy.

https://github.com/theengs/decoder/blob/development/src/devices/SE_TEMP_json.h, SE_RHT_json.h, SE_TPROBE_json.h and
SE_MAG_json.h, whose names are those of the models: values as the Bluetooth SIG defines them, a humidity in one byte,
and a contact whose count of changes has its state in the lowest bit.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device(
        "ELA Innovation", "Blue Coin T, Blue Puck T, T EN, T Probe", ("temperature", "battery_voltage"), NOT_FOR_VACCINE
    ),
    Device("ELA Innovation", "Blue Puck RHT", ("temperature", "humidity", "battery_voltage"), NOT_FOR_VACCINE),
    Device("ELA Innovation", "Blue Puck MAG", ("door_open", "battery_voltage")),
)

_SIGNED, _UNSIGNED = Struct("<h"), Struct("<H")
_NO_TEMPERATURE = (0x7FFF, -0x8000)
_BATTERY = b"\xf2"


def claims(_config: Config) -> tuple[str, ...]:
    """Characteristics as service data, and the company id of the battery."""
    return ("service/2a6e", "service/2a6f", "service/2a06", "manufacturer/0757")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if frame.topic == "service/2a6e":
        (celsius,) = unpacked(_SIGNED, data, "A temperature")
        if celsius not in _NO_TEMPERATURE:
            yield "temperature", celsius / 100
    elif frame.topic == "service/2a6f":
        if len(data) == 1:
            yield from percent("humidity", data[0])
        else:
            (humidity,) = unpacked(_UNSIGNED, data, "A humidity")
            yield from percent("humidity", humidity / 100)
    elif frame.topic == "service/2a06":
        if frame.name.startswith("P MAG"):
            (changes,) = unpacked(_UNSIGNED, data, "The contact of a Blue Puck MAG")
            yield "door_open", not changes & 1
    elif data[:1] == _BATTERY:
        (millivolts,) = unpacked(_UNSIGNED, data, "The battery of a tag of ELA", 1)
        yield "battery_voltage", millivolts / 1000

"""ELA Innovation Blue Coin and Blue Puck, also as Sensor Easy and Teltonika.

https://github.com/reelyactive/advlib-ble-manufacturers/blob/master/lib/elainnovation.js: frames under ELA's company id.
https://github.com/theengs/decoder/blob/development/src/devices/SE_TEMP_json.h, SE_RHT_json.h, SE_TPROBE_json.h and
SE_MAG_json.h: service data with values as the Bluetooth SIG defines them, a humidity in one byte, and, of one that is
named so, a contact. Counts of changes have the state in their lowest bit.
"""

import math
from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device(
        "ELA Innovation",
        "Blue Coin T, Blue Puck T, T EN, T Probe",
        ("temperature", "battery", "battery_voltage"),
        NOT_FOR_VACCINE,
    ),
    Device(
        "ELA Innovation", "Blue Puck RHT", ("temperature", "humidity", "battery", "battery_voltage"), NOT_FOR_VACCINE
    ),
    Device("ELA Innovation", "Blue Puck MAG", ("door_open", "battery", "battery_voltage")),
    Device("ELA Innovation", "Blue Puck PIR", ("occupancy", "battery")),
    Device("ELA Innovation", "Blue Puck MOV", ("vibration", "battery")),
)

_SIGNED, _UNSIGNED = Struct("<h"), Struct("<H")
_NO_TEMPERATURE = (0x7FFF, -0x8000)


def claims(_config: Config) -> tuple[str, ...]:
    """Characteristics as service data, and ELA's company id."""
    return ("service/2a6e", "service/2a6f", "service/2a06", "manufacturer/0757")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    match frame.topic:
        case "service/2a6e":
            yield from _temperature(data, 0)
        case "service/2a6f" if len(data) == 1:
            yield from percent("humidity", data[0])
        case "service/2a6f":
            (humidity,) = unpacked(_UNSIGNED, data, "A humidity")
            yield from percent("humidity", humidity / 100)
        case "service/2a06" if frame.name.startswith("P MAG"):
            yield "door_open", not _state(data, 0)
        case "manufacturer/0757" if data:
            yield from _own(data)


def _own(data: bytes) -> Said:
    match data[0]:
        case 0x12:
            yield from _temperature(data, 1)
        case 0x21:
            yield from percent("humidity", data[1] if len(data) > 1 else math.nan)
            if data[2:3] == b"\x12":
                yield from _temperature(data, 3)
        case 0x32:
            yield "door_open", not _state(data, 1)
        case 0x42:
            yield "vibration", _state(data, 1)
        case 0x92:
            yield "occupancy", _state(data, 1)
        case 0xF1:
            yield from percent("battery", data[1] if len(data) > 1 else math.nan)
        case 0xF2:
            (millivolts,) = unpacked(_UNSIGNED, data, "The battery of a tag of ELA", 1)
            yield "battery_voltage", millivolts / 1000


def _temperature(data: bytes, at: int) -> Said:
    (celsius,) = unpacked(_SIGNED, data, "A temperature", at)
    if celsius not in _NO_TEMPERATURE:
        yield "temperature", celsius / 100


def _state(data: bytes, at: int) -> bool:
    (changes,) = unpacked(_UNSIGNED, data, "A count of changes", at)
    return bool(changes & 1)

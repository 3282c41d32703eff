"""Jaalee JHT: temperature and humidity.

https://github.com/theengs/decoder/blob/development/src/devices/JAALEE_json.h: an iBeacon that goes on behind its major,
minor and power.
https://github.com/custom-components/ble_monitor/blob/master/custom_components/ble_monitor/ble_parser/jaalee.py: service
data.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.beacons import JAALEE, NUMBERS_AT, uuid_of
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (Device("Jaalee", "JHT F525/F51C", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),)

_BEACON = Struct(">HHxB")
_SERVICE = Struct(">B6xHH")


def claims(_config: Config) -> tuple[str, ...]:
    """Apple's company id, and its own UUIDs."""
    return ("manufacturer/004c", "service/f525", "service/f51c")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if frame.topic.startswith("service/"):
        battery, celsius, humidity = unpacked(_SERVICE, data, "A Jaalee sensor's service data")
    elif uuid_of(data) == JAALEE:
        celsius, humidity, battery = unpacked(_BEACON, data, "A Jaalee sensor", NUMBERS_AT)
    else:
        return
    yield "temperature", 175 * celsius / 0xFFFF - 45
    yield "humidity", 100 * humidity / 0xFFFF
    yield from percent("battery", battery)

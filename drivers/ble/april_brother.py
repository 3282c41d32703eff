"""April Brother ABTemp and ABSensor N03.

https://github.com/theengs/decoder/blob/development/src/devices/ABTemp_json.h: an iBeacon whose minor is battery and
temperature; its UUID is that of all beacons of the maker, so its name must say that it is one.
https://github.com/theengs/decoder/blob/development/src/devices/ABN03_json.h: service data that begin with AB 03; that
they come under Eddystone's UUID is what https://github.com/1technophile/OpenMQTTGateway/issues/809 says, and was not
seen. The ABSensor N07 is a BTHome sensor.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.beacons import NUMBERS_AT, is_ab_temp
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("April Brother", "ABTemp", ("temperature", "battery"), NOT_FOR_VACCINE),
    Device("April Brother", "ABSensor N03", ("temperature", "humidity", "illuminance", "battery"), NOT_FOR_VACCINE),
)

_BEACON = Struct(">xxBb")
_SENSOR = Struct("<8xBhHH")
_N03 = b"\xab\x03"


def claims(_config: Config) -> tuple[str, ...]:
    """Apple's company id, and the UUID of Eddystone."""
    return ("manufacturer/004c", "service/feaa")


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if is_ab_temp(data, frame.name):
        battery, celsius = unpacked(_BEACON, data, "An ABTemp", NUMBERS_AT)
        yield from percent("battery", battery)
        yield "temperature", float(celsius)
    elif frame.topic == "service/feaa" and data.startswith(_N03):
        battery, eighths, halves, lux = unpacked(_SENSOR, data, "An ABSensor N03")
        yield from percent("battery", battery)
        yield "temperature", eighths / 8
        yield from percent("humidity", halves / 2)
        yield "illuminance", float(lux)

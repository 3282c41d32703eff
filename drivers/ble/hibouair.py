"""HibouAir of Smart Sensor Devices: CO2, light, temperature, humidity, air pressure.

https://github.com/reelyactive/advlib-ble-manufacturers/blob/master/lib/smartsensordevices.js. Particles and volatile
organics are not decoded there.
"""

from struct import Struct

from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device(
        "Smart Sensor Devices",
        "HibouAir",
        ("co2", "illuminance", "temperature", "humidity", "air_pressure"),
        NOT_FOR_VACCINE,
    ),
)

_BEACON = b"\5"
_FORM = Struct("<xB3xHHhH")
_CO2, _CO2_AT = Struct(">H"), 21
_WITH_NOISE, _WITH_CO2 = 9, (4, 9)


def claims(_config: Config) -> tuple[str, ...]:
    """Smart Sensor Devices' company id."""
    return ("manufacturer/075b",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if not data.startswith(_BEACON):
        return
    board, light, pressure, celsius, humidity = unpacked(_FORM, data, "A HibouAir")
    (co2,) = unpacked(_CO2, data, "A HibouAir", _CO2_AT)
    if board != _WITH_NOISE:
        yield "illuminance", float(light)
    yield "air_pressure", pressure / 10
    yield "temperature", celsius / 10
    yield from percent("humidity", humidity / 10)
    if board in _WITH_CO2:
        yield "co2", float(co2)

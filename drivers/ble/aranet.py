"""Aranet4, Aranet2, Aranet Radiation and Aranet Radon Plus, when their integrations are switched on.

https://github.com/Anrijs/Aranet4-Python/blob/master/aranet4/client.py. A temperature whose bit 14 is set is no
measurement there, so one below 0 °C gives no reading. The total dose and the colors of the display are no metrics.
"""

from struct import Struct

from collector.errors import BadFrame
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config, Said, Saying, percent, unpacked

PROVEN = True
DEVICES = (
    Device("Aranet", "Aranet4", ("co2", "temperature", "humidity", "air_pressure", "battery"), NOT_FOR_VACCINE),
    Device("Aranet", "Aranet2", ("temperature", "humidity", "battery"), NOT_FOR_VACCINE),
    Device("Aranet", "Aranet Radiation", ("radiation_dose_rate", "battery")),
    Device(
        "Aranet", "Aranet Radon Plus", ("radon", "temperature", "humidity", "air_pressure", "battery"), NOT_FOR_VACCINE
    ),
)

_ARANET4, _ARANET2, _RADIATION, _RADON = 0, 1, 2, 3
_MODELS = {_ARANET4: "Aranet4", _ARANET2: "Aranet2", _RADIATION: "Aranet Radiation", _RADON: "Aranet Radon Plus"}
_ARANET4_BYTES = (7, 22)  # the first model has no byte of its type
_INTEGRATIONS = 0x20
_HEAD = Struct("5B")
_OLD = 8  # bytes of a firmware that broadcasts no measurement
_FORM4 = Struct("<9xHHHBB")
_FORM2 = Struct("<10xHxxHxB")
_FORM_RADIATION = Struct("<14xHxB")
_FORM_RADON = Struct("<8xHHHHxB")
_NO_RADON = 0x1F00  # and above: an error, nothing yet, a chamber that is too humid


def claims(_config: Config) -> tuple[str, ...]:
    """The company id of SAF Tehnika."""
    return ("manufacturer/0702",)


def decoder(_config: Config) -> Saying:
    """The decoder."""
    return Saying(_said)


def _said(frame: Frame) -> Said:
    data = frame.payload
    if len(data) in _ARANET4_BYTES or frame.name.startswith("Aranet4"):
        data = bytes([_ARANET4]) + data
    kind, flags, *version = unpacked(_HEAD, data, "An Aranet") if len(data) >= _HEAD.size else (None, 0)
    if kind not in _MODELS:
        return
    yield {"maker": "Aranet", "model": _MODELS[kind], "firmware": ".".join(map(str, reversed(version)))}
    if flags & _INTEGRATIONS and len(data) > _OLD:
        yield from _READERS[kind](data)


def _aranet4(data: bytes) -> Said:
    co2, celsius, pressure, humidity, battery = _fields(_FORM4, data)
    if not co2 >> 15:
        yield "co2", float(co2)
    yield from _air(celsius, pressure)
    yield from percent("humidity", humidity)
    yield from percent("battery", battery)


def _aranet2(data: bytes) -> Said:
    celsius, humidity, battery = _fields(_FORM2, data)
    yield from _air(celsius)
    yield from percent("humidity", humidity / 10)
    yield from percent("battery", battery)


def _radiation(data: bytes) -> Said:
    nanosieverts, battery = _fields(_FORM_RADIATION, data)
    if not nanosieverts >> 15:
        yield "radiation_dose_rate", nanosieverts / 1000
    yield from percent("battery", battery)


def _radon(data: bytes) -> Said:
    becquerels, celsius, pressure, humidity, battery = _fields(_FORM_RADON, data)
    if becquerels < _NO_RADON:
        yield "radon", float(becquerels)
    yield from _air(celsius, pressure)
    yield from percent("humidity", humidity / 10)
    yield from percent("battery", battery)


_READERS = {_ARANET4: _aranet4, _ARANET2: _aranet2, _RADIATION: _radiation, _RADON: _radon}


def _fields(form: Struct, data: bytes) -> tuple[int, ...]:
    """Those of a measurement; an offset counts the bytes that were sent."""
    if len(data) < form.size:
        raise BadFrame(f"The measurement of an Aranet ends at byte {form.size}", len(data) - (data[0] == _ARANET4))
    return form.unpack_from(data)


def _air(celsius: int, pressure: int = 1 << 15) -> Said:
    if not celsius >> 14:
        yield "temperature", celsius / 20
    if not pressure >> 15:
        yield "air_pressure", pressure / 10

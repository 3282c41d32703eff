"""Sensirion gadgets: SHT3x and SHT4x, MyCO2, and what is built with an SCD, SEN5x or SEN6x.

https://sensirion.github.io/ble-services/ (live data), with the fields of each sample type as the parsers sensirion-ble
(https://github.com/akx/sensirion-ble) and of the integration for do-it-yourself gadgets have them. Types 38 and 40
(air velocity, hydrogen) have no unit. Formaldehyde is sent in parts per billion: at 25 °C and 1013 hPa one is
1.228 µg/m³. The MyCO2 is proven by a capture, the others are constructed from the document.
"""

from collections.abc import Callable, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_CLAIM = "manufacturer/06d5"
_LIVE, _HEADER, _FULL = 0, 4, 65535

_Field = tuple[str, Callable[[int], float]]
_TEMPERATURE: _Field = ("temperature", lambda ticks: round(-45 + 175 * ticks / _FULL, 2))
_HUMIDITY: _Field = ("humidity", lambda ticks: round(100 * ticks / _FULL, 2))
_SHT4X: _Field = ("humidity", lambda ticks: round(min(max(-6 + 125 * ticks / _FULL, 0.0), 100.0), 2))
_CO2: _Field = ("co2", float)
_VOC: _Field = ("voc_index", float)
_NOX: _Field = ("nox_index", float)
_HCHO: _Field = ("formaldehyde", lambda ticks: round(ticks / 5 * 1.228 / 1000, 5))
_PM1: _Field = ("pm1", lambda ticks: ticks / 10)
_PM25: _Field = ("pm25", lambda ticks: ticks / 10)
_PM25_OLD: _Field = ("pm25", lambda ticks: round(1000 * ticks / _FULL, 1))
_PM4: _Field = ("", float)
_PM10: _Field = ("pm10", lambda ticks: ticks / 10)

_AIR = (_TEMPERATURE, _HUMIDITY)
_SAMPLES: dict[int, tuple[_Field, ...]] = {
    3: (*_AIR, _VOC),
    4: _AIR,
    6: (_TEMPERATURE, _SHT4X),
    8: (*_AIR, _CO2),
    10: (*_AIR, _CO2),
    12: (*_AIR, _CO2, _PM25_OLD),
    14: (*_AIR, _HCHO),
    16: (*_AIR, _VOC, _PM25_OLD),
    20: (*_AIR, _CO2, _VOC, _PM25_OLD, _HCHO),
    22: (*_AIR, _VOC, _NOX),
    24: (*_AIR, _VOC, _NOX, _PM25),
    26: (*_AIR, _CO2, _VOC, _NOX, _PM25),
    28: (*_AIR, _CO2, _PM25),
    30: (*_AIR, _VOC, _PM25),
    32: (*_AIR, _CO2, _VOC, _PM25, _HCHO),
    34: (_PM1, _PM25, _PM4, _PM10),
    36: (_CO2,),
    42: (*_AIR, _PM25),
    44: (*_AIR, _HCHO, _VOC, _NOX, _PM25),
}
DEVICES = (
    Device("Sensirion", "SHT3x and SHT4x gadgets", ("temperature", "humidity"), NOT_FOR_VACCINE, proven=False),
    Device("Sensirion", "MyCO2, SCD30, SCD4x", ("temperature", "humidity", "co2"), NOT_FOR_VACCINE),
    Device(
        "Sensirion",
        "SEN5x, SEN6x",
        ("temperature", "humidity", "co2", "voc_index", "nox_index", "formaldehyde", "pm1", "pm25", "pm10"),
        NOT_FOR_VACCINE,
        proven=False,
    ),
)


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Sensirion's company id."""
    return (_CLAIM,)


def decoder(_config: Config) -> "Sensirion":
    """The decoder of all sample types."""
    return Sensirion()


class Sensirion:
    """Two bytes a field, little-endian, behind the sample type and the gadget's own id."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing of a sample type that is not known."""
        data = frame.payload
        fields = _SAMPLES.get(data[1]) if len(data) > 1 and data[0] == _LIVE else None
        if fields is None:
            return ()
        if len(data) < _HEADER + 2 * len(fields):
            raise BadFrame(f"A sample of type {data[1]} has {len(fields)} values behind {_HEADER} bytes", len(data))
        items: list[Decoded] = []
        for at, (metric, value) in enumerate(fields):
            ticks = int.from_bytes(data[_HEADER + 2 * at : _HEADER + 2 * at + 2], "little")
            if metric:
                items.append(frame.reading(frame.device, metric, value(ticks)))
        items.append(Announcement(frame.device, {"maker": "Sensirion"}, frame.received))
        return items

"""Ruuvi sensors: data formats 3, 5, 6, C5 and E1.

https://docs.ruuvi.com/communication/bluetooth-advertisements and its pages of the formats.
Acceleration and transmission power are no metrics; the counter of movements goes with the sighting.
"""

import math
import struct
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame, Quality
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
_CLIMATE = ("temperature", "humidity", "air_pressure")
DEVICES = (
    Device("Ruuvi", "RuuviTag, RuuviTag Pro", (*_CLIMATE, "battery_voltage"), NOT_FOR_VACCINE),
    Device(
        "Ruuvi",
        "Ruuvi Air",
        (*_CLIMATE, "pm1", "pm25", "pm10", "co2", "voc_index", "nox_index", "illuminance"),
        NOT_FOR_VACCINE,
    ),
)

_V3 = struct.Struct(">xBBBHxxxxxxH")
_V5 = struct.Struct(">xhHHxxxxxxHBH6x")
_V6 = struct.Struct(">xhHHHHBBBxBB3x")
_C5 = struct.Struct(">xhHHHBH6x")
_E1 = struct.Struct(">xhHHHHxxHHBBBHxxxBHB5x6x")

_NO_16, _NO_24, _NO_SIGNED = 0xFFFF, 0xFF_FFFF, -0x8000
_NO_INDEX, _NO_MILLIVOLTS, _NO_MOVEMENT, _NO_LIGHT = 0x1FF, 0x7FF, 0xFF, 0xFF
_CALIBRATING, _VOC_BIT, _NOX_BIT = 0x01, 6, 7
_LIGHT_STEP = math.log(65536) / 254

_Said = Iterator[tuple[str, float]]


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Ruuvi Innovations' company id."""
    return ("manufacturer/0499",)


def decoder(_config: Config) -> "Ruuvi":
    """The decoder of all formats."""
    return Ruuvi()


class Ruuvi:
    """Values of a sensor that is still calibrating itself are UNCERTAIN; a humidity above 100% is a sensor's fault."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing in a format that is none of these."""
        data = frame.payload
        known = _FORMATS.get(data[0]) if data else None
        if known is None:
            return ()
        form, read, flags_at = known
        if len(data) < form.size:
            raise BadFrame(f"Ruuvi data format {data[0]:X} has {form.size} bytes, these are {len(data)}", len(data))
        calibrating = flags_at and data[flags_at] & _CALIBRATING
        quality = Quality.UNCERTAIN if calibrating else Quality.GOOD
        items: list[Decoded] = []
        for metric, value in read(form.unpack_from(data)):
            wrong = metric == "humidity" and value > 100
            items.append(frame.reading(frame.device, metric, value, None, Quality.BAD if wrong else quality))
        moved_at = _MOVEMENTS.get(data[0])
        if moved_at and data[moved_at] != _NO_MOVEMENT:
            seen = frame.sighting(frame.device, data[moved_at])
            if seen is not None:
                items.append(seen)
        return items

    def sequence(self, frame: Frame) -> int | None:
        """The number of the measurement, which is sent several times; formats 6 and E1 share its low byte."""
        data = frame.payload
        place = _NUMBERS.get(data[0]) if data else None
        raw = data[place] if place else b""
        if not raw or (len(raw) > 1 and raw.count(0xFF) == len(raw)):
            return None
        return int.from_bytes(raw) if data[0] in _MOVEMENTS else raw[-1]


def _v3(fields: tuple[int, ...]) -> _Said:
    humidity, degrees, hundredths, pressure, millivolts = fields
    if hundredths < 100:
        size = (degrees & 0x7F) + hundredths / 100
        yield "temperature", -size if degrees & 0x80 else size
    yield "humidity", humidity / 2
    yield "air_pressure", (pressure + 50_000) / 100
    if millivolts:  # 0 stands for what is not available; no battery of 0 V sends
        yield "battery_voltage", millivolts / 1000


def _v5(fields: tuple[int, ...]) -> _Said:
    temperature, humidity, pressure, power, _movements, _number = fields
    yield from _air(temperature, humidity, pressure)
    if power >> 5 != _NO_MILLIVOLTS:
        yield "battery_voltage", ((power >> 5) + 1600) / 1000


def _v6(fields: tuple[int, ...]) -> _Said:
    temperature, humidity, pressure, pm25, co2, voc, nox, light, _number, flags = fields
    yield from _air(temperature, humidity, pressure)
    yield from _dust(pm25=pm25)
    yield from _gases(co2, voc, nox, flags)
    if light != _NO_LIGHT:
        yield "illuminance", round(math.exp(light * _LIGHT_STEP) - 1, 2)


def _e1(fields: tuple[int, ...]) -> _Said:
    temperature, humidity, pressure, pm1, pm25, pm10, co2, voc, nox, light_high, light_low, *_number, flags = fields
    yield from _air(temperature, humidity, pressure)
    yield from _dust(pm1=pm1, pm25=pm25, pm10=pm10)
    yield from _gases(co2, voc, nox, flags)
    light = light_high << 16 | light_low
    if light != _NO_24:
        yield "illuminance", light / 100


def _air(temperature: int, humidity: int, pressure: int) -> _Said:
    if temperature != _NO_SIGNED:
        yield "temperature", temperature / 200
    if humidity != _NO_16:
        yield "humidity", humidity / 400
    if pressure != _NO_16:
        yield "air_pressure", (pressure + 50_000) / 100


def _dust(**sizes: int) -> _Said:
    for metric, tenths in sizes.items():
        if tenths != _NO_16:
            yield metric, tenths / 10


def _gases(co2: int, voc: int, nox: int, flags: int) -> _Said:
    if co2 != _NO_16:
        yield "co2", float(co2)
    for metric, high, bit in (("voc_index", voc, _VOC_BIT), ("nox_index", nox, _NOX_BIT)):
        index = high << 1 | flags >> bit & 1
        if index != _NO_INDEX:
            yield metric, float(index)


_FORMATS = {3: (_V3, _v3, 0), 5: (_V5, _v5, 0), 6: (_V6, _v6, 16), 0xC5: (_C5, _v5, 0), 0xE1: (_E1, _e1, 28)}
"""How a format is laid out, who reads it, and where its flags are."""
_NUMBERS = {5: slice(16, 18), 6: slice(15, 16), 0xC5: slice(10, 12), 0xE1: slice(25, 28)}
_MOVEMENTS = {5: 15, 0xC5: 9}
"""Where the counter of movements is."""

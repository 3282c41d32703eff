"""Qingping (ClearGrass) sensors in the format of their own: air, particles, CO2, doors, motion, light.

Documents: the public decoders https://github.com/Bluetooth-Devices/qingping-ble and
https://github.com/custom-components/ble_monitor; Qingping publishes none. Those bound to Mi Home speak MiBeacon.
A flag for strong or weak light is no metric.
"""

import struct
from collections.abc import Callable, Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Quality, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_AIR = ("temperature", "humidity", "battery")
_MODELS: Mapping[str, tuple[tuple[int, ...], tuple[str, ...], bool]] = {
    "CGC1": ((0x1E,), _AIR, True),
    "CGD1": ((0x0C,), _AIR, True),
    "CGDK2": ((0x10,), _AIR, False),
    "CGDN1": ((0x0E, 0x24), (*_AIR, "co2", "pm25", "pm10"), True),
    "CGF1W": ((0x15,), _AIR, True),
    "CGG1": ((0x01, 0x07, 0x16), _AIR, True),
    "CGG3": ((0x4F,), _AIR, True),
    "CGH1": ((0x04,), ("door_open", "battery"), True),
    "CGM1": ((0x0F,), _AIR, True),
    "CGP1W": ((0x09,), (*_AIR, "air_pressure"), False),
    "CGP22C": ((0x33, 0x5D), (*_AIR, "co2"), True),
    "CGP23W": ((0x18, 0x26), (*_AIR, "air_pressure"), True),
    "CGPR1": ((0x12,), ("occupancy", "illuminance", "battery"), True),
    "CGR1PC": ((0x52, 0x62), (*_AIR, "co2", "voc_index", "noise", "pm25", "pm10"), False),
}
"""By model: the numbers it goes by, what it measures, whether captured bytes of it were decoded."""

DEVICES = tuple(
    Device("Qingping", model, measures, NOT_FOR_VACCINE if "temperature" in measures else "", proven=proven)
    for model, (_, measures, proven) in _MODELS.items()
)
_FACTS = {
    number: {"maker": "Qingping", "model": model} for model, (several, *_) in _MODELS.items() for number in several
}

_HEADER = 8  # flags, product, address
_EVENT = 0x40
_MAINS, _PERCENT = 0xFF, 0x7F
_NO_16 = 0xFFFF


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Qingping's UUID."""
    return ("service/fdcd",)


def decoder(_config: Config) -> "Qingping":
    """The decoder of all models."""
    return Qingping()


class Qingping:
    """Light beside an event is UNCERTAIN: by what is known of them it is not measured then."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; of a product that is not known, what its fields say when they fit."""
        data = frame.payload
        if len(data) < _HEADER:
            raise BadFrame(f"Qingping's data have at least {_HEADER} bytes, these are {len(data)}", len(data))
        facts = _FACTS.get(data[1])
        try:
            said = [one for field, raw in _fields(data) if field in FIELDS for one in FIELDS[field](raw)]
        except BadFrame:
            if facts is None:
                return ()
            raise
        event = bool(data[0] & _EVENT)
        items: list[Decoded] = [] if facts is None else [Announcement(frame.device, facts, frame.received)]
        for metric, value in said:
            quality = Quality.UNCERTAIN if event and metric == "illuminance" else Quality.GOOD
            items.append(frame.reading(frame.device, metric, value, None, quality))
        return items


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = _HEADER
    while at < len(data):
        end = at + 2 + data[at + 1] if at + 1 < len(data) else len(data) + 1
        if end > len(data):
            raise BadFrame("The packet ends inside a field", len(data))
        yield data[at], data[at + 2 : end]
        at = end


_Said = Iterator[tuple[str, Value]]


def _numbers(form: str, *metrics: str, divisor: float = 1.0) -> Callable[[bytes], _Said]:
    layout = struct.Struct(f"<{form}")

    def read(raw: bytes) -> _Said:
        if len(raw) != layout.size:
            return
        for metric, value in zip(metrics, layout.unpack(raw), strict=True):
            if value != _NO_16:
                yield metric, value / divisor

    return read


def _battery(raw: bytes) -> _Said:
    if raw == bytes([_MAINS]):
        yield "mains", True
    elif len(raw) == 1 and raw[0] & _PERCENT <= 100:
        yield "battery", float(raw[0] & _PERCENT)


def _door(raw: bytes) -> _Said:
    """0 open, 1 closed, 2 left open."""
    if len(raw) == 1 and raw[0] <= 2:
        yield "door_open", raw[0] != 1


def _motion(raw: bytes) -> _Said:
    if len(raw) == 4:
        yield "occupancy", raw[0] != 0
        yield "illuminance", float(int.from_bytes(raw[1:], "little"))


FIELDS: Mapping[int, Callable[[bytes], _Said]] = {
    0x01: _numbers("hH", "temperature", "humidity", divisor=10),
    0x02: _battery,
    0x04: _door,
    0x07: _numbers("H", "air_pressure", divisor=10),
    0x08: _motion,
    0x09: _numbers("I", "illuminance"),
    0x12: _numbers("HH", "pm25", "pm10"),
    0x13: _numbers("H", "co2"),
    0x15: _numbers("H", "voc_index"),
    0x19: _numbers("B", "noise"),
}
"""By number of the field, who reads it; another length than known is another meaning."""

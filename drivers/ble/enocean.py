"""EnOcean EMDCB and STM 550B (EMSIB): presence, light, temperature and humidity of a room, without a battery.

Document: EnOcean, "EMDCB User Manual" v1.3, chapters 4.6 and A.1, and "STM 550B / EMSIB User Manual" v1.3, chapter 5.5.
A telegram's signature needs a key of its device and is not checked. Where a sensor of its own measures the light, what
its solar cell gets is not said too. Magnet contacts, acceleration and buttons (PTM 215B) are not read.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import Config

PROVEN = True
DEVICES = (
    Device("EnOcean", "EMDCB", ("occupancy", "illuminance", "battery", "battery_voltage")),
    Device("EnOcean", "STM 550B, EMSIB", ("temperature", "humidity", "illuminance", "battery"), NOT_FOR_VACCINE),
)

_SEQUENCE, _SIGNATURE, _SHORTEST = 4, 4, 10
_SIZES = {0: 1, 1: 2, 2: 4}
_COMMISSIONING = 0x3E  # its key: it has no size, and is nobody's business
_SOLAR, _LIGHT = 0x04, 0x05


class _Kind(NamedTuple):
    """A metric, how its integer becomes the value, and from where to where it is one."""

    metric: str
    value: Callable[[int], Value]
    lowest: int
    highest: int


_KINDS = {
    0x00: _Kind("temperature", lambda raw: raw / 100, -32_767, 32_766),
    0x01: _Kind("battery_voltage", lambda raw: raw / 2000, 0, 32_766),
    0x02: _Kind("battery", lambda raw: raw / 2, 0, 200),
    _SOLAR: _Kind("illuminance", float, 0, 65_533),
    _LIGHT: _Kind("illuminance", float, 0, 65_533),
    0x06: _Kind("humidity", lambda raw: raw / 2, 0, 200),
    0x20: _Kind("occupancy", lambda raw: raw == 2, 1, 2),
}
_HAVE_A_SIGN = (0x00, 0x01)


def claims(_config: Config) -> tuple[str, ...]:
    """EnOcean's company id."""
    return ("manufacturer/03da",)


def decoder(_config: Config) -> "Enocean":
    """The decoder."""
    return Enocean()


class Enocean:
    """Telegrams of sensors; those of buttons are shorter."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one telegram says."""
        found = dict(_items(frame.payload))
        if _LIGHT in found:
            found.pop(_SOLAR, None)
        return [
            frame.reading(frame.device, known.metric, known.value(raw))
            for kind, raw in found.items()
            if (known := _KINDS.get(kind)) and known.lowest <= raw <= known.highest
        ]

    def sequence(self, frame: Frame) -> int | None:
        """The telegram's number."""
        data = frame.payload
        return int.from_bytes(data[:_SEQUENCE], "little") if len(data) >= _SHORTEST else None


def _items(data: bytes) -> Iterator[tuple[int, int]]:
    """Type and integer of each measurement."""
    at, end = _SEQUENCE, len(data) - _SIGNATURE
    if len(data) < _SHORTEST:
        return
    while at < end:
        kind, width = data[at] & 0x3F, data[at] >> 6
        if kind == _COMMISSIONING:
            return
        size = _SIZES.get(width)
        if size is None:  # what it is says how long it is
            size, at = data[at + 1], at + 1
        at, value_at = at + 1 + size, at + 1
        if at > end:
            raise BadFrame(f"A telegram ends inside a value of type {kind:#04x}", len(data))
        if size in _SIZES.values():
            yield kind, int.from_bytes(data[value_at:at], "little", signed=kind in _HAVE_A_SIGN)

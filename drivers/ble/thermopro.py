"""ThermoPro hygrometers and cooking thermometers.

No document of the maker is published: the layouts are those of the parser thermopro-ble
(https://github.com/Bluetooth-Devices/thermopro-ble), whose captures prove them.
"""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_ROOM, _COOKING = ("TP35", "TP39"), ("TP96", "TP97")
_LEVELS = {0: 1.0, 1: 50.0, 2: 100.0}
_NO_VALUES = b"\xff\xff\xff"
_OFFSET = 30
DEVICES = (
    Device(
        "ThermoPro",
        "TP350, TP357, TP357S, TP358, TP359, TP393, TP397",
        ("temperature", "humidity", "battery"),
        NOT_FOR_VACCINE,
    ),
    Device("ThermoPro", "TP960, TP962, TP970", ("temperature", "battery_voltage"), NOT_FOR_VACCINE),
)

_Said = Iterator[tuple[int, str, float]]


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """By name, because the company id is a part of the measurement."""
    return tuple(f"name/{name}*" for name in (*_ROOM, *_COOKING))


def decoder(_config: Config) -> "Thermopro":
    """The decoder of all models."""
    return Thermopro()


class Thermopro:
    """A probe's tip is the device itself, the air around it `<device>/2`; those of the second are 3 and 4."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing in a form that is none of these."""
        data, name = frame.payload, frame.topic.partition("/")[2]
        said = _room(data) if name.startswith(_ROOM) else _probe(data)
        items: list[Decoded] = [
            frame.reading(frame.device if nth == 1 else f"{frame.device}/{nth}", metric, value)
            for nth, metric, value in said
        ]
        if items:
            facts = {"maker": "ThermoPro", "model": name.partition(" ")[0]}
            items.append(Announcement(frame.device, facts, frame.received))
        return items


def _room(data: bytes) -> _Said:
    if len(data) < 6:
        raise BadFrame(f"A ThermoPro hygrometer sends 6 bytes, these are {len(data)}", len(data))
    if data[1:4] != _NO_VALUES:
        yield 1, "temperature", int.from_bytes(data[1:3], "little", signed=True) / 10
        yield 1, "humidity", float(data[3])
    if data[4] & 3 in _LEVELS:
        yield 1, "battery", _LEVELS[data[4] & 3]


def _probe(data: bytes) -> _Said:
    """The number of the probe, then its tip, its battery in millivolts and the air; some add an address."""
    if len(data) not in (7, 13):
        return
    first = 2 * data[0] + 1
    tip, millivolts, air = (int.from_bytes(data[at : at + 2], "little") for at in (1, 3, 5))
    yield first, "temperature", float(tip - _OFFSET)
    yield first + 1, "temperature", float(air - _OFFSET)
    yield first, "battery_voltage", millivolts / 1000

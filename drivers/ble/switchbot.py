"""SwitchBot devices by their service data: meters, contact, motion and leak sensors, bots, curtains, locks, blinds.

https://github.com/OpenWonderLabs/SwitchBotAPI-BLE and the parsers of pySwitchbot
(https://github.com/sblibs/pySwitchbot), whose captures prove the Meter; the others are constructed. What is said only together with the manufacturer's data
(outdoor meter, CO2 meter, hubs, plugs, locks' doors) cannot be told from one element: of those it is the battery.
How far a curtain is open and how bright it is are no metrics.
"""

from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_CLAIMS = ("service/fd3d", "service/0d00")

_Said = Iterator[tuple[str, Value]]


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """SwitchBot's service, and the one of older firmware."""
    return _CLAIMS


def decoder(_config: Config) -> "Switchbot":
    """The decoder of all models."""
    return Switchbot()


class Switchbot:
    """The first byte is a letter for the model, with a bit beside it for encryption."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing of a model that is not known, or without a battery."""
        data = frame.payload
        known = _MODELS.get(chr(data[0] & 0x7F)) if data else None
        if known is None:
            return ()
        model, size, read = known
        if len(data) < size:
            raise BadFrame(f"A SwitchBot {model} sends {size} bytes, these are {len(data)}", len(data))
        items: list[Decoded] = [frame.reading(frame.device, metric, value) for metric, value in read(data)]
        items.append(Announcement(frame.device, {"maker": "SwitchBot", "model": model}, frame.received))
        return items


def _battery(data: bytes) -> _Said:
    yield "battery", float(data[2] & 0x7F)


def _meter(data: bytes) -> _Said:
    """The tenths, then a bit for the sign and the degrees."""
    size = (data[4] & 0x7F) + (data[3] & 0x0F) / 10
    yield "temperature", size if data[4] & 0x80 else -size
    yield "humidity", float(data[5] & 0x7F)
    yield from _battery(data)


def _contact(data: bytes) -> _Said:
    """Open, or open for too long."""
    yield "door_open", bool(data[3] & 0x06)
    yield "occupancy", bool(data[1] & 0x40)
    yield from _battery(data)


def _motion(data: bytes) -> _Said:
    yield "occupancy", bool(data[1] & 0x40)
    yield from _battery(data)


def _leak(data: bytes) -> _Said:
    yield "leak", bool(data[1] & 0x01)
    yield "tamper", bool(data[1] & 0x02)
    yield "battery_low", bool(data[2] & 0x80)
    yield from _battery(data)


def _bot(data: bytes) -> _Said:
    """On or off only in the mode of a switch; the bit says off."""
    if data[1] & 0x80:
        yield "switch_on", not data[1] & 0x40
    yield from _battery(data)


_MODELS: dict[str, tuple[str, int, Callable[[bytes], _Said]]] = {
    "T": ("Meter", 6, _meter),
    "i": ("Meter Plus", 6, _meter),
    "d": ("Contact Sensor", 4, _contact),
    "s": ("Motion Sensor", 3, _motion),
    "&": ("Water Leak Detector", 3, _leak),
    "H": ("Bot", 3, _bot),
    "c": ("Curtain", 3, _battery),
    "{": ("Curtain 3", 3, _battery),
    "x": ("Blind Tilt", 3, _battery),
    "o": ("Lock", 3, _battery),
    "w": ("Outdoor Meter", 3, _battery),
    "5": ("Meter Pro CO2", 3, _battery),
}
"""By letter: the model, how many bytes it sends at least, and who reads them."""

_AIR = ("temperature", "humidity", "battery")
DEVICES = (
    Device("SwitchBot", "Meter, Meter Plus", _AIR, NOT_FOR_VACCINE),
    Device("SwitchBot", "Contact Sensor", ("door_open", "occupancy", "battery")),
    Device("SwitchBot", "Motion Sensor", ("occupancy", "battery")),
    Device("SwitchBot", "Water Leak Detector", ("leak", "tamper", "battery", "battery_low")),
    Device("SwitchBot", "Bot", ("switch_on", "battery")),
    Device("SwitchBot", "Curtain, Curtain 3, Blind Tilt, Lock, Outdoor Meter, Meter Pro CO2", ("battery",)),
)

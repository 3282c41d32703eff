"""SwitchBot devices: meters, contact, motion and leak sensors, hubs, bots, plugs, curtains, locks, blinds.

https://github.com/OpenWonderLabs/SwitchBotAPI-BLE and the parsers of pySwitchbot
(https://github.com/sblibs/pySwitchbot), whose captures prove the Meter; the others are constructed.
The service data say which model it is, the manufacturer's data behind them what some models measure.
How far a curtain is open and how bright it is are no metrics.
"""

from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_SERVICES = ("service/fd3d", "service/0d00")
_BOTH = "with/fd3d"
_COMPANY = b"\x69\x09"

_Said = Iterator[tuple[str, Value]]


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """SwitchBot's service, the one of older firmware, and the service together with the manufacturer's data."""
    return (*_SERVICES, _BOTH)


def decoder(_config: Config) -> "Switchbot":
    """The decoder of all models."""
    return Switchbot()


class Switchbot:
    """The first byte of the service data is a letter for the model, with a bit beside it for encryption."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing of a model that is not known, or without a battery."""
        data = frame.payload
        if frame.topic == _BOTH:
            return [frame.reading(frame.device, metric, value) for metric, value in _measured(data)]
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
    yield from _air(data[3:6])
    yield from _battery(data)


def _air(data: bytes) -> _Said:
    """The tenths, then a bit for the sign and the degrees, then the humidity."""
    size = (data[1] & 0x7F) + (data[0] & 0x0F) / 10
    yield "temperature", size if data[1] & 0x80 else -size
    yield "humidity", float(data[2] & 0x7F)


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


def _measured(data: bytes) -> _Said:
    """Of the models that write it into the manufacturer's data, behind the six bytes of their address."""
    size = int.from_bytes(data[:2])
    service, record = data[2 : 2 + size], data[2 + size :]
    known = _BEHIND.get(chr(service[0] & 0x7F)) if service else None
    if known and record[:2] == _COMPANY:
        least, read = known
        if len(record) - 2 < least:
            raise BadFrame(f"The SwitchBot's manufacturer data have {least} bytes, these {len(record) - 2}", len(data))
        yield from read(record[2:])


def _outdoor(data: bytes) -> _Said:
    yield from _air(data[8:11])


def _co2(data: bytes) -> _Said:
    yield from _air(data[8:11])
    yield "co2", float(int.from_bytes(data[13:15]))


def _hub(data: bytes) -> _Said:
    """A hub without its cable with the sensor says 0 °C and 0%."""
    if data[14] & 0x7F or data[15] & 0x7F:
        yield from _air(data[13:16])


def _plug(data: bytes) -> _Said:
    yield "switch_on", data[7] == 0x80
    yield "power", (int.from_bytes(data[10:12]) & 0x7FFF) / 10


def _lock(data: bytes) -> _Said:
    """Locked and unlocked; while it turns or is stuck it is neither."""
    status = data[7] & 0x70
    if status in (0, 0x10):
        yield "locked", not status
    yield "door_open", bool(data[7] & 0x04)


_BEHIND: dict[str, tuple[int, Callable[[bytes], _Said]]] = {
    "w": (11, _outdoor),
    "4": (11, _outdoor),
    "5": (15, _co2),
    "v": (16, _hub),
    "g": (12, _plug),
    "j": (12, _plug),
    "o": (9, _lock),
}
"""By letter: how many bytes of manufacturer data there are at least, and who reads them."""

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
    "4": ("Meter Pro", 3, _battery),
    "5": ("Meter Pro CO2", 3, _battery),
}
"""By letter: the model, how many bytes it sends at least, and who reads them."""

_METER = ("temperature", "humidity", "battery")
DEVICES = (
    Device("SwitchBot", "Meter, Meter Plus", _METER, NOT_FOR_VACCINE),
    Device("SwitchBot", "Outdoor Meter, Meter Pro", _METER, NOT_FOR_VACCINE, proven=False),
    Device("SwitchBot", "Meter Pro CO2", (*_METER, "co2"), NOT_FOR_VACCINE, proven=False),
    Device("SwitchBot", "Hub 2", ("temperature", "humidity"), NOT_FOR_VACCINE, proven=False),
    Device("SwitchBot", "Contact Sensor", ("door_open", "occupancy", "battery"), proven=False),
    Device("SwitchBot", "Motion Sensor", ("occupancy", "battery"), proven=False),
    Device("SwitchBot", "Water Leak Detector", ("leak", "tamper", "battery", "battery_low"), proven=False),
    Device("SwitchBot", "Bot", ("switch_on", "battery"), proven=False),
    Device("SwitchBot", "Plug Mini", ("switch_on", "power"), proven=False),
    Device("SwitchBot", "Lock", ("locked", "door_open", "battery"), proven=False),
    Device("SwitchBot", "Curtain, Curtain 3, Blind Tilt", ("battery",), proven=False),
)

"""Kontakt.io tags and beacons: what the Telemetry packet says of battery, climate, light, movement and buttons.

https://developer.kontakt.io/hardware/packets/telemetry/ has the packet. Identifiers and layouts of fields are those of
the maker's own SDK for Android (KontaktTLMResolver); https://github.com/particle-iot/beacon-library, kontaktTag.cpp,
has system health, sensors and click alike. Other fields are read over by their length. The Secure Profile packet says
nothing; acceleration, taps and a light level in per cent are no metrics.
"""

from collections.abc import Callable, Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame, Value
from drivers.codecs.devices import NOT_FOR_VACCINE, Device
from drivers.codecs.saying import percent

PROVEN = False
DEVICES = (
    Device(
        "Kontakt.io",
        "Asset Tag S18-3, Card Tag CT18-3, Bracelet Tag BT18-3 and BT19-4, Universal Tag 19-1",
        ("battery", "temperature", "humidity", "vibration", "action"),
        NOT_FOR_VACCINE,
    ),
    Device(
        "Kontakt.io",
        "Beacon Pro BP16-3, Beacons SB18-3, HD18-3, TB18-2",
        ("battery", "temperature", "illuminance", "vibration"),
        NOT_FOR_VACCINE,
    ),
)

_TELEMETRY = 0x03
_MOVEMENTS = 0x16
_NONE, _NEVER = 0xFF, 0xFFFF
_RECENT_S = 5  # what has happened is said again with each packet, and how long ago it was

_Said = Iterator[tuple[str, Value]]


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Kontakt.io's service UUID."""
    return ("service/fe6a",)


def decoder(_config: Config) -> "Kontakt":
    """The decoder of telemetry."""
    return Kontakt()


class Kontakt:
    """A click is an action in each packet until it is more than five seconds old, and a movement is one as long.

    Where two fields say one quantity, that with the higher identifier is the newer and finer one.
    """

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one packet says; nothing of another packet than telemetry."""
        data = frame.payload
        if not data or data[0] != _TELEMETRY:
            return ()
        values: dict[str, Value] = {}
        heard = None
        for kind, field in sorted(_fields(data)):
            if kind in _FIELDS:
                values |= dict(_FIELDS[kind][1](field))
            if kind == _MOVEMENTS:
                heard = frame.sighting(frame.device, field[0])
        readings = [frame.reading(frame.device, metric, value) for metric, value in values.items()]
        return [*readings, heard] if heard else readings


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Identifier and value of each field. Raises BadFrame."""
    at = 1
    while at < len(data):
        end = at + 1 + data[at]
        if data[at] == 0 or end > len(data):
            raise BadFrame("The packet ends inside a field", len(data) if data[at] else at)
        kind, field = data[at + 1], data[at + 2 : end]
        size = _FIELDS[kind][0] if kind in _FIELDS else 0
        if len(field) < size:
            raise BadFrame(f"Field {kind:#04x} has {size} bytes, these are {len(field)}", at)
        yield kind, field
        at = end


def _degrees(field: bytes) -> _Said:
    if field[0] != _NONE:
        yield "temperature", float(int.from_bytes(field[:1], signed=True))


def _finer_degrees(field: bytes) -> _Said:
    yield "temperature", int.from_bytes(field[:2], "little", signed=True) / 256


def _light(field: bytes) -> _Said:
    yield "illuminance", float(int.from_bytes(field[:2], "little"))


def _moved(field: bytes) -> _Said:
    ago = int.from_bytes(field[:2], "little")
    if ago != _NEVER:
        yield "vibration", ago <= _RECENT_S


def _clicked(action: str, field: bytes) -> _Said:
    if int.from_bytes(field[:2], "little") <= _RECENT_S:
        yield "action", action


_FIELDS: dict[int, tuple[int, Callable[[bytes], _Said]]] = {
    0x01: (5, lambda health: percent("battery", health[4])),
    0x02: (8, lambda acceleration: _moved(acceleration[6:])),
    0x05: (2, lambda sensors: _degrees(sensors[1:])),
    0x07: (2, _moved),
    0x0B: (1, _degrees),
    0x0C: (1, lambda battery: percent("battery", battery[0])),
    0x0D: (2, lambda click: _clicked("press", click)),
    0x0E: (2, lambda click: _clicked("double_press", click)),
    0x11: (3, lambda counted: _clicked("press", counted[1:])),
    0x12: (1, lambda humidity: percent("humidity", humidity[0])),
    0x13: (2, _finer_degrees),
    _MOVEMENTS: (3, lambda counted: _moved(counted[1:])),
    0x20: (2, _light),
}
"""By identifier: how many bytes a field has at least, and what it says. Times are seconds since it happened."""

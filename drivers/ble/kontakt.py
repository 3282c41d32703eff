"""Kontakt.io tags and beacons: the Telemetry packet's battery, temperature and button.

https://developer.kontakt.io/hardware/packets/telemetry/ has the packet, https://github.com/particle-iot/beacon-library,
kontaktTag.cpp, the fields that are decoded here: system health (0x01), light and temperature (0x05), button (0x0D).
Other fields are read over by their length: nothing public was found to check them against. The Secure Profile packet
says nothing; acceleration and a light level in per cent are no metrics.
"""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = False
DEVICES = (
    Device(
        "Kontakt.io",
        "Asset Tag S18-3, Card Tag CT18-3, Bracelet Tag BT18-3 and BT19-4, Universal Tag 19-1",
        ("battery", "temperature", "action"),
        NOT_FOR_VACCINE,
    ),
    Device(
        "Kontakt.io", "Beacon Pro BP16-3, Beacons SB18-3, HD18-3, TB18-2", ("battery", "temperature"), NOT_FOR_VACCINE
    ),
)

_TELEMETRY = 0x03
_HEALTH, _CLIMATE, _BUTTON = 0x01, 0x05, 0x0D
_SIZES = {_HEALTH: 5, _CLIMATE: 2, _BUTTON: 2}
_NONE, _FULL = 0xFF, 100
_RECENT_S = 5  # a click is said again with each packet, and how long ago it was


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
    """A click is an action in each packet until it is more than five seconds old."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one packet says; nothing of another packet than telemetry."""
        data = frame.payload
        if not data or data[0] != _TELEMETRY:
            return ()
        items: list[Decoded] = []
        for kind, field in _fields(data):
            if kind == _HEALTH and field[4] <= _FULL:
                items.append(frame.reading(frame.device, "battery", float(field[4])))
            elif kind == _CLIMATE and field[1] != _NONE:
                degrees = int.from_bytes(field[1:2], signed=True)
                items.append(frame.reading(frame.device, "temperature", float(degrees)))
            elif kind == _BUTTON and int.from_bytes(field[:2], "little") <= _RECENT_S:
                items.append(frame.reading(frame.device, "action", "press"))
        return items


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Identifier and value of each field. Raises BadFrame."""
    at = 1
    while at < len(data):
        end = at + 1 + data[at]
        if data[at] == 0 or end > len(data):
            raise BadFrame("The packet ends inside a field", len(data) if data[at] else at)
        kind, field = data[at + 1], data[at + 2 : end]
        if len(field) < _SIZES.get(kind, 0):
            raise BadFrame(f"Field {kind:#04x} has {_SIZES[kind]} bytes, these are {len(field)}", at)
        yield kind, field
        at = end

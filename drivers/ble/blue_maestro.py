"""Blue Maestro Tempo Discs.

The layouts are those of the parser bluemaestro-ble (https://github.com/Bluetooth-Devices/bluemaestro-ble), whose
capture proves version 23; the others are constructed from it. The dew point of version 23 is that of Theengs Decoder
(https://decoder.theengs.io/devices/devices_by_brand.html).
"""

from collections.abc import Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_CLAIM = "manufacturer/0133"


class _Version(NamedTuple):
    """Its model, and what follows the battery, each in two bytes but for the air pressure of a Maxi."""

    model: str
    metrics: tuple[str, ...]
    maxi: bool = False


_VERSIONS = {
    0x08: _Version("Temperature sensor", ("temperature",)),
    0x0D: _Version("Tempo Disc T", ("temperature",)),
    0x16: _Version("Tempo Disc THD", ("temperature", "humidity", "dew_point")),
    0x17: _Version("Tempo Disc THD", ("temperature", "humidity", "dew_point")),
    0x1B: _Version("Tempo Disc THPD", ("temperature", "humidity", "air_pressure")),
    0x29: _Version("Tempo Disc Maxi T", ("temperature",), maxi=True),
    0x2A: _Version("Tempo Disc Maxi THD", ("temperature", "humidity"), maxi=True),
    0x2B: _Version("Tempo Disc Maxi THPD", ("temperature", "humidity", "air_pressure"), maxi=True),
}
DEVICES = tuple(
    Device("Blue Maestro", f"{of.model} (version {known})", ("battery", *of.metrics), NOT_FOR_VACCINE, known == 0x17)
    for known, of in _VERSIONS.items()
)


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Blue Maestro's company id."""
    return (_CLAIM,)


def decoder(_config: Config) -> "BlueMaestro":
    """The decoder of all versions."""
    return BlueMaestro()


class BlueMaestro:
    """Tenths, big-endian, behind six bytes; a Maxi sends hundredths, little-endian, behind fifteen."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing in a version that is not known."""
        data = frame.payload
        of = _VERSIONS.get(data[0]) if data else None
        if of is None:
            return ()
        at = 15 if of.maxi else 6
        items: list[Decoded] = []
        for metric in of.metrics:
            size = 4 if of.maxi and metric == "air_pressure" else 2
            raw = data[at : at + size]
            if len(raw) < size:
                raise BadFrame(f"The {of.model}'s advertisement ends inside its {metric}", len(data))
            value = int.from_bytes(raw, "little", signed=True) / 100 if of.maxi else _tenths(metric, raw)
            items.append(frame.reading(frame.device, metric, value))
            at += size
        items.append(frame.reading(frame.device, "battery", float(data[1])))
        items.append(Announcement(frame.device, {"maker": "Blue Maestro", "model": of.model}, frame.received))
        return items


def _tenths(metric: str, raw: bytes) -> float:
    return int.from_bytes(raw, signed=metric in ("temperature", "dew_point")) / 10

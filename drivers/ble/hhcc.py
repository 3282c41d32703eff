"""HHCC's plant sensor HHCCJCY10 (pink), which speaks no MiBeacon.

Document: the public decoder https://github.com/Bluetooth-Devices/xiaomi-ble. The UUID is Tuya's: their own messages
under it are longer.
"""

import struct
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True
DEVICES = (
    Device(
        "HHCC",
        "HHCCJCY10",
        ("temperature", "moisture", "illuminance", "conductivity", "battery"),
        NOT_FOR_VACCINE,
    ),
)

_LAYOUT = struct.Struct(">BhBHBH")
_FACTS = {"maker": "HHCC", "model": "HHCCJCY10"}


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Tuya's UUID."""
    return ("service/fd50",)


def decoder(_config: Config) -> "Hhcc":
    """The decoder of this model."""
    return Hhcc()


class Hhcc:
    """A packet of another length, or with more than 100%, is another maker's."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says."""
        if len(frame.payload) != _LAYOUT.size:
            return ()
        moisture, temperature, light_high, light_low, battery, conductivity = _LAYOUT.unpack(frame.payload)
        if moisture > 100 or battery > 100:
            return ()
        values = {
            "temperature": temperature / 10,
            "moisture": float(moisture),
            "illuminance": float(light_high << 16 | light_low),
            "conductivity": float(conductivity),
            "battery": float(battery),
        }
        items: list[Decoded] = [Announcement(frame.device, _FACTS, frame.received)]
        items += (frame.reading(frame.device, metric, value) for metric, value in values.items())
        return items

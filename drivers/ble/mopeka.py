"""Mopeka tank sensors: what they say of themselves and of the air; how full a tank is depends on the tank.

The layout is that of the parser mopeka-iot-ble (https://github.com/Bluetooth-Devices/mopeka-iot-ble), whose captures
prove the Pro Plus. The company id is Nordic Semiconductor's: a sensor is known by the end of its address, which it
repeats.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_CLAIM = "manufacturer/0059"
_SIZE, _ADDRESS = 10, slice(5, 8)
_MODELS = {
    0x03: "Pro Check",
    0x04: "Pro-200",
    0x05: "Pro Check H2O",
    0x06: "Lippert BottleCheck",
    0x08: "Pro Plus",
    0x09: "Pro Plus with cellular",
    0x0A: "TD40, TD200",
    0x0B: "TD40, TD200 with cellular",
    0x0C: "Pro Check Universal",
    0x12: "Pro-200B",
}
DEVICES = tuple(
    Device("Mopeka", model, ("temperature", "battery", "battery_voltage", "action"), NOT_FOR_VACCINE, known == 0x08)
    for known, model in _MODELS.items()
)
_EMPTY, _SPAN = 2.2, 0.65  # volts


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Nordic Semiconductor's company id."""
    return (_CLAIM,)


def decoder(_config: Config) -> "Mopeka":
    """The decoder of all models."""
    return Mopeka()


class Mopeka:
    """A pressed button is said as long as it is."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing of what is no Mopeka."""
        data = frame.payload
        model = _MODELS.get(data[0]) if len(data) == _SIZE else None
        if model is None or not frame.device.endswith(data[_ADDRESS].hex(":").upper()):
            return ()
        volts = data[1] / 32
        share = min(max((volts - _EMPTY) / _SPAN, 0.0), 1.0)
        items: list[Decoded] = [
            frame.reading(frame.device, "temperature", float((data[2] & 0x7F) - 40)),
            frame.reading(frame.device, "battery", round(100 * share, 1)),
            frame.reading(frame.device, "battery_voltage", volts),
            Announcement(frame.device, {"maker": "Mopeka", "model": model}, frame.received),
        ]
        if data[2] & 0x80:
            items.append(frame.reading(frame.device, "action", "press"))
        return items

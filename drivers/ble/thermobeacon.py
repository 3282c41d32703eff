"""ThermoBeacon loggers, also sold as Brifit, SmartHygro and ThermoPlus (WS02, WS07, WS08).

No document of the maker is published: the layout is that of the parser thermobeacon-ble
(https://github.com/Bluetooth-Devices/thermobeacon-ble), whose captures prove it.
The longer advertisements say extremes since a reset, which are no readings. The company ids belong to others: what
would be above 100 °C, 100% or 4 V is somebody else's.
"""

import struct
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import NOT_FOR_VACCINE, Device

PROVEN = True

_IDS = (0x10, 0x11, 0x14, 0x15, 0x18, 0x1B, 0x30)
_SIZE = 18
_FORM = struct.Struct("<8xHhH4x")
_MOST_MILLIVOLTS, _MOST_SIXTEENTHS = 4000, 1600
DEVICES = (
    Device(
        "ThermoBeacon",
        "WS02, WS07, WS08, Brifit, SmartHygro",
        ("temperature", "humidity", "battery_voltage"),
        NOT_FOR_VACCINE,
    ),
)


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """The types of device, which stand where the company id belongs."""
    return tuple(f"manufacturer/{known:04x}" for known in _IDS)


def decoder(_config: Config) -> "Thermobeacon":
    """The decoder of all types."""
    return Thermobeacon()


class Thermobeacon:
    """Sixteenths of a degree and of a percent, and the battery."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """What one advertisement says; nothing in a form that is none of these."""
        if len(frame.payload) != _SIZE or frame.payload[0]:
            return ()
        millivolts, celsius, humidity = _FORM.unpack(frame.payload)
        if millivolts > _MOST_MILLIVOLTS or celsius > _MOST_SIXTEENTHS or humidity > _MOST_SIXTEENTHS:
            return ()
        return (
            frame.reading(frame.device, "temperature", celsius / 16),
            frame.reading(frame.device, "humidity", humidity / 16),
            frame.reading(frame.device, "battery_voltage", millivolts / 1000),
            Announcement(frame.device, {"maker": "ThermoBeacon"}, frame.received),
        )

"""Battery of any device: the Battery Level.

Document: Bluetooth SIG, "Battery Service 1.0", section 3.1; GATT Specification Supplement, "Battery Level".
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields

PROVEN = True
DEVICES = (Device("Any", "Device with the Bluetooth service 180F", ("battery",)),)

_FULL = 100


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Battery Level."""
    return ("2a19",)


def decoder(_config: Config) -> "Battery":
    """The decoder of the service."""
    return Battery()


class Battery:
    """Above 100% is reserved and gives nothing."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """The level."""
        fields = Fields(frame.payload)
        level = fields.uint(1, "battery level")
        if fields.left:
            raise BadFrame("A battery level is one byte", fields.at)
        return (frame.reading(frame.device, "battery", float(level)),) if level <= _FULL else ()

"""Device information: maker, model, firmware and serial number.

Document: Bluetooth SIG, "Device Information Service 1.1", sections 3.1 to 3.6.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Announcement, Frame
from drivers.codecs.devices import Device

PROVEN = False
DEVICES = (Device("Any", "Device with the Bluetooth service 180A", ()),)

_FACTS = {"2a24": "model", "2a25": "serial", "2a26": "firmware", "2a29": "maker"}


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Model Number, Serial Number, Firmware Revision and Manufacturer Name."""
    return tuple(_FACTS)


def decoder(_config: Config) -> "DeviceInformation":
    """The decoder of the service."""
    return DeviceInformation()


class DeviceInformation:
    """Each characteristic is one fact."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """The fact; many devices end or fill their text with zeros."""
        try:
            text = frame.payload.rstrip(b"\0").decode().strip()
        except UnicodeDecodeError as trouble:
            raise BadFrame("The text is not UTF-8", trouble.start) from trouble
        return (Announcement(frame.device, {_FACTS[frame.topic]: text}, frame.received),) if text else ()

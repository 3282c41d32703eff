"""Nonin pulse oximeters, serial data format 2: five bytes 75 times a second, a packet of 25 frames three times.

Document: Nonin OEM III Module Specification and Technical Information, "Serial Data Format #2"; 9600 baud, 8N1.
A packet counts only when all its 25 frames are whole, so that no value is put together from two packets.
"""

from pydantic import BaseModel, ConfigDict

from drivers.codecs.checksums import last_is_sum8
from drivers.codecs.devices import Device
from drivers.codecs.framer import Fixed
from drivers.codecs.line import Line
from drivers.codecs.nonin import MEASURES, NoninPackets

PROVEN = True

DEVICES = (
    Device("Nonin", "OEM III", MEASURES),
    Device("Nonin", "Xpod and iPod, format 2", MEASURES),
)

LINE = Line(baud=9600)

FORM = Fixed(sync=b"\x01", length=5, check=last_is_sum8, bits=((1, 0x80, 0x80), (3, 0x80, 0x00)))


class Config(BaseModel):
    """Nothing to set: the device sends by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)


def session(_config: Config, device: str) -> NoninPackets:
    """The conversation with one device."""
    return NoninPackets(device, FORM, status=1)

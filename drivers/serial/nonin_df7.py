"""Nonin pulse oximeters, serial data format 7: as format 2, with a pleth of 16 bits in place of the first byte.

Document: Nonin OEM III Module Specification and Technical Information, "Serial Data Format #7"; 9600 baud, 8N1.
Five bytes 75 times a second: status, pleth high, pleth low, one byte of the packet, the sum of the four.
"""

from pydantic import BaseModel, ConfigDict

from drivers.codecs.checksums import last_is_sum8
from drivers.codecs.devices import Device
from drivers.codecs.framer import Fixed
from drivers.codecs.line import Line
from drivers.codecs.nonin import MEASURES, NoninPackets

PROVEN = False

DEVICES = (
    Device("Nonin", "OEM III, format 7", MEASURES),
    Device("Nonin", "WristOx2 3150, format 7", MEASURES),
)

LINE = Line(baud=9600)

FORM = Fixed(length=5, check=last_is_sum8, bits=((0, 0x80, 0x80), (3, 0x80, 0x00)))


class Config(BaseModel):
    """Nothing to set: the device sends by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)


def session(_config: Config, device: str) -> NoninPackets:
    """The conversation with one device."""
    return NoninPackets(device, FORM, status=0)

"""Nonin pulse oximeters, serial data format 1: three bytes once a second, 9600 baud, 8N1.

Document: Nonin OEM III Module Specification and Technical Information, "Serial Data Format #1". There is no checksum:
only the first byte has its highest bit set.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from collector.reading import Item
from drivers.codecs.devices import Device
from drivers.codecs.framer import Fixed
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening
from drivers.codecs.nonin import MEASURES, announcement, health, vitals

PROVEN = False

DEVICES = (Device("Nonin", "OEM III and Xpod, format 1", MEASURES),)

LINE = Line(baud=9600)

FORM = Fixed(length=3, bits=((0, 0x80, 0x80), (1, 0x80, 0), (2, 0x80, 0)))

_ARTIFACT, _LOW_PERFUSION, _OUT_OF_TRACK, _DISCONNECTED = 0x04, 0x10, 0x20, 0x40


class Config(BaseModel):
    """Nothing to set: the device sends by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)


def session(_config: Config, device: str) -> "NoninDf1":
    """The conversation with one device."""
    return NoninDf1(device)


class NoninDf1(Listening):
    """Rate and saturation are averages over four beats; without good pulses, or with artifacts, UNCERTAIN."""

    def __init__(self, device: str) -> None:
        super().__init__(FORM)
        self._device = device
        self._known = False

    def _said(self, _at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        status, low, spo2 = frame
        known, self._known = self._known, True
        alarm = "low pulse signal" if status & _LOW_PERFUSION else ""
        return [
            *([] if known else [announcement(self._device, now)]),
            *vitals(self._device, (status & 0x03) << 7 | low, spo2, now, good=not status & (_OUT_OF_TRACK | _ARTIFACT)),
            *health(self._device, now, disconnected=bool(status & _DISCONNECTED), alarm=alarm),
        ]

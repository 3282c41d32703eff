"""Masimo pulse oximeters, ASCII 2: lines for a printer and of the trend, 9600 baud, 8N1.

Document: Masimo Rad-8 Operator's Manual, "Sample trend output"; the Rad-87's calls the trend's packets ASCII 2. What a
printer gets is not printed there: it is taken to be the same line. There is no checksum.
A trend is history: without a zone for the device's clock, readings are UNCERTAIN.
"""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from pydantic import BaseModel, ConfigDict, Field

from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.device_time import Timezone, in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Delimited
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening
from drivers.codecs.masimo import health

PROVEN = False

DEVICES = (
    Device("Masimo", "Rad-8, ASCII 2", ("spo2", "pulse_rate", "perfusion_index", "sensor_fault", "technical_alarm")),
)

LINE = Line(baud=9600)

FORM = Delimited(end=b"\n", longest=256)

_LINE = re.compile(
    rb"(?P<time>\d\d/\d\d/\d\d \d\d:\d\d:\d\d) SpO2=(?P<spo2>\d{3}|-{2,3}) PR=(?P<pulse_rate>\d{3}|-{2,3})"
    rb" PI=(?P<perfusion_index>\d\d\.\d\d|--\.-{1,2}) EXC=(?P<exc>[\dA-F]{3,6})(?::[A-Za-z,]*)?"
)
_HIGHEST = {"spo2": 100, "pulse_rate": 240, "perfusion_index": 20}


class Config(BaseModel):
    """The device's clock has no zone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    timezone: Timezone | None = Field(
        None, description="Zone of the device's clock; without it readings are uncertain and count from when heard."
    )


def session(config: Config, device: str) -> "MasimoAscii2":
    """The conversation with one device."""
    return MasimoAscii2(device, zone_of(config.timezone))


class MasimoAscii2(Listening):
    """A value of zero is none."""

    def __init__(self, device: str, zone: tzinfo | None) -> None:
        super().__init__(FORM)
        self._device = device
        self._zone = zone
        self._known = False

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        line = frame.strip(b"\r\n")
        if not line:
            return ()
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadBytes("The line is not as ASCII 2 has it; is the output set to ASCII 2?", at, frame)
        try:
            local = datetime.strptime(found["time"].decode(), "%m/%d/%y %H:%M:%S")  # noqa: DTZ007 - zone: settings
        except ValueError as trouble:
            raise BadBytes("The line has a time that does not exist", at, found["time"]) from trouble
        when = in_zone(local, self._zone)
        values: dict[str, float | bool | str] = {
            metric: float(found[metric])
            for metric, highest in _HIGHEST.items()
            if b"-" not in found[metric] and 0 < float(found[metric]) <= highest
        }
        values |= health(int(found["exc"], 16))
        known, self._known = self._known, True
        quality = Quality.GOOD if when else Quality.UNCERTAIN
        return [
            *([] if known else [Announcement(self._device, {"maker": "Masimo", "kind": "pulse oximeter"}, now)]),
            *(Reading(self._device, name, value, when or now, now, quality=quality) for name, value in values.items()),
        ]

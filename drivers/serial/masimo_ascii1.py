"""Masimo pulse oximeters, serial output ASCII 1: one line a second, 9600 baud, 8N1.

Document: Masimo Rad-8 Operator's Manual, "Serial interface" and "Trend data format" (the bits of EXC).
The line has no checksum: a digit that becomes another digit on the way is not seen. All else that differs is refused.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from collector.ports import Query
from collector.reading import Announcement, Item, Reading
from drivers.codecs.framer import BadBytes, Delimited, Framer
from drivers.codecs.line import Line

PROVEN = True

LINE = Line(baud=9600)

FORM = Delimited(end=b"\n", longest=512)

_LINE = re.compile(
    rb"(?P<time>\d\d/\d\d/\d\d \d\d:\d\d:\d\d)(?: SN=[-\w]+)? SPO2=(?P<spo2>\d{3}|-{2,3})%"
    rb" BPM=(?P<pulse_rate>\d{3}|-{2,3})"
    rb" PI=(?P<perfusion_index>\d\d\.\d\d|--\.-{1,2})%?(?: [A-Z]{3,7}=[-+.\d]+%?)*"
    rb" ALARM=(?P<alarm>[\dA-F]{2,8}) EXC=(?P<exc>[\dA-F]{3,8})(?: EXC1=[\dA-F]+)?"
)
_HIGHEST = {"pulse_rate": 240, "spo2": 100, "perfusion_index": 20}
_LOW_BATTERY = 0x0040
_EXCEPTIONS = {
    0x001: "no sensor",
    0x002: "defective sensor",
    0x080: "unrecognized sensor",
    0x010: "interference",
    0x020: "sensor off",
    0x040: "ambient light",
}
_FAULTS = 0x083


class Config(BaseModel):
    """The device's clock has no zone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    timezone: str | None = Field(
        None, description="Zone of the device's clock; without it readings count from when they are heard."
    )

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, name: str | None) -> str | None:
        try:
            return ZoneInfo(name).key if name else None
        except (ZoneInfoNotFoundError, ValueError) as trouble:
            raise ValueError(f"{name!r} is not a time zone such as Europe/Vienna") from trouble


def session(config: Config, device: str) -> "MasimoAscii1":
    """The conversation with one device."""
    return MasimoAscii1(device, ZoneInfo(config.timezone) if config.timezone else None)


class MasimoAscii1:
    """Its own physiological alarms are not said: nothing here judges a patient."""

    def __init__(self, device: str, zone: ZoneInfo | None) -> None:
        self._device = device
        self._zone = zone
        self._framer = Framer(FORM)
        self._items: list[Item] = []
        self._known = False

    def receive(self, data: bytes, now: datetime) -> Sequence[Item]:
        """What whole lines say. Raises BadBytes for one that is none; with b"" it goes on behind it."""
        return self._heard(self._framer.feed(data), now)

    def end(self, now: datetime) -> Sequence[Item]:
        """Nothing more comes: what is left over is the last line."""
        return self._heard(self._framer.end(), now)

    def due(self) -> None:
        """Never: nothing is asked."""

    def next(self, _now: datetime) -> Query | None:
        """Nothing is ever sent."""
        return None

    def _heard(self, lines: Iterable[tuple[int, bytes]], now: datetime) -> Sequence[Item]:
        for at, raw in lines:
            line = raw.strip(b"\r\n")
            if line:
                found = _LINE.fullmatch(line)
                if found is None:
                    raise BadBytes("The line is not as ASCII 1 has it; is the output set to ASCII 1?", at, raw)
                self._items += self._said(found, at, now)
        items, self._items = self._items, []
        return items

    def _said(self, line: re.Match[bytes], at: int, now: datetime) -> Sequence[Item]:
        alarm, exceptions = int(line["alarm"], 16), int(line["exc"], 16)
        when = self._when(line["time"].decode(), at, now)
        values: dict[str, float | bool | str] = {}
        for metric, highest in _HIGHEST.items():
            said = line[metric]
            if b"-" not in said and 0 < float(said) <= highest:
                values[metric] = float(said)
        values["sensor_fault"] = bool(exceptions & _FAULTS)
        values["technical_alarm"] = ", ".join(word for bit, word in _EXCEPTIONS.items() if exceptions & bit)
        values["battery_low"] = bool(alarm & _LOW_BATTERY)
        items: list[Item] = []
        if not self._known:
            self._known = True
            items.append(Announcement(self._device, {"maker": "Masimo", "kind": "pulse oximeter"}, now))
        return [*items, *(Reading(self._device, metric, value, when, now) for metric, value in values.items())]

    def _when(self, said: str, at: int, now: datetime) -> datetime:
        try:
            local = datetime.strptime(said, "%m/%d/%y %H:%M:%S")  # noqa: DTZ007 - the zone comes from the settings
        except ValueError as trouble:
            raise BadBytes("The line has a time that does not exist", at, said.encode()) from trouble
        if self._zone is None:
            return now
        return local.replace(tzinfo=self._zone).astimezone(UTC)

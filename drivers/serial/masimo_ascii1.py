"""Masimo pulse oximeters, serial output ASCII 1: one line a second, 9600 baud, 8N1.

Document: Masimo Rad-8 and Radical-7 Operator's Manuals, "Serial interface" and "Trend data format" (the bits of EXC).
A Radical-7 adds PVI, and rainbow sensors SpCO and SpMet. SpHb is left out: its unit is set at the device and not said.
The line has no checksum: a digit that becomes another digit on the way is not seen. All else that differs is refused.
"""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from collector.reading import Announcement, Item, Reading
from drivers.codecs.device_time import Zoned as Config
from drivers.codecs.device_time import in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Delimited
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening
from drivers.codecs.masimo import health

PROVEN = True

_MEASURES = ("spo2", "pulse_rate", "perfusion_index", "sensor_fault", "technical_alarm", "battery_low")

DEVICES = (
    Device("Masimo", "Rad-8", _MEASURES),
    Device("Masimo", "Rad-5", _MEASURES),
    Device("Masimo", "Radical-7", (*_MEASURES, "pleth_variability", "spco", "spmet")),
    Device("Masimo", "Rad-87", (*_MEASURES, "pleth_variability", "spco", "spmet"), proven=False),
)

LINE = Line(baud=9600)

FORM = Delimited(end=b"\n", longest=512)

_LINE = re.compile(
    rb"(?P<time>\d\d/\d\d/\d\d \d\d:\d\d:\d\d)(?: SN=(?P<serial>[-\w]+))? SPO2=(?P<spo2>\d{3}|-{2,3})%"
    rb" BPM=(?P<pulse_rate>\d{3}|-{2,3})"
    rb" PI=(?P<perfusion_index>\d\d\.\d\d|--\.-{1,2})%?(?P<more>(?: [A-Z]{3,7}=[-+.\d]+%?)*)"
    rb" ALARM=(?P<alarm>[\dA-F]{2,8}) EXC=(?P<exc>[\dA-F]{3,8})(?: EXC1=[\dA-F]+)?"
)
_HIGHEST = {"pulse_rate": 240, "spo2": 100, "perfusion_index": 20}
_MORE = re.compile(rb"([A-Z]+)=(\d+(?:\.\d)?)%?(?= |$)")
_MEASURED = {b"PVI": ("pleth_variability", 100), b"SPCO": ("spco", 99), b"SPMET": ("spmet", 99)}
_LOW_BATTERY = 0x0040


def session(config: Config, device: str) -> "MasimoAscii1":
    """The conversation with one device."""
    return MasimoAscii1(device, zone_of(config.timezone))


class MasimoAscii1(Listening):
    """Its own physiological alarms are not said: nothing here judges a patient."""

    def __init__(self, device: str, zone: tzinfo | None) -> None:
        super().__init__(FORM)
        self._device = device
        self._zone = zone
        self._known: dict[str, str] = {}

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        line = frame.strip(b"\r\n")
        if not line:
            return ()
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadBytes("The line is not as ASCII 1 has it; is the output set to ASCII 1?", at, frame)
        return self._of(found, at, now)

    def _of(self, line: re.Match[bytes], at: int, now: datetime) -> Sequence[Item]:
        alarm, exceptions = int(line["alarm"], 16), int(line["exc"], 16)
        when = self._when(line["time"].decode(), at, now)
        values: dict[str, float | bool | str] = {}
        for metric, highest in _HIGHEST.items():
            said = line[metric]
            if b"-" not in said and 0 < float(said) <= highest:
                values[metric] = float(said)
        for name, number in _MORE.findall(line["more"]):
            measured, most = _MEASURED.get(name, ("", 0))
            if measured and float(number) <= most:
                values[measured] = float(number)
        values |= health(exceptions)
        values["battery_low"] = bool(alarm & _LOW_BATTERY)
        items: list[Item] = []
        facts = {"maker": "Masimo", "kind": "pulse oximeter"}
        if line["serial"] and line["serial"].strip(b"-0"):
            facts["serial"] = line["serial"].decode()
        if facts != self._known:
            self._known = facts
            items.append(Announcement(self._device, facts, now))
        return [*items, *(Reading(self._device, metric, value, when, now) for metric, value in values.items())]

    def _when(self, said: str, at: int, now: datetime) -> datetime:
        try:
            local = datetime.strptime(said, "%m/%d/%y %H:%M:%S")  # noqa: DTZ007 - the zone comes from the settings
        except ValueError as trouble:
            raise BadBytes("The line has a time that does not exist", at, said.encode()) from trouble
        return in_zone(local, self._zone) or now

"""Nellcor pulse oximeters, the text of the data port: a line every other second, 9600 baud, 8N1.

Document: Nellcor N-595 and NPB-290/NPB-295 Operator's Manuals, "Data Port Protocol". A line is the time, SpO2 in %,
pulse rate, pulse amplitude (of no unit: left out) and two-letter states; "*" marks a limit that was passed, "---" what
is not measured. Every 25 lines two lines of heading come, and by themselves no others. There is no checksum.
"""

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.device_time import Zoned as Config
from drivers.codecs.device_time import in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Delimited
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening

PROVEN = True

_MEASURES = ("spo2", "pulse_rate", "sensor_fault", "technical_alarm", "battery_low")

DEVICES = (
    Device("Nellcor", "NPB-290 and NPB-295", _MEASURES),
    Device("Nellcor", "N-395", _MEASURES, proven=False),
    Device("Nellcor", "N-595", _MEASURES, proven=False),
)

LINE = Line(baud=9600)

FORM = Delimited(end=b"\n", longest=160)

_LINE = re.compile(
    rb"(?P<time>[ \d]?\d-[A-Z]{3}-\d\d +\d\d:\d\d:\d\d) +(?P<spo2>\d{1,3}|-{2,3})\*?"
    rb" +(?P<pulse_rate>\d{1,3}|-{2,3})\*?(?: +(?:\d{1,3}|-{2,3})\*?)?(?P<states>(?: +[A-Z]{2})*)"
)
_HEADING = re.compile(rb"(?P<model>N(?:PB)?-\d{3}) +VERSION +(?P<firmware>[\d.]+) +CRC: ?\w+ .*")
_OTHER_HEADINGS = re.compile(rb"TIME +%SPO2 +BPM +PA +STATUS|(?:ADULT|NEO\w*) +\d+ ?SAT-S.*", re.IGNORECASE)
_HIGHEST = {"spo2": 100, "pulse_rate": 300}
_ALARMS = {
    b"SD": "sensor disconnected",
    b"SO": "sensor off",
    b"PS": "searching for the pulse",
    b"MO": "interference",
    b"LM": "interference",
}
_UNCERTAIN = {b"PS", b"MO", b"LM", b"LP"}


def session(config: Config, device: str) -> "NellcorN595":
    """The conversation with one device."""
    return NellcorN595(device, zone_of(config.timezone))


class NellcorN595(Listening):
    """Its own physiological alarms are not said: nothing here judges a patient."""

    def __init__(self, device: str, zone: tzinfo | None) -> None:
        super().__init__(FORM)
        self._device = device
        self._zone = zone
        self._known: dict[str, str] = {}

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        line = frame.strip(b"\r\n \x00")
        if not line or _OTHER_HEADINGS.fullmatch(line):
            return ()
        if heading := _HEADING.fullmatch(line):
            return self._announced(heading, now)
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadBytes("The line is not as the data port has it; is its protocol set to ASCII?", at, frame)
        return self._of(found, at, now)

    def _announced(self, heading: re.Match[bytes], now: datetime) -> Sequence[Item]:
        facts = {"maker": "Nellcor", "kind": "pulse oximeter"} | {
            name: heading[name].decode() for name in ("model", "firmware")
        }
        if facts == self._known:
            return ()
        self._known = facts
        return (Announcement(self._device, facts, now),)

    def _of(self, line: re.Match[bytes], at: int, now: datetime) -> Sequence[Item]:
        when, states = self._when(line["time"].decode(), at, now), line["states"].split()
        quality = Quality.UNCERTAIN if _UNCERTAIN.intersection(states) else Quality.GOOD
        alarms = dict.fromkeys(_ALARMS[state] for state in states if state in _ALARMS)
        return [
            *(
                Reading(self._device, metric, float(line[metric]), when, now, quality=quality)
                for metric, highest in _HIGHEST.items()
                if b"-" not in line[metric] and 0 < int(line[metric]) <= highest
            ),
            Reading(self._device, "sensor_fault", b"SD" in states, when, now),
            Reading(self._device, "technical_alarm", ", ".join(alarms), when, now),
            Reading(self._device, "battery_low", b"LB" in states, when, now),
        ]

    def _when(self, said: str, at: int, now: datetime) -> datetime:
        try:
            local = datetime.strptime(" ".join(said.split()), "%d-%b-%y %H:%M:%S")  # noqa: DTZ007 - zone: settings
        except ValueError as trouble:
            raise BadBytes("The line has a time that does not exist", at, said.encode()) from trouble
        return in_zone(local, self._zone) or now

"""Puritan Bennett 840 and 980 ventilators: the reports MISCF and MISCA, asked for; 9600 baud, 8N1.

Document: Puritan Bennett 840 Ventilator System Operator's and Technical Reference Manual, "RS-232 commands" (SNDF,
SNDA), with field numbers as there and as public decoders have them (github.com/mdpnp/mdpnp, pb840.fields).
A report has no checksum; one with another number of fields than it says is refused. Its clock has no seconds, so
readings count from when they are heard. Only a ventilator's own technical alarms are said.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Query
from collector.reading import UNTIMED, Announcement, Item, Reading
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Delimited
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening

PROVEN = False

_MEASURES = (
    "resp_rate",
    "tidal_volume",
    "minute_volume",
    "airway_pressure_peak",
    "airway_pressure_mean",
    "peep",
    "fio2",
    "technical_alarm",
    "mains",
    "battery_low",
)

DEVICES = (
    Device("Puritan Bennett", "840", _MEASURES),
    Device("Puritan Bennett", "980", _MEASURES),
)

LINE = Line(baud=9600)

FORM = Delimited(end=b"\r", longest=2048)


class SendFull(Query, frozen=True):
    """Asks for settings, what is measured and alarms."""

    data: bytes = b"SNDF\r"


class SendShort(Query, frozen=True):
    """Asks for settings and what is measured, as older software has it."""

    data: bytes = b"SNDA\r"


QUERIES = (SendFull, SendShort)


class _Report(msgspec.Struct, frozen=True):
    """Field numbers: of what is measured with the factor to the metric's unit, and of alarms with their words."""

    measured: dict[int, tuple[str, float]]
    alarms: dict[int, str]
    mains: int = 0
    battery: int = 0


_REPORTS = {
    b"MISCF": _Report(
        {
            70: ("resp_rate", 1),
            71: ("tidal_volume", 1000),
            72: ("minute_volume", 1),
            73: ("airway_pressure_peak", 1),
            74: ("airway_pressure_mean", 1),
            77: ("fio2", 1),
            87: ("peep", 1),
        },
        {
            113: "AC power lost",
            114: "battery inoperative",
            115: "battery low",
            116: "power lost",
            121: "low air supply pressure",
            122: "low O2 supply pressure",
            123: "compressor inoperative",
        }
        | {137 + n: f"technical malfunction A{5 * (n + 1)}" for n in range(17)},
        mains=113,
        battery=115,
    ),
    b"MISCA": _Report(
        {
            34: ("resp_rate", 1),
            35: ("tidal_volume", 1000),
            36: ("minute_volume", 1),
            38: ("airway_pressure_peak", 1),
            39: ("airway_pressure_mean", 1),
        },
        {54: "no O2 supply", 55: "no air supply"},
    ),
}
_FIRST = 5  # the number of the first field behind STX
_IDENTITY = 6
_FORM = re.compile(rb"(MISC[FA]) *, *\d+ *, *(\d+) *,\x02(.*),\x03", re.DOTALL)
_NUMBER = re.compile(r"-?\d{1,5}(?:\.\d{1,4})?")
_QUIET = ("", "NORMAL", "RESET")
_STATES = (*_QUIET, "ALARM", "LOW", "MEDIUM", "HIGH")
_NOTHING = ("", "OFF")


class Config(BaseModel):
    """The ventilator says nothing until it is asked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    report: Literal["full", "short"] = Field("full", description="`short` (SNDA) where software is too old for SNDF.")
    every_s: float = Field(10.0, ge=1, le=600, description="Seconds from one question to the next.")


def session(config: Config, device: str) -> "Pb840":
    """The conversation with one device."""
    query = SendFull() if config.report == "full" else SendShort()
    return Pb840(device, query, timedelta(seconds=config.every_s))


class Pb840(Listening):
    """Asks at once, then every so often, whether it was answered or not."""

    def __init__(self, device: str, query: Query, every: timedelta) -> None:
        super().__init__(FORM)
        self._device = device
        self._query = query
        self._every = every
        self._due = UNTIMED
        self._known: dict[str, str] = {}

    def due(self) -> datetime | None:
        """The time of the next question."""
        return self._due

    def next(self, now: datetime) -> Query | None:
        """The question, when it is time."""
        if now < self._due:
            return None
        self._due = now + self._every
        return self._query

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        line = frame.strip(b"\r\n\x00")
        if not line:
            return ()
        found = _FORM.fullmatch(line)
        if found is None:
            raise BadBytes("The line is no report of a Puritan Bennett 840", at, frame)
        fields = [field.decode("latin-1").strip() for field in found[3].split(b",")]
        if len(fields) != int(found[2]):
            raise BadBytes(f"The report has {len(fields)} fields and says {int(found[2])}", at, frame)
        return self._of(_REPORTS[found[1]], dict(enumerate(fields, _FIRST)), at, now)

    def _of(self, report: _Report, fields: dict[int, str], at: int, now: datetime) -> Sequence[Item]:
        values: dict[str, float | bool | str] = {}
        for number, (metric, factor) in report.measured.items():
            said = fields.get(number, "")
            if said not in _NOTHING:
                if not _NUMBER.fullmatch(said):
                    raise BadBytes(f"Field {number} of the report is no number", at, said.encode())
                values[metric] = round(float(said) * factor, 2)
        on = [number for number in report.alarms if self._alarm(number, fields.get(number, ""), at)]
        values["technical_alarm"] = ", ".join(report.alarms[number] for number in on)
        if report.mains:
            values["mains"] = report.mains not in on
            values["battery_low"] = report.battery in on
        items = self._announced(fields.get(_IDENTITY, ""), now)
        return [*items, *(Reading(self._device, metric, value, now, now) for metric, value in values.items())]

    def _alarm(self, number: int, state: str, at: int) -> bool:
        if state not in _STATES:
            raise BadBytes(f"Field {number} of the report is no state of an alarm", at, state.encode())
        return state not in _QUIET

    def _announced(self, identity: str, now: datetime) -> list[Item]:
        model, _, serial = identity.partition(" ")
        facts = {"maker": "Puritan Bennett", "kind": "ventilator", "model": model, "serial": serial.strip()}
        if not serial or facts == self._known:
            return []
        self._known = facts
        return [Announcement(self._device, facts, now)]

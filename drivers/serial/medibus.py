"""Draeger ventilators and anaesthesia machines: MEDIBUS, commands and responses in text, 19200 baud, 8E1.

Document: Draeger MEDIBUS.X, Rules and Standards for Implementation, as OpenICE and VSCapture implement it
(https://github.com/mdpnp/mdpnp, devices/draeger/medibus; https://github.com/xeonfusion/VSCaptureDrgVent, Class2.cs).
Apollo has 9600 8E1, Evita 4 19200 8E1, Evita XL and V500 19200 8N1: set `parity` and `baud` of the port where the
device's own menu says otherwise.

Asked are identification, measured data of both code pages, alarms, settings and text; NOP keeps the line alive, and
the device's own ICC, identification, NOP and stop are answered, which the protocol wants. Nothing configures it.
Alarms of the machine itself are its health; those about the patient (apnoea, volumes, gas and pulse limits) and those
of codes that the source does not name are a vital: kept, shown on its page, never judged.
The device's clock is not asked for. Real-time data is never switched on.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Query
from collector.reading import UNTIMED, Announcement, Item, Reading
from drivers.codecs.asking import Asking
from drivers.codecs.checksums import hex_sum8
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Enclosed
from drivers.codecs.line import Line

PROVEN = False

LINE = Line(baud=19200, parity="E")

_ESC, _SOH, _ETX = b"\x1b", b"\x01", 3
FORM = Enclosed(start=_ESC + _SOH, end=b"\r", longest=4096)

_ICC, _IDENTIFY, _NOP, _STOP = b"\x51", b"\x52", b"\x30", b"\x55"
_DATA_1, _DATA_2, _ALARMS_1, _ALARMS_2, _SETTINGS, _TEXT = b"\x24", b"\x2b", b"\x27", b"\x2e", b"\x29", b"\x2a"

_TICK = timedelta(seconds=2)
_SILENT = timedelta(seconds=10)

_MEASURED_1 = {
    0x06: "lung_compliance",
    0x08: "airway_resistance",
    0x73: "airway_pressure_mean",
    0x74: "airway_pressure_plateau",
    0x78: "peep",
    0x7D: "airway_pressure_peak",
    0x88: "tidal_volume",
    0xB9: "minute_volume",
    0xD5: "resp_rate",
    0xB4: "resp_rate",
    0xD7: "resp_rate",
    0xDB: "etco2",
    0xE1: "pulse_rate",
    0xEB: "spo2",
    0xF0: "fio2",
}
"""Of the first code page; of several sources of one metric the last of this table counts."""

_MEASURED_2 = {0x21: "tidal_volume_expired"}

_CM_H2O = 1 / 0.980665  # in a mbar
_FACTORS = {
    "airway_pressure_mean": _CM_H2O,
    "airway_pressure_plateau": _CM_H2O,
    "airway_pressure_peak": _CM_H2O,
    "peep": _CM_H2O,
    "lung_compliance": 1 / _CM_H2O,
    "airway_resistance": _CM_H2O,
}
"""To the metric's unit, for what MEDIBUS says in mbar."""

_SET = {
    0x01: ("fio2_set", 1.0),
    0x0B: ("peep_set", _CM_H2O),
    0x04: ("tidal_volume_set", 1000.0),
    0x40: ("tidal_volume_set", 1.0),
    0x09: ("resp_rate_set", 1.0),
    0x0A: ("resp_rate_set", 1.0),
}

_MODES = {*range(0x01, 0x0F), 0x11, 0x18, 0x19, 0x1A, 0x2B, 0x34, 0x36, 0x59, 0x5A, 0x5B}
_STANDBY = {0x1E, 0x54}

_BATTERY_LOW = 0x4B
_SENSORS = {0x35, 0x42, 0xB9, 0xD9}
_TECHNICAL_1 = {
    *(0x11, 0x12, 0x13, 0x35, 0x3D, 0x42, 0x4B, 0x63, 0x64, 0x65, 0x67, 0x68, 0x69, 0x6A, 0x6E, 0x78, 0x79, 0x7C),
    *(0x9F, 0xA0, 0xA1, 0xA4, 0xAD, 0xB0, 0xB7, 0xB8, 0xB9, 0xBD, 0xBE, 0xC1, 0xC2, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9),
    *(0xCA, 0xD9, 0xEA, 0xED, 0xEF),
}
_TECHNICAL_2 = {*range(0x31, 0x3A), 0x91, 0xA1, 0xA8, *range(0xB2, 0xB6), *range(0xC7, 0xCC)}

Values = dict[str, float | bool | str]

_NUMBER = re.compile(r"-?\d+\.?\d*|-?\.\d+")

_MEASURES = (
    *dict.fromkeys([*_MEASURED_1.values(), *_MEASURED_2.values(), *(metric for metric, _ in _SET.values())]),
    "ventilation_mode",
    "standby",
    "technical_alarm",
    "patient_alarm",
    "battery_low",
    "sensor_fault",
)

DEVICES = (
    Device("Dräger", "Apollo, Primus, Fabius, Perseus (MEDIBUS)", _MEASURES),
    Device("Dräger", "Evita 2 dura, 4, XL, Infinity V500, Savina (MEDIBUS)", _MEASURES),
)


def _frame(start: bytes, what: bytes) -> bytes:
    return start + what + hex_sum8(start + what) + b"\r"


class Command(Query, frozen=True):
    """What the device is asked, without arguments."""


class Response(Query, frozen=True):
    """That a command of the device was heard."""


QUERIES = (Command, Response)

_ANSWERED = {_ICC, _IDENTIFY, _NOP, _STOP}


class Config(BaseModel):
    """How often to ask."""

    model_config = ConfigDict(extra="forbid", strict=True)

    every_s: float = Field(6.0, ge=2.0, le=3600.0, description="Seconds from one round of questions to the next.")


def session(config: Config, device: str) -> "Medibus":
    """The conversation with one device."""
    return Medibus(device, timedelta(seconds=config.every_s))


class Medibus(Asking):
    """Communication is opened by either side with ICC, and again when nothing was heard for ten seconds."""

    def __init__(self, device: str, every: timedelta) -> None:
        super().__init__(FORM, _TICK, patience=_TICK)
        self._device = device
        self._whole = every
        self._next_whole = self._last_heard = UNTIMED
        self._open_since_icc = False
        self._facts: dict[str, str] = {}
        self._answers: list[Query] = []
        self._alarms: dict[bytes, dict[str, bool]] = {}  # by code page: each phrase, and whether it is of the machine

    def next(self, now: datetime) -> Query | None:
        """An answer first; the device waits for it."""
        return self._answers.pop(0) if self._answers else super().next(now)

    def _round(self, now: datetime) -> Sequence[Query]:
        if now - self._last_heard > _SILENT:
            self._open_since_icc = False
        if not self._open_since_icc:
            return [Command(_frame(_ESC, _ICC))]
        if now < self._next_whole:
            return [Command(_frame(_ESC, _NOP))]
        self._next_whole = now + self._whole
        who = [] if self._facts else [_IDENTIFY]
        what = [*who, _DATA_1, _DATA_2, _ALARMS_1, _ALARMS_2, _SETTINGS, _TEXT]
        return [Command(_frame(_ESC, one)) for one in what]

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        if len(frame) < 5 or hex_sum8(frame[:-3]) != frame[-3:-1].upper():
            raise BadBytes("The checksum is wrong", at, frame)
        self._last_heard = now
        what, said = frame[1:2], frame[2:-3].decode("latin-1")
        if frame[:1] == _ESC:
            self._asked(what, now)
            return ()
        self._answered(now)
        if what == _ICC:
            self._open_since_icc, self._again = True, now
        return list(self._of(at, what, said, now))

    def _asked(self, what: bytes, now: datetime) -> None:
        """The device commands: an answer without data is what the protocol wants, and all that it gets."""
        if what in _ANSWERED and len(self._answers) < len(_ANSWERED):
            self._answers.append(Response(_frame(_SOH, what)))
            self._due = now
        self._open_since_icc = what != _STOP and (self._open_since_icc or what == _ICC)

    def _of(self, at: int, what: bytes, said: str, now: datetime) -> Iterator[Item]:
        values: Values = {}
        if what == _IDENTIFY:
            yield from self._who(said, now)
        elif what in {_DATA_1, _DATA_2}:
            values = _measured(_items(at, said, 6), _MEASURED_1 if what == _DATA_1 else _MEASURED_2)
        elif what == _SETTINGS:
            values = _settings(_items(at, said, 7))
        elif what == _TEXT:
            values = _text(at, said)
        elif what in {_ALARMS_1, _ALARMS_2}:
            values = self._alarmed(at, what, said)
        for metric, value in values.items():
            yield Reading(self._device, metric, value, now, now)

    def _who(self, said: str, now: datetime) -> Iterator[Item]:
        """Four characters of a number, the name in apostrophes, the revision, and MEDIBUS's behind a colon."""
        _, name, revision = (said + "''").split("'")[:3]
        facts = {
            "maker": "Dräger",
            "kind": "ventilator",
            "model": name.strip(),
            "firmware": revision.partition(":")[0].strip(),
        }
        facts = {fact: value for fact, value in facts.items() if value and value.isprintable()}
        if facts != self._facts:
            self._facts = facts
            yield Announcement(self._device, facts, now)

    def _alarmed(self, at: int, page: bytes, said: str) -> Values:
        """Priority, code, and a phrase of 12 characters in the device's language, one behind the other."""
        if len(said) % 15:
            raise BadBytes("The alarms are not as MEDIBUS has them", at, b"")
        technical = _TECHNICAL_1 if page == _ALARMS_1 else _TECHNICAL_2
        found = {_code(at, said[n + 1 : n + 3]): said[n + 3 : n + 15].strip() for n in range(0, len(said), 15)}
        self._alarms[page] = {phrase: code in technical for code, phrase in found.items() if phrase.isprintable()}
        standing = [each for alarms in self._alarms.values() for each in alarms.items()]
        values: Values = {
            "technical_alarm": ", ".join(phrase for phrase, machine in standing if machine),
            "patient_alarm": ", ".join(phrase for phrase, machine in standing if not machine),
        }
        if page == _ALARMS_1:
            values |= {"battery_low": _BATTERY_LOW in found, "sensor_fault": bool(_SENSORS & found.keys())}
        return values


def _code(at: int, digits: str) -> int:
    try:
        return int(digits, 16)
    except ValueError as trouble:
        raise BadBytes("A code is no hexadecimal number", at, b"") from trouble


def _items(at: int, said: str, size: int) -> Iterator[tuple[int, float | None]]:
    """Codes of two digits, each with a number in what is left of `size`; None where it is blank."""
    if len(said) % size:
        raise BadBytes("The data are not as MEDIBUS has them", at, b"")
    for n in range(0, len(said), size):
        number = said[n + 2 : n + size].strip()
        yield _code(at, said[n : n + 2]), float(number) if _NUMBER.fullmatch(number) else None


def _measured(items: Iterator[tuple[int, float | None]], table: dict[int, str]) -> Values:
    found = {code: value for code, value in items if value is not None}
    return {
        metric: round(found[code] * _FACTORS.get(metric, 1.0), 4) for code, metric in table.items() if code in found
    }


def _settings(items: Iterator[tuple[int, float | None]]) -> Values:
    known = ((*_SET[code], value) for code, value in items if code in _SET and value is not None)
    return {metric: round(value * factor, 4) for metric, factor, value in known}


def _text(at: int, said: str) -> Values:
    """A code, the length as a character from "0" on, the text, ETX."""
    mode, standby, n = "", False, 0
    while n < len(said):
        size = ord(said[n + 2]) - ord("0") if n + 2 < len(said) else -1
        end = n + 3 + size
        if size < 0 or end >= len(said) or ord(said[end]) != _ETX:
            raise BadBytes("The texts are not as MEDIBUS has them", at, b"")
        code, text = _code(at, said[n : n + 2]), said[n + 3 : end].strip()
        standby = standby or code in _STANDBY
        if code in _MODES and text.isprintable():
            mode = mode or text
        n = end + 1
    values: Values = {"standby": standby}
    return values | {"ventilation_mode": mode} if mode else values

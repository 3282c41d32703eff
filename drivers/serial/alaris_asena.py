"""Alaris (Asena) GS, GH, CC and TIVA syringe pumps: questions and answers in text with a CRC, 38400 baud, 8N1.

Document: the commands, answers and checks that OpenICE's driver for the pump has in it
(https://github.com/mdpnp/mdpnp, devices/alaris/Asena.java); the maker's own specification is not public.
A line is !COMMAND^argument^…|CRC and a carriage return. Only four questions are ever asked, and no argument is sent
with one: remote control, rates, volumes and starts are commands of the same form, and none of them is here.
What the pump calls its alarm is said as it writes it: the source does not say what its words mean.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Query
from collector.reading import Announcement, Item, Reading
from drivers.codecs.asking import Asking
from drivers.codecs.checksums import crc16_ccitt_false
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Delimited
from drivers.codecs.line import Line

PROVEN = False

LINE = Line(baud=38400)

FORM = Delimited(end=b"\r", longest=256)

_MEASURES = (
    "infusion_rate",
    "volume_infused",
    "volume_to_be_infused",
    "infusion_pressure",
    "infusion_mode",
    "technical_alarm",
)

DEVICES = (Device("Alaris (BD)", "Asena GS, GH, CC, TIVA syringe pumps", _MEASURES),)

_ANSWER = re.compile(rb"!([A-Z_]+(?:\^[^|\x00-\x1f]*)?)\|([0-9A-Fa-f]{4})")
_NUMBER = re.compile(r"\d{1,6}(?:\.\d{1,4})?")
_NO_ALARM = {"", "-"}


def _line(command: bytes) -> bytes:
    return b"!%b|%04X\r" % (command, crc16_ccitt_false(command))


class Ask(Query, frozen=True):
    """One of the pump's questions, whole."""


_SERIAL = Ask(_line(b"INST_SERIALNO"))
_PROTOCOL = Ask(_line(b"COMMS_PROTOCOL"))
_INFUSION = Ask(_line(b"INF"))
_TARGET = Ask(_line(b"INF_VTBI"))

QUERIES = (Ask,)


class Config(BaseModel):
    """How often to ask."""

    model_config = ConfigDict(extra="forbid", strict=True)

    every_s: float = Field(5.0, ge=1.0, le=3600.0, description="Seconds from one round of questions to the next.")


def session(config: Config, device: str) -> "AlarisAsena":
    """The conversation with one pump."""
    return AlarisAsena(device, timedelta(seconds=config.every_s))


class AlarisAsena(Asking):
    """Volumes in mL, rates in mL/h: another unit gives no reading."""

    def __init__(self, device: str, every: timedelta) -> None:
        super().__init__(FORM, every, patience=timedelta(seconds=4))  # the pump's own longest answer
        self._device = device
        self._facts: dict[str, str] = {}

    def _round(self, _now: datetime) -> Sequence[Query]:
        who = [] if "serial" in self._facts else [_SERIAL, _PROTOCOL]
        return [*who, _INFUSION, _TARGET]

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        found = _ANSWER.fullmatch(frame.strip(b"\r\n"))
        if found is None:
            raise BadBytes("The line is not as the pump's protocol has it", at, frame)
        if int(found[2], 16) != crc16_ccitt_false(found[1]):
            raise BadBytes("The line's CRC is wrong", at, frame)
        self._answered(now)
        what, *said = (word.strip() for word in found[1].decode("latin-1").split("^"))
        if what in {"INST_SERIALNO", "COMMS_PROTOCOL"} and said and said[0].isprintable():
            return self._who(what, said[0], now)
        if what == "INF":
            return self._infusion(said, now)
        if what == "INF_VTBI":
            return self._readings({"volume_to_be_infused": _amount(said[1:3], "ml")}, now)
        return ()

    def _who(self, what: str, said: str, now: datetime) -> Sequence[Item]:
        fact = {"serial": said} if what == "INST_SERIALNO" else {"firmware": said}
        if fact.items() <= self._facts.items():
            return ()
        self._facts |= fact
        facts = {"maker": "Alaris", "kind": "infusion pump", "model": "Asena", **self._facts}
        return [Announcement(self._device, facts, now)]

    def _infusion(self, said: list[str], now: datetime) -> Sequence[Item]:
        """Serial, alarm, mode, rate, its unit, nothing, volume infused, its unit, pressure, its unit, and more."""
        if len(said) < 10:
            return ()
        _, alarm, mode, rate, rate_unit, _, volume, volume_unit, pressure, pressure_unit = said[:10]
        values: dict[str, float | str | None] = {
            "infusion_rate": _amount([rate, rate_unit], "ml/h"),
            "volume_infused": _amount([volume, volume_unit], "ml"),
            "infusion_pressure": _amount([pressure, pressure_unit], "mmhg"),
            "infusion_mode": mode or None,
            "technical_alarm": "" if alarm in _NO_ALARM else alarm,
        }
        return self._readings(values, now)

    def _readings(self, values: dict[str, float | str | None], now: datetime) -> Sequence[Item]:
        said = ((metric, value) for metric, value in values.items() if value is not None)
        return [Reading(self._device, metric, value, now, now) for metric, value in said]


def _amount(said: list[str], unit: str) -> float | None:
    """What the pump says in `unit`; None for anything else."""
    value, found = said if len(said) == 2 else ("", "")
    return float(value) if found.lower() == unit and _NUMBER.fullmatch(value) else None

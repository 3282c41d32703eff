"""Oridion (Medtronic) Capnostream 20 capnographs: CO₂, respiration, SpO₂ and pulse, 115200 baud, 8N1.

Document: Oridion, Capnostream Data Transfer Protocols, as OpenICE has it (https://github.com/mdpnp/mdpnp,
devices/oridion: Capnostream.java, DemoCapnostream20.java). A frame is 0x85, how many bytes follow, a code, its data
and the XOR of all behind 0x85. Other public readers use 9600 baud: the speed is set at the device.

`role: listen`, the default, transmits nothing: it hears what the capnograph sends to its host, on a tap. `role: host`
sends the three commands that begin the sending and keep it up; a capnograph whose host goes silent may say so on its
screen. Limits, patients and the device's settings are commands of the same form, and none of them is here.

Only technical states are said: breath and limits are the patient's alarms. CO₂ in volume percent is `etco2`, in mmHg
or kPa `etco2_pressure`. The device's clock is not taken: whether it counts in local time is not said.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import xor
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Query
from collector.reading import UNTIMED, Announcement, Item, Reading
from drivers.codecs.asking import Asking
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Counted
from drivers.codecs.line import Line

PROVEN = False

_MEASURES = (
    "etco2",
    "etco2_pressure",
    "resp_rate",
    "spo2",
    "pulse_rate",
    "battery_low",
    "sensor_fault",
    "technical_alarm",
)

DEVICES = (Device("Oridion (Medtronic)", "Capnostream 20 and 20p", _MEASURES),)

LINE = Line(baud=115_200)

FORM = Counted(sync=b"\x85", escape=b"\x80", tail=1, check=lambda frame: not reduce(xor, frame[1:], 0))

_WAVE, _NUMERICS, _IDENTITY = 0, 1, 4
_SIZES = {_WAVE: 4, _NUMERICS: 27}  # data at least
_NONE, _HIGHEST_SPO2 = 0xFF, 100
_CO2 = {1: ("etco2_pressure", 1.0), 2: ("etco2_pressure", 0.1 * 7.50062), 3: ("etco2", 0.1)}
"""By unit, mmHg, kPa and volume percent: the metric, and what one step is of it."""

_FAULT, _BATTERY_LOW = 0x80, 0x80
_FAST = {
    0x02: "initializing",
    0x04: "sampling line blocked",
    0x10: "self-maintenance",
    0x20: "purging",
    0x40: "no sampling line",
    _FAULT: "CO₂ malfunction",
}
_EXTENDED = {0x01: "check calibration", 0x02: "check flow", 0x04: "pump off", _BATTERY_LOW: "battery low"}
_OXIMETER = {0x20: "SpO₂ sensor off", 0x40: "SpO₂ sensor disconnected"}

_WHO = re.compile(rb"V(.{5}) .{10} ([A-Z0-9]{2}.{8}) *")


class Enable(Query, frozen=True):
    """Begin to talk to this host: the capnograph says what it is."""

    data: bytes = b"\x85\x01\x01\x00"


class Start(Query, frozen=True):
    """Send what is measured, from now on."""

    data: bytes = b"\x85\x01\x04\x05"


class StillHere(Query, frozen=True):
    """The host still listens."""

    data: bytes = b"\x85\x01\x06\x07"


QUERIES = (Enable, Start, StillHere)

_EVERY, _PATIENCE = timedelta(seconds=5), timedelta(seconds=1.5)


class Config(BaseModel):
    """Whether Wardkeeper is the host that the capnograph sends to."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["listen", "host"] = Field(
        "listen", description="`listen` on a tap and transmit nothing; `host`: ask the capnograph to send."
    )


def session(config: Config, device: str) -> "Capnostream20":
    """The conversation with one capnograph."""
    return Capnostream20(device, asks=config.role == "host")


class Capnostream20(Asking):
    """A host whose capnograph has been silent for three rounds begins anew."""

    def __init__(self, device: str, *, asks: bool) -> None:
        super().__init__(FORM, _EVERY, _PATIENCE)
        self._device = device
        self._asks = asks
        self._measured = UNTIMED
        self._fast = 0
        self._facts: dict[str, str] = {}

    def due(self) -> datetime | None:
        """Never for one that only listens."""
        return super().due() if self._asks else None

    def next(self, now: datetime) -> Query | None:
        """Nothing from one that only listens."""
        return super().next(now) if self._asks else None

    def _round(self, now: datetime) -> Sequence[Query]:
        return [StillHere()] if now - self._measured < 3 * _EVERY else [Enable(), Start()]

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        code, data = frame[2:3], frame[3:-1]
        if not code or len(data) < _SIZES.get(code[0], 0):
            raise BadBytes("The message is shorter than its kind", at, frame)
        if code[0] == _WAVE:
            self._fast = data[3]
        elif code[0] == _NUMERICS:
            self._measured = now
            return [Reading(self._device, metric, value, now, now) for metric, value in self._values(data).items()]
        elif code[0] == _IDENTITY:
            self._answered(now)
            return self._who(data, now)
        return ()

    def _values(self, data: bytes) -> dict[str, float | bool | str]:
        end_tidal, _, breaths, saturation, pulse = data[4:9]
        oximeter, extended = data[14], data[26]
        values: dict[str, float | bool | str] = {}
        if end_tidal != _NONE and data[25] in _CO2:
            metric, step = _CO2[data[25]]
            values[metric] = round(end_tidal * step, 1)
        if breaths != _NONE:
            values["resp_rate"] = float(breaths)
        if saturation <= _HIGHEST_SPO2:
            values["spo2"] = float(saturation)
        if pulse != _NONE:
            values["pulse_rate"] = float(pulse)
        states = ((_FAST, self._fast), (_EXTENDED, extended), (_OXIMETER, oximeter))
        words = (word for names, bits in states for bit, word in names.items() if bits & bit)
        return values | {
            "battery_low": bool(extended & _BATTERY_LOW),
            "sensor_fault": bool(self._fast & _FAULT),
            "technical_alarm": ", ".join(words),
        }

    def _who(self, data: bytes, now: datetime) -> Sequence[Item]:
        found = _WHO.fullmatch(data)
        if found is None or not data.isascii():
            return ()
        firmware, serial = (said.decode("ascii").strip() for said in found.groups())
        facts = {"maker": "Oridion", "model": "Capnostream 20", "kind": "capnograph"}
        facts |= {"firmware": firmware, "serial": serial}
        if facts == self._facts:
            return ()
        self._facts = facts
        return [Announcement(self._device, facts, now)]

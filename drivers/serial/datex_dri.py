"""GE (Datex-Ohmeda) S/5 and AS/3 monitors, record interface (DRI): displayed values, 19200 baud, 8E1.

Document: GE Healthcare S/5 Computer Interface Specification, as VSCapture implements it
(https://github.com/xeonfusion/VSCaptureWave, Class1.cs and Class2.cs: records, places, scales, invalid markers).
A record stands between flags (0x7E) with a sum of its bytes. One request is ever sent: displayed values, basic class,
every so many seconds. Waveforms, alarms and trends are not asked for; alarms of the monitor are the patient's.
Invasive pressures and the temperatures T2 to T4 are left out: where catheter and probe lie differs from ward to ward.
The monitor's clock is not taken: whether it counts in local time is not said.
The port must hold RTS, as a port that is open does; DRI stops at a device that takes it down.
"""

import struct
from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Query
from collector.reading import Announcement, Item, Reading
from drivers.codecs.asking import Asking
from drivers.codecs.checksums import last_is_sum8, sum8
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Escaped
from drivers.codecs.line import Line

PROVEN = False

LINE = Line(baud=19200, parity="E")

FORM = Escaped(start=b"\x7e", end=b"\x7e", longest=3200, check=last_is_sum8)

_HEADER = struct.Struct("<hBBHIBBHh24s")  # length, number, level, monitor, time, 3 reserved, main type, 8 subrecords
_REQUEST = struct.Struct("<BhIh")  # what, every s, classes, reserved
_PHYSIOLOGICAL, _DISPLAYED, _LAST = 0, 1, 0xFF
_RECORD = 4 + 270 + 4  # time, the basic class, marker and class
_INVALID = -32001  # and everything below: no data, not updated, discontinuous, out of range, not calibrated

_PLACES: dict[str, tuple[int, float]] = {
    "heart_rate": (6, 1),
    "nibp_sys": (78, 0.01),
    "nibp_dia": (80, 0.01),
    "nibp_mean": (82, 0.01),
    "body_temp": (92, 0.01),
    "spo2": (124, 0.01),
    "pulse_rate": (126, 1),
    "etco2": (138, 0.01),
    "resp_rate": (142, 1),
    "fio2": (154, 0.01),
    "airway_pressure_peak": (186, 0.01),
    "peep": (188, 0.01),
    "airway_pressure_plateau": (190, 0.01),
    "tidal_volume_expired": (194, 0.1),
    "lung_compliance": (196, 0.01),
    "minute_volume_expired": (198, 0.01),
}
"""Where each value is in the basic class, and what one step of it is."""

_IMPEDANCE_RATE = 14  # without CO₂ the respiratory rate is that of the ECG's electrodes

DEVICES = (Device("GE (Datex-Ohmeda)", "S/5, AS/3, CARESCAPE with the S/5 interface", tuple(_PLACES)),)


class Request(Query, frozen=True):
    """Send displayed values of the basic class."""


QUERIES = (Request,)


class Config(BaseModel):
    """What to ask the monitor for."""

    model_config = ConfigDict(extra="forbid", strict=True)

    every_s: int = Field(10, ge=5, le=300, description="Seconds from one set of values to the next.")
    level: int = Field(6, ge=2, le=11, description="Level of the interface: 6 is that of 2000, 11 that of 2015.")


def session(config: Config, device: str) -> "DatexDri":
    """The conversation with one monitor."""
    return DatexDri(config, device)


class DatexDri(Asking):
    """It is asked again when nothing has come for three intervals."""

    def __init__(self, config: Config, device: str) -> None:
        every = timedelta(seconds=3 * config.every_s)
        super().__init__(FORM, every, patience=every)
        self._device = device
        self._request = _request(config)
        self._known = False

    def _round(self, _now: datetime) -> Sequence[Query]:
        return [self._request]

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        if len(frame) <= _HEADER.size:
            raise BadBytes("The record is shorter than its header", at, frame)
        *_, kind, subrecords = _HEADER.unpack_from(frame)
        offset, what = struct.unpack_from("<hB", subrecords)
        if kind != _PHYSIOLOGICAL or what != _DISPLAYED:
            return ()
        record = frame[_HEADER.size + offset : -1] if offset >= 0 else b""
        if len(record) < _RECORD:
            raise BadBytes("The record ends inside its values", at, frame)
        self._again = self._due = now + self._every
        items: list[Item] = []
        if not self._known:
            self._known = True
            items.append(Announcement(self._device, {"maker": "GE (Datex-Ohmeda)", "kind": "patient monitor"}, now))
        values = _values(record[4:])
        return [*items, *(Reading(self._device, metric, value, now, now) for metric, value in values.items())]


def _values(basic: bytes) -> dict[str, float]:
    values = {
        metric: value * step for metric, (place, step) in _PLACES.items() if (value := _at(basic, place)) is not None
    }
    if "resp_rate" not in values and (rate := _at(basic, _IMPEDANCE_RATE)) is not None:
        values["resp_rate"] = float(rate)
    return {metric: round(value, 4) for metric, value in values.items()}


def _at(basic: bytes, place: int) -> float | None:
    value = int.from_bytes(basic[place : place + 2], "little", signed=True)
    return None if value <= _INVALID else float(value)


def _request(config: Config) -> Request:
    subrecords = bytes((0, 0, 0, 0, 0, _LAST)) + bytes(18)
    header = _HEADER.pack(_HEADER.size + _REQUEST.size, 0, config.level, 0, 0, 0, 0, 0, _PHYSIOLOGICAL, subrecords)
    record = header + _REQUEST.pack(_DISPLAYED, config.every_s, 0, 0)
    return Request(FORM.framed(record + bytes((sum8(record),))))

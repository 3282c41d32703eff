"""Ivy 450C patient monitor, ANSAR-B: a message a second with waveforms and numbers, 9600 baud, 8N1.

Document: the layout as public decoders have it (github.com/mdpnp/mdpnp, AnsarB.java): 0xFF, "ANSAR-B ", 400 bytes of
waveforms, lines of fields between semicolons that end with CR, 0xFE. There is no checksum. Temperatures, CO2 and the
invasive pressures are left out: the message does not say their unit or site in a form that is documented.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from collector.reading import Announcement, Item, Reading
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Headed
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening

PROVEN = False

DEVICES = (
    Device("Ivy", "450C", ("heart_rate", "resp_rate", "spo2", "pulse_rate", "nibp_sys", "nibp_dia", "nibp_mean")),
)

LINE = Line(baud=9600)

FORM = Headed(sync=b"\xffANSAR-B ", block=400, end=b"\xfe", longest=2048)

_TEXT = len(FORM.sync) + FORM.block
_FIELDS = {
    "HR": ("heart_rate",),
    "RR": ("resp_rate",),
    "SPO2": ("spo2",),
    "NIBP": ("nibp_sys", "nibp_dia", "nibp_mean"),
}
_HIGHEST, _HIGHEST_SPO2 = 300, 100


class Config(BaseModel):
    """Nothing to set: the device sends by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)


def session(_config: Config, device: str) -> "Ivy450c":
    """The conversation with one device."""
    return Ivy450c(device)


class Ivy450c(Listening):
    """A blood pressure is shown long after it was taken: it is said when it changes."""

    def __init__(self, device: str) -> None:
        super().__init__(FORM)
        self._device = device
        self._known = False
        self._pressure: dict[str, float] = {}

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        try:
            text = frame[_TEXT:-1].decode("ascii")
        except UnicodeDecodeError as trouble:
            raise BadBytes("The message has bytes that are no text", at + _TEXT + trouble.start, frame) from trouble
        values: dict[str, float] = {}
        for line in text.replace("\n", "\r").split("\r"):
            values |= _values(line)
        pressure = {metric: value for metric, value in values.items() if metric.startswith("nibp")}
        if pressure == self._pressure:
            values = {metric: value for metric, value in values.items() if metric not in pressure}
        self._pressure = pressure
        known, self._known = self._known, True
        facts = {"maker": "Ivy", "model": "450C", "kind": "patient monitor"}
        return [
            *([] if known else [Announcement(self._device, facts, now)]),
            *(Reading(self._device, metric, value, now, now) for metric, value in values.items()),
        ]


def _values(line: str) -> dict[str, float]:
    first, *rest = (field.strip() for field in line.split(";"))
    name = first.partition("=")[0]
    said = dict(zip(_FIELDS.get(name, ()), rest, strict=False))
    if name == "SPO2" and rest:
        said["pulse_rate"] = rest[-1].rpartition("=")[2].strip()
    return {
        metric: float(number)
        for metric, number in said.items()
        if number.isdecimal() and 0 < int(number) <= (_HIGHEST_SPO2 if metric == "spo2" else _HIGHEST)
    }

"""Contec CMS50D+ pulse oximeter, live data: five bytes 60 times a second, 19200 baud, 8O1.

Document: the maker's "Communication protocol of pulse oximeter V7.0", as public decoders have it
(github.com/atbrask/CMS50Dplus): only the first byte of a frame has its highest bit set. There is no checksum.
What is said is said when it changes, and once a second.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.devices import Device
from drivers.codecs.framer import Fixed
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening

PROVEN = True

DEVICES = (Device("Contec", "CMS50D+", ("pulse_rate", "spo2", "sensor_fault", "technical_alarm")),)

LINE = Line(baud=19_200, parity="O")

FORM = Fixed(length=5, bits=((0, 0x80, 0x80), (1, 0x80, 0), (2, 0x80, 0), (3, 0x80, 0), (4, 0x80, 0)))

_A_SECOND = 60
_FINGER_OUT = 0x10
_PROBE_ERROR, _SEARCHING, _RATE_BIT_7 = 0x10, 0x20, 0x40
_NO_RATE, _HIGHEST_SPO2 = 255, 100


class Config(BaseModel):
    """Nothing to set: the device sends by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)


def session(_config: Config, device: str) -> "Cms50d":
    """The conversation with one device."""
    return Cms50d(device)


class Cms50d(Listening):
    """While the pulse is searched for, what is shown is UNCERTAIN; without a finger there is nothing."""

    def __init__(self, device: str) -> None:
        super().__init__(FORM)
        self._device = device
        self._last: tuple[int, ...] = ()
        self._frames = 0

    def _said(self, _at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        finger_out, state = frame[0] & _FINGER_OUT, frame[2]
        said = (
            finger_out,
            state & (_PROBE_ERROR | _SEARCHING),
            (state & _RATE_BIT_7) << 1 | frame[3],
            frame[4],
        )
        first = not self._last
        self._frames += 1
        if said == self._last and self._frames < _A_SECOND:
            return ()
        self._last, self._frames = said, 0
        items = self._of(*said, now)
        return (
            [Announcement(self._device, {"maker": "Contec", "kind": "pulse oximeter"}, now), *items] if first else items
        )

    def _of(self, finger_out: int, state: int, rate: int, spo2: int, now: datetime) -> list[Item]:
        quality = Quality.UNCERTAIN if state & _SEARCHING else Quality.GOOD
        error = bool(state & _PROBE_ERROR)
        items: list[Item] = []
        if not finger_out and not error:
            if 0 < rate < _NO_RATE:
                items.append(Reading(self._device, "pulse_rate", float(rate), now, now, quality=quality))
            if 0 < spo2 <= _HIGHEST_SPO2:
                items.append(Reading(self._device, "spo2", float(spo2), now, now, quality=quality))
        alarm = "probe error" if error else "no finger" if finger_out else "searching for the pulse" if state else ""
        return [
            *items,
            Reading(self._device, "sensor_fault", error, now, now),
            Reading(self._device, "technical_alarm", alarm, now, now),
        ]

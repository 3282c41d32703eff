"""Nonin pulse oximeters, serial data format 2: five bytes 75 times a second, a packet of 25 frames three times.

Document: Nonin OEM III Module Specification and Technical Information, "Serial Data Format #2"; 9600 baud, 8N1.
A packet counts only when all its 25 frames are whole, so that no value is put together from two packets.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from collector.ports import Query
from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.checksums import last_is_sum8
from drivers.codecs.framer import Fixed, Framer
from drivers.codecs.line import Line

PROVEN = True

LINE = Line(baud=9600)

FORM = Fixed(sync=b"\x01", length=5, check=last_is_sum8, bits=((1, 0x80, 0x80), (3, 0x80, 0x00)))

_FRAMES = 25
_SYNC, _SENSOR_ALARM, _OUT_OF_TRACK, _ARTIFACT, _DISCONNECTED = 0x01, 0x08, 0x10, 0x20, 0x40
_NO_RATE, _HIGHEST_SPO2 = 511, 100


class Config(BaseModel):
    """Nothing to set: the device sends by itself."""

    model_config = ConfigDict(extra="forbid", strict=True)


def session(_config: Config, device: str) -> "NoninDf2":
    """The conversation with one device."""
    return NoninDf2(device)


class NoninDf2:
    """Rate and saturation are the averages over four beats; without good pulses, or with artifacts, UNCERTAIN."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._framer = Framer(FORM)
        self._packet: list[bytes] = []
        self._next = 0
        self._items: list[Item] = []
        self._firmware = -1

    def receive(self, data: bytes, now: datetime) -> Sequence[Item]:
        """What whole packets say. Raises BadBytes for noise; with b"" it goes on behind it."""
        return self._heard(self._framer.feed(data), now)

    def end(self, now: datetime) -> Sequence[Item]:
        """Nothing more comes. Raises BadBytes for what is left over."""
        return self._heard(self._framer.end(), now)

    def due(self) -> None:
        """Never: nothing is asked."""

    def next(self, _now: datetime) -> Query | None:
        """Nothing is ever sent."""
        return None

    def _heard(self, frames: Iterable[tuple[int, bytes]], now: datetime) -> Sequence[Item]:
        for at, frame in frames:
            if at != self._next or frame[1] & _SYNC:
                self._packet = []
            self._next = at + FORM.length
            if self._packet or frame[1] & _SYNC:
                self._packet.append(frame)
            if len(self._packet) == _FRAMES:
                self._items += self._said(self._packet, now)
                self._packet = []
        items, self._items = self._items, []
        return items

    def _said(self, packet: list[bytes], now: datetime) -> Sequence[Item]:
        status = 0
        for frame in packet:
            status |= frame[1]
        quality = Quality.UNCERTAIN if status & (_OUT_OF_TRACK | _ARTIFACT) else Quality.GOOD
        rate = (packet[0][3] & 0x03) << 7 | packet[1][3]
        spo2, firmware = packet[2][3], packet[3][3]
        items: list[Item] = []
        if firmware != self._firmware:
            self._firmware = firmware
            facts = {"maker": "Nonin", "kind": "pulse oximeter", "firmware": str(firmware)}
            items.append(Announcement(self._device, facts, now))
        if 0 < rate < _NO_RATE:
            items.append(Reading(self._device, "pulse_rate", float(rate), now, now, quality=quality))
        if 0 < spo2 <= _HIGHEST_SPO2:
            items.append(Reading(self._device, "spo2", float(spo2), now, now, quality=quality))
        items.append(Reading(self._device, "sensor_fault", bool(status & _DISCONNECTED), now, now))
        items.append(Reading(self._device, "technical_alarm", _alarm(status), now, now))
        return items


def _alarm(status: int) -> str:
    if status & _DISCONNECTED:
        return "sensor disconnected"
    return "sensor gives nothing usable" if status & _SENSOR_ALARM else ""

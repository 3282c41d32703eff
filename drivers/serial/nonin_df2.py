"""Nonin pulse oximeters, serial data format 2: five bytes 75 times a second, a packet of 25 frames three times.

Document: Nonin OEM III Module Specification and Technical Information, "Serial Data Format #2"; 9600 baud, 8N1.
A packet counts only when all its 25 frames are whole, so that no value is put together from two packets.
"""

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.checksums import last_is_sum8
from drivers.codecs.framer import Fixed
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening

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


class NoninDf2(Listening):
    """Rate and saturation are the averages over four beats; without good pulses, or with artifacts, UNCERTAIN."""

    def __init__(self, device: str) -> None:
        super().__init__(FORM)
        self._device = device
        self._packet: list[bytes] = []
        self._next = 0
        self._firmware = -1

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        if at != self._next or frame[1] & _SYNC:
            self._packet = []
        self._next = at + FORM.length
        if self._packet or frame[1] & _SYNC:
            self._packet.append(frame)
        if len(self._packet) < _FRAMES:
            return ()
        packet, self._packet = self._packet, []
        return self._of(packet, now)

    def _of(self, packet: list[bytes], now: datetime) -> Sequence[Item]:
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

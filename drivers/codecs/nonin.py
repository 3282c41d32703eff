"""What Nonin's serial data formats share: the bits of the status byte, and the packet of formats 2 and 7.

Document: Nonin OEM III Module Specification and Technical Information, "Serial Data Format #1", "#2" and "#7".
"""

from collections.abc import Sequence
from datetime import datetime

from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.framer import Fixed
from drivers.codecs.listening import Listening

MEASURES = ("pulse_rate", "spo2", "sensor_fault", "technical_alarm")

_FRAMES = 25
_SYNC, _SENSOR_ALARM, _OUT_OF_TRACK, _ARTIFACT, _DISCONNECTED = 0x01, 0x08, 0x10, 0x20, 0x40
_NO_RATE, _HIGHEST_SPO2 = 511, 100


class NoninPackets(Listening):
    """25 frames three times a second, each with one byte of the packet. A packet counts only when all are whole.

    Rate and saturation are the averages over four beats; without good pulses, or with artifacts, UNCERTAIN.
    """

    def __init__(self, device: str, form: Fixed, status: int) -> None:
        """`status`: the place of the status byte in a frame; the byte of the packet is the last but one."""
        super().__init__(form)
        self._device = device
        self._length = form.length
        self._status = status
        self._packet: list[bytes] = []
        self._next = 0
        self._firmware = -1

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        first = frame[self._status] & _SYNC
        if at != self._next or first:
            self._packet = []
        self._next = at + self._length
        if self._packet or first:
            self._packet.append(frame)
        if len(self._packet) < _FRAMES:
            return ()
        packet, self._packet = self._packet, []
        return self._of(packet, now)

    def _of(self, packet: list[bytes], now: datetime) -> Sequence[Item]:
        status = 0
        for frame in packet:
            status |= frame[self._status]
        rate = (packet[0][-2] & 0x03) << 7 | packet[1][-2]
        spo2, firmware = packet[2][-2], packet[3][-2]
        items: list[Item] = []
        if firmware != self._firmware:
            self._firmware = firmware
            items.append(announcement(self._device, now, firmware))
        said = vitals(self._device, rate, spo2, now, good=not status & (_OUT_OF_TRACK | _ARTIFACT))
        return [
            *items,
            *said,
            *health(self._device, now, disconnected=bool(status & _DISCONNECTED), alarm=_alarm(status)),
        ]


def vitals(device: str, rate: int, spo2: int, now: datetime, *, good: bool) -> Sequence[Item]:
    """What is measured; 511 beats a minute and 127 % mean that nothing is."""
    quality = Quality.GOOD if good else Quality.UNCERTAIN
    items = []
    if 0 < rate < _NO_RATE:
        items.append(Reading(device, "pulse_rate", float(rate), now, now, quality=quality))
    if 0 < spo2 <= _HIGHEST_SPO2:
        items.append(Reading(device, "spo2", float(spo2), now, now, quality=quality))
    return items


def health(device: str, now: datetime, *, disconnected: bool, alarm: str) -> Sequence[Item]:
    """The sensor."""
    return (
        Reading(device, "sensor_fault", disconnected, now, now),
        Reading(device, "technical_alarm", "sensor disconnected" if disconnected else alarm, now, now),
    )


def announcement(device: str, now: datetime, firmware: int | None = None) -> Announcement:
    """What is known of the device; format 1 has no firmware."""
    facts = {"maker": "Nonin", "kind": "pulse oximeter"}
    if firmware is not None:
        facts["firmware"] = str(firmware)
    return Announcement(device, facts, now)


def _alarm(status: int) -> str:
    return "sensor gives nothing usable" if status & _SENSOR_ALARM else ""

"""Philips IntelliVue monitors, data export over MIB/RS232: numerics and alarms, 115200 baud, 8N1.

Document: Philips IntelliVue Patient Monitor, Data Export Interface Programming Guide, as OpenICE and VSCapture have
it (https://github.com/mdpnp/mdpnp, devices/philips; https://github.com/xeonfusion/VSCaptureMP, Class2.cs), on
ISO/IEEE 11073-10101 and -20601. Frames stand between 0xC0 and 0xC1 with an X.25 check (RFC 1662).

Asked are an association, single polls of numerics, of the alert monitor and of the monitor's own identity. Patient
demographics are never polled, waveforms neither. The monitor's technical alarms are its health; those about the patient
are a vital: kept, shown on its page, never judged. End-tidal CO₂ in kPa is left out: only the codes of percent and mmHg
are sure.
"""

import struct
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Query
from collector.reading import UNTIMED, Announcement, Item, Quality, Reading
from drivers.codecs.asking import Asking
from drivers.codecs.checksums import crc16_x25, last_is_fcs16
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Escaped
from drivers.codecs.ieee11073 import float32
from drivers.codecs.line import Line

PROVEN = False

LINE = Line(baud=115200)

FORM = Escaped(start=b"\xc0", end=b"\xc1", longest=8192, check=last_is_fcs16)

_HEADER = b"\x11\x01"  # data export, association control or data export command
_SESSION = b"\xe1\x00\x00\x02"
_REFUSED, _RELEASED, _ABORTED = 0x0C, 0x0A, 0x19
_INVOKE, _RESULT, _ERROR, _LINKED = 1, 2, 3, 5
_EVENT, _ACTION = 1, 7
_CREATED, _POLLED = 0x0D06, 0x0C16

_NUMERIC, _ALERTS, _MONITOR = 0x06, 0x36, 0x21
_GROUP_VALUES, _GROUP_ALERTS, _GROUP_PRODUCT = 0x0803, 0x0801, 0x080C

_MODEL, _PRODUCT = 0x0928, 0x092D
_ALARMS = {0x0904: "technical_alarm", 0x0902: "patient_alarm"}
_VALUE, _VALUES = 0x0950, 0x094B
_IN_WORDS = 516
_SPECS = {1: "serial", 4: "firmware"}

_PERCENT, _PER_MINUTE, _BREATHS, _MMHG, _CELSIUS = 544, 2720, 2784, 3872, 6048
_METRICS = {
    (16770, _PER_MINUTE): "heart_rate",
    (18466, _PER_MINUTE): "pulse_rate",
    (19384, _PERCENT): "spo2",
    (20490, _BREATHS): "resp_rate",
    (18949, _MMHG): "nibp_sys",
    (18950, _MMHG): "nibp_dia",
    (18951, _MMHG): "nibp_mean",
    (19272, _CELSIUS): "body_temp",
    (20636, _PERCENT): "etco2",
    (20636, _MMHG): "etco2_pressure",
}
"""By physiological identifier (of the SCADA partition) and unit (of the dimensions)."""

_NO_VALUE, _QUESTIONABLE = 0xBC00, 0x4000  # invalid, unavailable, calibrating, test and demo data

DEVICES = (
    Device("Philips", "IntelliVue MP, MX and X2 with the MIB/RS232 option", (*_METRICS.values(), *_ALARMS.values())),
)


class Associate(Query, frozen=True):
    """The association request."""


class Created(Query, frozen=True):
    """That the monitor's description of itself was heard; it sends nothing before."""


class Poll(Query, frozen=True):
    """One single poll."""


QUERIES = (Associate, Created, Poll)


class Config(BaseModel):
    """How often to poll."""

    model_config = ConfigDict(extra="forbid", strict=True)

    every_s: float = Field(5.0, ge=1.0, le=300.0, description="Seconds from one poll to the next.")


def session(config: Config, device: str) -> "IntelliVue":
    """The conversation with one monitor."""
    return IntelliVue(device, timedelta(seconds=config.every_s))


class IntelliVue(Asking):
    """Without an answer for three polls the association is asked for anew."""

    def __init__(self, device: str, every: timedelta) -> None:
        super().__init__(FORM, every, patience=max(every, timedelta(seconds=3)))
        self._device = device
        self._silent = max(3 * every, timedelta(seconds=10))
        self._associated = False
        self._asked_who = False
        self._last_heard = UNTIMED
        self._answer: Created | None = None
        self._number = 0
        self._facts: dict[str, str] = {}

    def next(self, now: datetime) -> Query | None:
        """The answer first that the monitor waits for."""
        answer, self._answer = self._answer, None
        return answer or super().next(now)

    def _round(self, now: datetime) -> Sequence[Query]:
        if now - self._last_heard > self._silent:
            self._associated = False
        if not self._associated:
            self._asked_who = False
            return [ASSOCIATE]
        what = [(_NUMERIC, _GROUP_VALUES), (_ALERTS, _GROUP_ALERTS)]
        if not self._asked_who:
            self._asked_who = True
            what.append((_MONITOR, _GROUP_PRODUCT))
        return [self._poll(kind, group) for kind, group in what]

    def _poll(self, kind: int, group: int) -> Poll:
        self._number = (self._number + 1) & 0xFFFF
        action = struct.pack(">HHHH", self._number, 1, kind, group)
        argument = struct.pack(">HHHIHH", _MONITOR, 0, 0, 0, _POLLED, len(action)) + action
        return Poll(_framed(_command(_INVOKE, self._number, _ACTION, argument)))

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        body = frame[4:-2]
        if frame[:2] != _HEADER or len(body) != int.from_bytes(frame[2:4], "big"):
            raise BadBytes("The frame is no data export", at, frame)
        self._last_heard = now
        if not body.startswith(_SESSION):
            if body[:1] and body[0] in {_REFUSED, _RELEASED, _ABORTED}:
                self._associated = False
            return ()
        read = Reader(body[len(_SESSION) :], at)
        kind = read.u16()
        read = Reader(read.take(read.u16()), at)
        if kind == _LINKED:
            read.take(2)
        elif kind in {_RESULT, _ERROR}:
            self._answered(now)
        invoke, command = read.u16(), read.u16()
        read = Reader(read.take(read.u16()), at)
        if (kind, command) == (_INVOKE, _EVENT):
            return self._created(invoke, read, now)
        return self._polled(read, now) if kind in {_RESULT, _LINKED} and command == _ACTION else ()

    def _created(self, invoke: int, read: "Reader", now: datetime) -> Sequence[Item]:
        """The monitor says what it is, and polls nobody before it was heard."""
        who = read.take(6)
        read.take(4)
        if read.u16() != _CREATED:
            return ()
        result = who + bytes(4) + struct.pack(">HH", _CREATED, 0)
        self._answer = Created(_framed(_command(_RESULT, invoke, _EVENT, result)))
        self._associated, self._again = True, now
        self._answered(now)
        read = Reader(read.take(read.u16()), read.at)
        read.take(6)
        return self._who(dict(read.attributes()), read.at, now)

    def _polled(self, read: "Reader", now: datetime) -> Sequence[Item]:
        read.take(6)
        if read.u16() != _POLLED:
            return ()
        read = Reader(read.take(read.u16()), read.at)
        read.take(2 + 4 + 8 + 2)  # poll number, relative and absolute time, partition of what was polled
        kind = read.u16()
        read.take(2)
        items: list[Item] = []
        alarms: dict[str, list[str]] = {metric: [] for metric in _ALARMS.values()}
        for _ in range(read.counted()):
            read.take(2)
            for _ in range(read.counted()):
                read.take(2)
                for attribute, value in read.attributes():
                    inside = Reader(value, read.at)
                    if attribute in {_VALUE, _VALUES}:
                        items += self._values(inside, now, inside.counted() if attribute == _VALUES else 1)
                    elif attribute in _ALARMS:
                        alarms[_ALARMS[attribute]] += _texts(inside)
                    elif attribute in {_MODEL, _PRODUCT}:
                        items += self._who({attribute: value}, read.at, now)
        if kind == _ALERTS:
            for metric, texts in alarms.items():
                items.append(Reading(self._device, metric, ", ".join(dict.fromkeys(texts)), now, now))
        return items

    def _values(self, read: "Reader", now: datetime, count: int) -> Iterator[Reading]:
        for _ in range(count):
            what, state, unit, value = read.u16(), read.u16(), read.u16(), float32(read.u32())
            metric = _METRICS.get((what, unit))
            if metric and value is not None and not state & _NO_VALUE:
                quality = Quality.UNCERTAIN if state & _QUESTIONABLE else Quality.GOOD
                yield Reading(self._device, metric, value, now, now, quality=quality)

    def _who(self, attributes: dict[int, bytes], at: int, now: datetime) -> Sequence[Item]:
        facts = dict(self._facts)
        if _MODEL in attributes:
            read = Reader(attributes[_MODEL], at)
            facts |= {"maker": read.label(), "model": read.label()}
        if _PRODUCT in attributes:
            read = Reader(attributes[_PRODUCT], at)
            for _ in range(read.counted()):
                what = read.u16()
                read.take(2)
                said = read.label()
                if what in _SPECS and said:
                    facts.setdefault(_SPECS[what], said)
        facts = {fact: value for fact, value in facts.items() if value.isprintable() and value}
        if facts == self._facts:
            return ()
        self._facts = facts
        return [Announcement(self._device, {"kind": "patient monitor", **facts}, now)]


class Reader:
    """What stands one behind the other, most significant byte first. Raises BadBytes where it ends too early."""

    def __init__(self, data: bytes, at: int) -> None:
        """`at` is the place of the frame in the stream."""
        self._data = data
        self.at = at

    def take(self, size: int) -> bytes:
        """The next bytes."""
        if size > len(self._data):
            raise BadBytes("The message ends inside a field", self.at, self._data)
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def u16(self) -> int:
        """A number of two bytes."""
        return int.from_bytes(self.take(2), "big")

    def u32(self) -> int:
        """A number of four bytes."""
        return int.from_bytes(self.take(4), "big")

    def counted(self) -> int:
        """How many elements follow; their length is behind it."""
        count = self.u16()
        self.take(2)
        return count

    def label(self) -> str:
        """A text with its length before it."""
        return self.take(self.u16()).decode("latin-1").strip(" \x00")

    def attributes(self) -> Iterator[tuple[int, bytes]]:
        """Attributes and their values."""
        for _ in range(self.counted()):
            attribute = self.u16()
            yield attribute, self.take(self.u16())


def _texts(read: Reader) -> Iterator[str]:
    """The words of alarms: source, code, type, state, object; kind and length of what may say it in UTF-16."""
    for _ in range(read.counted()):
        read.take(4 * 2 + 6)
        kind = read.u16()
        info = Reader(read.take(read.u16()), read.at)
        if kind != _IN_WORDS:
            continue
        info.take(2 + 4 + 2 + 2)  # instance, text by number, priority, flags
        text = info.take(info.u16()).decode("utf-16-be", errors="replace").strip(" \x00\ufffd*")
        if text and text.isprintable():
            yield text


def _command(kind: int, invoke: int, command: int, argument: bytes) -> bytes:
    body = struct.pack(">HHH", invoke, command, len(argument)) + argument
    return _SESSION + struct.pack(">HH", kind, len(body)) + body


def _framed(body: bytes) -> bytes:
    plain = _HEADER + struct.pack(">H", len(body)) + body
    return FORM.framed(plain + crc16_x25(plain).to_bytes(2, "little"))


def _association() -> bytes:
    """Session and presentation as the guide has them; a client that wants the poll profile, at most every 0.3 s."""
    poll = struct.pack(">IIIII", 0x80000000, 2500, 2500, 1000, 0xFFFFFFFF) + bytes.fromhex(
        "60000000 0001000c f0010008 8c000000 00000000"
    )
    user = struct.pack(">IIIIIHHHHHH", 0x80000000, 0x40000000, 0, 0x80000000, 0x20000000, 0, 0, 1, 44, 1, 40) + poll
    presentation = (
        bytes.fromhex(
            "3180a080800101 0000a280a003000001a480 3080020101060452010001 308006025101 00000000"
            "3080020102060c 2a8648ce14020100000001 01 3080060c2a8648ce14020100000002 01 000000000000"
            "61803080020101a0806080a180060c 2a8648ce14020100000003 01 0000be802880060c 2a8648ce14020100000001 01 020102"
        )
        + bytes((0x81, len(user)))
        + user
        + bytes(16)
    )
    inside = bytes.fromhex("0508130100160102800014020002") + bytes((0xC1, len(presentation))) + presentation
    return bytes((0x0D, len(inside))) + inside


ASSOCIATE = Associate(_framed(_association()))

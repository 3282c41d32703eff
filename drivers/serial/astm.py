"""Laboratory analysers: ASTM E1381 (CLSI LIS1-A) frames with ASTM E1394 (CLSI LIS2-A2) records, 9600 baud, 8N1.

`role: listen`, the default, transmits nothing: it hears what an analyser sends to its laboratory system, on a tap of
one direction or both. `role: receiver` answers; then the analyser counts as delivered what was acknowledged, and the
laboratory system gets it only from here. The link sends an acknowledgement when the readings of its frame are on disk,
or not at all: after 15 seconds the analyser has given up and sends again. It never bids for the line, so there is no
contention to resolve.

Patient and order records are read past, and free text may name a patient: only the flags that the settings list become
technical alarms. Results of control samples, and of headers that are not production, give no reading.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from collector.metrics import METRICS
from collector.ports import Query
from collector.reading import Announcement, Item, Quality, Reading
from drivers.codecs.checksums import hex_sum8
from drivers.codecs.device_time import Timezone, in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.framer import BadBytes, Enclosed
from drivers.codecs.line import Line
from drivers.codecs.listening import Listening

PROVEN = False

LINE = Line(baud=9600)

_ENQ, _ACK, _NAK, _EOT = b"\x05", b"\x06", b"\x15", b"\x04"
_ETX, _ETB = 0x03, 0x17
_LONGEST = 64_000  # LIS1-A; E1381 has 247
FORM = Enclosed(start=b"\x02", end=b"\n", longest=_LONGEST, alone=_ENQ + _ACK + _NAK + _EOT)

_REPLY_WITHIN = timedelta(seconds=15)
_FRAME_WITHIN = timedelta(seconds=30)
_RECORDS = b"HPOQRCMSL"
_LAST_RECORD = {"L"}
_SURE, _PRELIMINARY = {"F", "C", "R", "V", ""}, {"P", "S", "W"}
_CANNOT = "X"

_ON_MAPPING = "Gives results only of the analytes that its settings map to a metric."

DEVICES = (
    Device("Siemens", "DCA Vantage", ("technical_alarm",), _ON_MAPPING),
    Device("Roche", "cobas c 111", ("technical_alarm",), _ON_MAPPING),
    Device("Abbott", "Afinion 2", ("technical_alarm",), _ON_MAPPING),
    Device("Cepheid", "GeneXpert", ("technical_alarm",), _ON_MAPPING),
    Device("any", "analyser with ASTM E1394 over E1381", ("technical_alarm",), _ON_MAPPING),
)


class Reply(Query, frozen=True):
    """ACK or NAK, of a receiver only."""


QUERIES = (Reply,)

Fact = Literal["", "name", "maker", "model", "firmware", "serial"]


class Analyte(BaseModel):
    """What a result becomes: value * factor, when the analyser says it in `unit`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    metric: str = Field(..., description="A metric with numbers.")
    unit: str = Field(..., description="The unit as the analyser writes it; a result in another one is not taken.")
    factor: float = Field(1.0, description="From that unit to the metric's.")

    @field_validator("metric")
    @classmethod
    def _is_a_number(cls, value: str) -> str:
        if value not in METRICS or METRICS[value].kind is not float:
            raise ValueError(f"{value!r} is no metric with numbers")
        return value


class Config(BaseModel):
    """Who acknowledges, and what results mean here."""

    model_config = ConfigDict(extra="forbid", strict=True)

    role: Literal["listen", "receiver"] = Field(
        "listen", description="receiver acknowledges: then the analyser counts its results as delivered."
    )
    analytes: dict[str, Analyte] = Field(
        {}, description="By the universal test id, or one component of it: a LOINC code or the analyser's own."
    )
    flags: dict[str, str] = Field({}, description="Instrument flags of comment records, with the alarm they mean.")
    sender: list[Fact] = Field(
        ["model", "firmware", "serial"], description="What the components of the header's sender are; '' for others."
    )
    timezone: Timezone | None = Field(
        None, description="Zone of the analyser's clock; without it results count from when they are heard."
    )


def session(config: Config, device: str) -> "Astm":
    """The conversation with one analyser."""
    return Astm(config, device)


class Astm(Listening):
    """What a record says is said as soon as the record is whole; the alarms of a message at its terminator."""

    def __init__(self, config: Config, device: str) -> None:
        super().__init__(FORM)
        self._records = Records(config, device)
        self._answers = config.role == "receiver"
        self._reply: tuple[bytes, datetime] | None = None
        self._until: datetime | None = None  # of a transfer that a receiver has accepted
        self._frame = b""
        self._number: int | None = None  # of `_frame`; None where nobody knows
        self._part = b""

    def due(self) -> datetime | None:
        """When there is something to answer, or nothing more is to be expected."""
        return self._reply[1] if self._reply else self._until

    def next(self, now: datetime) -> Query | None:
        """The answer to what was handed over. One that is late is not sent: the analyser would take it for another."""
        reply, self._reply = self._reply, None
        if reply and now - reply[1] < _REPLY_WITHIN:
            return Reply(reply[0])
        if self._until and now >= self._until:
            self._neutral()
        return None

    def _said(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        if frame in {_ENQ, _EOT}:
            self._neutral()
            if frame == _ENQ:
                self._number = 0
                self._until = now + _FRAME_WITHIN if self._answers else None
                self._answer(_ACK, now)
            return ()
        if frame in {_ACK, _NAK}:
            return ()
        try:
            items = self._of(at, frame, now)
        except BadBytes:
            self._answer(_NAK, now)
            raise
        self._answer(_ACK, now)
        return items

    def _neutral(self) -> None:
        self._until = self._number = None
        self._frame = self._part = b""

    def _answer(self, reply: bytes, now: datetime) -> None:
        if self._until:
            self._until = now + _FRAME_WITHIN
            self._reply = reply, now

    def _of(self, at: int, frame: bytes, now: datetime) -> Sequence[Item]:
        body, check = frame[1:-4], frame[-4:-2]
        if len(body) < 2 or frame[-2:] != b"\r\n" or body[-1] not in {_ETX, _ETB} or not b"0" <= body[:1] <= b"7":
            raise BadBytes("The frame is not as E1381 has it", at, frame)
        if hex_sum8(body) != check.upper():
            raise BadBytes("The frame's checksum is wrong", at, frame)
        if self._answers and not self._until:
            raise BadBytes("A frame outside a transfer", at, frame)
        if frame == self._frame:
            return ()  # sent again, because its acknowledgement was lost
        self._in_order(at, body, frame)
        self._frame, self._number = frame, body[0] - ord("0")
        self._part += body[1:-1]
        if len(self._part) > _LONGEST:
            self._part = b""
            raise BadBytes("The record is too long", at, frame)
        *whole, self._part = self._part.split(b"\r")
        if body[-1] == _ETX:
            whole.append(self._part)
            self._part = b""
        return [item for text in whole if text for item in self._records.of(at, text, now)]

    def _in_order(self, at: int, body: bytes, frame: bytes) -> None:
        """A receiver refuses what comes out of order; who only listens may have missed something."""
        if self._number is not None and body[0] - ord("0") == (self._number + 1) % 8:
            return
        if self._answers:
            raise BadBytes("The frame is not the next one", at, frame)
        self._part = b""
        if body[1] not in _RECORDS:
            self._number = None
            raise BadBytes("The beginning of the record was not heard", at, frame)


class Records:
    """The records of a message: what of them is no patient's."""

    def __init__(self, config: Config, device: str) -> None:
        self._config = config
        self._device = device
        self._zone = zone_of(config.timezone)
        self._facts: dict[str, str] = {}
        self._begin("|\\^&", control=False)

    def _begin(self, delimiters: str, *, control: bool) -> None:
        self._field, self._repeat, self._component, self._escape = list(delimiters)
        self._control = self._control_message = control
        self._alarms: list[str] = []

    def of(self, at: int, record: bytes, now: datetime) -> Iterator[Item]:
        """What one record says. Raises BadBytes."""
        text = record.decode("latin-1")
        kind = text[0].upper()
        if kind == "H":
            if len(set(text[1:5])) < 4:
                raise BadBytes("The header does not name its four delimiters", at, record)
            self._begin(text[1:5], control=False)
        fields = text.split(self._field)
        fields += [""] * (14 - len(fields))
        if kind == "H":
            self._control = self._control_message = fields[11] not in {"P", ""}
            yield from self._sender(fields[4], now)
        elif kind == "O":
            self._control = self._control_message or fields[11].upper() == "Q"
        elif kind == "R":
            yield from self._result(fields, now)
        elif kind == "C" and fields[4].upper() == "I":
            self._alarms += [self._config.flags[one] for one in self._plain(fields[3]) if one in self._config.flags]
        elif kind in _LAST_RECORD:
            alarm = ", ".join(dict.fromkeys(self._alarms))
            self._alarms = []
            yield Reading(self._device, "technical_alarm", alarm, now, now)

    def _sender(self, sender: str, now: datetime) -> Iterator[Item]:
        said = zip(self._config.sender, self._plain(sender), strict=False)
        facts: dict[str, str] = {fact: value for fact, value in said if fact and value and value.isprintable()}
        if facts and facts != self._facts:
            self._facts = facts
            yield Announcement(self._device, {"kind": "laboratory analyser", **facts}, now)

    def _result(self, fields: list[str], now: datetime) -> Iterator[Item]:
        status = fields[8].upper()
        test = self._plain(fields[2])
        if status == _CANNOT:
            code = next((one for one in reversed(test) if one.isprintable() and one), "a test")
            self._alarms.append(f"no result of {code[:40]}")
        analyte = next((found for one in (fields[2], *test) if (found := self._config.analytes.get(one))), None)
        value = _number(self._plain(fields[3]))
        if analyte is None or value is None or self._control or status not in _SURE | _PRELIMINARY:
            return
        if fields[4].strip() == analyte.unit:
            at = in_zone(_time(fields[12]) or _time(fields[11]), self._zone) or now
            quality = Quality.GOOD if status in _SURE else Quality.UNCERTAIN
            yield Reading(self._device, analyte.metric, value * analyte.factor, at, now, quality=quality)

    def _plain(self, field: str) -> list[str]:
        """The components of a field, of its first repetition, their escapes undone."""
        mark = self._escape
        names: Final = {"F": self._field, "S": self._component, "R": self._repeat, "E": self._escape}
        found = field.split(self._repeat, maxsplit=1)[0].split(self._component)
        for letter, meant in names.items():
            found = [one.replace(f"{mark}{letter}{mark}", meant) for one in found]
        return [one.strip() for one in found]


def _number(components: list[str]) -> float | None:
    """The value, when there is one, and it is a number: "<5" and "positive" are none."""
    said = [one for one in components if one]
    digits = said[0].removeprefix("-").replace(".", "", 1) if len(said) == 1 else ""
    return float(said[0]) if digits.isascii() and digits.isdigit() and len(digits) < 20 else None


def _time(said: str) -> datetime | None:
    try:
        return datetime.strptime(said[:14], "%Y%m%d%H%M%S")  # noqa: DTZ007 - the zone comes from the settings
    except ValueError:
        return None

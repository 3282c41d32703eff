"""Glucose meters: the Glucose Measurement, and the meter's answer when it is asked for its stored records.

Document: Bluetooth SIG, "Glucose Service 1.0.1", sections 3.1, 3.2 and 3.4; GATT Specification Supplement, "Glucose
Measurement" and "Glucose Measurement Context". Of the context (meals, exercise, medication, HbA1c) nothing is a metric.

A meter sends its records only when it is asked. With `stored_records` it is, once with each connection, and this
request is all that is ever written to it; no record is deleted. Without it the meter is only listened to.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

from collector.ports import Decoded
from collector.reading import Frame, Quality
from drivers.codecs.device_time import Timezone, in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields
from drivers.codecs.ieee11073 import DATE_TIME_BYTES, date_time, minutes_later
from drivers.codecs.record_access import CONTROL_POINT, QUERIES, refusal

__all__ = ["QUERIES", "Config", "Glucose", "claims", "decoder"]

PROVEN = True
DEVICES = (
    Device(
        "Any",
        "Glucose meter with the Bluetooth service 1808",
        ("glucose", "battery_low", "sensor_fault", "technical_alarm"),
    ),
)

_MEASURED = "2a18"
_OFFSET, _CONCENTRATION, _MOLES, _STATUS = 0x01, 0x02, 0x04, 0x08
_MG_DL_OF_KG_L, _MG_DL_OF_MOL_L = 1e5, 18015.6  # the molar mass of glucose is 180.156 g
_CONTROL_SOLUTION_TYPE, _CONTROL_SOLUTION_LOCATION = 10, 4
_BATTERY_LOW, _CLOCK_FAULT = 0x0001, 0x0800
_FAULTS = 0x0402
_BEYOND = 0x0060  # above or below what the meter can measure
_ALARMS = {
    0x0002: "sensor malfunction",
    0x0004: "too little blood",
    0x0008: "strip inserted wrongly",
    0x0010: "wrong type of strip",
    0x0080: "sensor too warm",
    0x0100: "sensor too cold",
    0x0200: "strip pulled too early",
    0x0400: "device fault",
    0x0800: "clock fault",
}


class Config(BaseModel):
    """The zone of the meters' clocks, and whether they are asked."""

    model_config = ConfigDict(extra="forbid", strict=True)

    timezone: Timezone | None = Field(
        None, description="Zone of the meters' clocks; without it what they stored counts from when it is heard."
    )
    stored_records: bool = Field(
        False,
        description="Ask for the stored records with each connection: first all, then the new ones. This request is"
        " written to the meter, nothing else is. Needs `timezone`.",
    )

    @model_validator(mode="after")
    def _records_have_times(self) -> "Config":
        if self.stored_records and self.timezone is None:
            raise ValueError("stored_records needs a timezone: else nobody knows when they were measured")
        return self


def claims(config: Config) -> tuple[str, ...]:
    """Glucose Measurement; with stored records the Record Access Control Point too."""
    return (_MEASURED, CONTROL_POINT) if config.stored_records else (_MEASURED,)


def decoder(config: Config) -> "Glucose":
    """The decoder of meters in this zone."""
    return Glucose(config)


class Glucose:
    """Doubtful values are UNCERTAIN, those of control solution BAD, and those beyond what it can measure give none."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One record; nothing of an answer to a request, which must be one."""
        if frame.topic == CONTROL_POINT:
            refusal(frame.payload)
            return ()
        fields = Fields(frame.payload)
        flags = fields.uint(1, "flags")
        fields.uint(2, "sequence number")
        said = date_time(fields.take(DATE_TIME_BYTES, "time"))
        offset = fields.sint(2, "time offset") if flags & _OFFSET else 0
        value, kind = None, 0
        if flags & _CONCENTRATION:
            value = fields.sfloat("glucose concentration")
            kind = fields.uint(1, "type and sample location")
        status = fields.uint(2, "sensor status") if flags & _STATUS else 0
        at = None if status & _CLOCK_FAULT else in_zone(minutes_later(said, offset), self._zone)
        items: list[Decoded] = []
        if value is not None and not status & _BEYOND:
            scale = _MG_DL_OF_MOL_L if flags & _MOLES else _MG_DL_OF_KG_L
            quality = _quality(kind, status, timed=at is not None)
            items.append(frame.reading(frame.device, "glucose", round(value * scale, 3), at, quality))
        if flags & _STATUS:
            words = ", ".join(words for bit, words in _ALARMS.items() if status & bit)
            items.append(frame.reading(frame.device, "battery_low", bool(status & _BATTERY_LOW), at))
            items.append(frame.reading(frame.device, "sensor_fault", bool(status & _FAULTS), at))
            items.append(frame.reading(frame.device, "technical_alarm", words, at))
        return items


def _quality(kind: int, status: int, *, timed: bool) -> Quality:
    if kind & 0xF == _CONTROL_SOLUTION_TYPE or kind >> 4 == _CONTROL_SOLUTION_LOCATION:
        return Quality.BAD
    return Quality.GOOD if timed and not status & ~_BATTERY_LOW else Quality.UNCERTAIN

"""Continuous glucose monitors: the CGM Measurement and the CGM Status.

Document: Bluetooth SIG, "Continuous Glucose Monitoring Service 1.0.1", sections 3.1 and 3.3; GATT Specification
Supplement, "CGM Measurement" and "CGM Status". Trend and quality are no metrics; that a value is low, high or changes
fast is no technical alarm. Values count from when they are heard: the start of the session stands elsewhere.

Implementations disagree which octet a flag of the status inside a measurement announces, so it is read over there; what
is wrong with the sensor is said by the CGM Status.
"""

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.checksums import crc16_mcrf4xx
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields

PROVEN = True
DEVICES = (
    Device(
        "Any",
        "Continuous glucose monitor with the Bluetooth service 181F",
        ("glucose_interstitial", "battery_low", "sensor_fault", "technical_alarm"),
    ),
)

_MEASURED, _STATUS = "2aa7", "2aa9"
_TREND, _QUALITY = 0x01, 0x02
_OCTETS = (0x20, 0x40, 0x80)
_SMALLEST, _CRC = 6, 2
_BATTERY_LOW = 0x000002
_FAULTS = 0x00002C
_ALARMS = {
    0x000001: "session stopped",
    0x000004: "wrong type of sensor",
    0x000008: "sensor malfunction",
    0x000010: "device alert",
    0x000020: "device fault",
    0x000100: "clock must be set",
    0x000800: "calibration required",
    0x001000: "sensor too warm",
    0x002000: "sensor too cold",
}


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """CGM Measurement and CGM Status."""
    return (_MEASURED, _STATUS)


def decoder(_config: Config) -> "ContinuousGlucose":
    """The decoder of the service."""
    return ContinuousGlucose()


class ContinuousGlucose:
    """Whether there is a checksum (E2E-CRC) is seen from the length; where there is one it must be right."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One status, or the measurements of one notification."""
        if frame.topic == _STATUS:
            return _status(frame)
        values = [value for value in _measured(frame.payload) if value is not None]
        return [frame.reading(frame.device, "glucose_interstitial", value) for value in values[-1:]]


def _measured(data: bytes) -> Iterator[float | None]:
    """The glucose of each record, in mg/dL, the oldest first."""
    at = 0
    while at < len(data) or not at:
        size = data[at] if data else 0
        record = data[at : at + size]
        if len(record) < max(size, _SMALLEST):
            raise BadFrame(f"A record of {max(size, _SMALLEST)} bytes has {len(record)}", len(data))
        fields = Fields(record)
        fields.uint(1, "size")
        flags = fields.uint(1, "flags")
        value = fields.sfloat("glucose concentration")
        fields.uint(2, "time offset")
        fields.take(sum(bool(flags & octet) for octet in _OCTETS), "status")
        if flags & _TREND:
            fields.uint(2, "trend")
        if flags & _QUALITY:
            fields.uint(2, "quality")
        _check(record, fields, at)
        yield value
        at += size


def _check(record: bytes, fields: Fields, at: int) -> None:
    """Nothing is left, or a checksum. Raises BadFrame; `at` is where the record begins."""
    if fields.left not in (0, _CRC):
        raise BadFrame("The record is longer than its fields", at + fields.at)
    end = fields.at
    if fields.left and fields.uint(_CRC, "checksum") != crc16_mcrf4xx(record[:end]):
        raise BadFrame("The checksum is wrong", at + end)


def _status(frame: Frame) -> Sequence[Decoded]:
    fields = Fields(frame.payload)
    fields.uint(2, "time offset")
    status = fields.uint(3, "status")
    _check(frame.payload, fields, 0)
    words = ", ".join(words for bit, words in _ALARMS.items() if status & bit)
    return (
        frame.reading(frame.device, "battery_low", bool(status & _BATTERY_LOW)),
        frame.reading(frame.device, "sensor_fault", bool(status & _FAULTS)),
        frame.reading(frame.device, "technical_alarm", words),
    )

"""Pulse oximeters: spot-check and continuous measurements.

Document: Bluetooth SIG, "Pulse Oximeter Service 1.0"; GATT Specification Supplement, "PLX Spot-Check Measurement" and
"PLX Continuous Measurement". The fast and slow averages are no metrics of their own.
"""

from collections.abc import Sequence

from collector.ports import Decoded
from collector.reading import Frame, Quality
from drivers.codecs.device_time import Zoned as Config
from drivers.codecs.device_time import in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields
from drivers.codecs.ieee11073 import DATE_TIME_BYTES, date_time

PROVEN = True
DEVICES = (
    Device(
        "Any",
        "Pulse oximeter with the Bluetooth service 1822",
        ("spo2", "pulse_rate", "perfusion_index", "sensor_fault", "technical_alarm"),
    ),
)

_SPOT, _CONTINUOUS = "2a5e", "2a5f"
_HAS_TIME, _CLOCK_NOT_SET = 0x01, 0x10
_HAS_FAST, _HAS_SLOW = 0x01, 0x02
_HAS_MEASUREMENT_STATUS, _HAS_SENSOR_STATUS, _HAS_AMPLITUDE = 0x01, 0x02, 0x04  # behind those before them

_STORED = 0x0200
_DOUBTFUL = 0x5040  # early estimate, calibrating, questionable
_NO_PATIENT = 0x0C00  # demonstration, testing
_NO_MEASUREMENT = 0xA000  # unavailable, invalid
_BAD_SIGNAL = 0x2FFC  # irregular to interfered (bits 2 to 10), off, displaced
_FAULTS = 0xD002
_ALARMS = {
    0x8000: "sensor disconnected",
    0x4000: "defective sensor",
    0x1000: "unrecognized sensor",
    0x0002: "equipment malfunction",
    0x2000: "sensor displaced",
    0x0800: "sensor off",
    0x0400: "interference",
    0x0008: "sensor gives nothing usable",
}
_HIGHEST_PERCENT = 100


def claims(_config: Config) -> tuple[str, ...]:
    """PLX Spot-Check and Continuous Measurement."""
    return (_SPOT, _CONTINUOUS)


def decoder(config: Config) -> "PulseOximeter":
    """The decoder of oximeters in this zone."""
    return PulseOximeter(config)


class PulseOximeter:
    """Doubtful values are UNCERTAIN, those of no patient BAD, and a measurement said to be invalid gives none."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One measurement."""
        fields = Fields(frame.payload)
        flags = fields.uint(1, "flags")
        values = {"spo2": fields.sfloat("SpO2"), "pulse_rate": fields.sfloat("pulse rate")}
        at = None
        if frame.topic == _SPOT:
            if flags & _HAS_TIME:
                said = date_time(fields.take(DATE_TIME_BYTES, "time"))
                at = None if flags & _CLOCK_NOT_SET else in_zone(said, self._zone)
            optional = flags >> 1
        else:
            for has, what in ((_HAS_FAST, "fast average"), (_HAS_SLOW, "slow average")):
                fields.take(4 if flags & has else 0, what)
            optional = flags >> 2
        measured = fields.uint(2, "measurement status") if optional & _HAS_MEASUREMENT_STATUS else 0
        sensor = fields.uint(3, "sensor status") if optional & _HAS_SENSOR_STATUS else 0
        if optional & _HAS_AMPLITUDE:
            values["perfusion_index"] = fields.sfloat("pulse amplitude index")
        items: list[Decoded] = []
        if not measured & _NO_MEASUREMENT:
            quality = _quality(measured, sensor, timed=at is not None)
            items += [
                frame.reading(frame.device, metric, value, at, quality)
                for metric, value in values.items()
                if value is not None and value > 0 and (metric == "pulse_rate" or value <= _HIGHEST_PERCENT)
            ]
        if optional & _HAS_SENSOR_STATUS:
            words = ", ".join(word for bit, word in _ALARMS.items() if sensor & bit)
            items.append(frame.reading(frame.device, "sensor_fault", bool(sensor & _FAULTS), at))
            items.append(frame.reading(frame.device, "technical_alarm", words, at))
        return items


def _quality(measured: int, sensor: int, *, timed: bool) -> Quality:
    if measured & _NO_PATIENT:
        return Quality.BAD
    old = measured & _STORED and not timed
    return Quality.UNCERTAIN if measured & _DOUBTFUL or sensor & (_BAD_SIGNAL | _FAULTS) or old else Quality.GOOD

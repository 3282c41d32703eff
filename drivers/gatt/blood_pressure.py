"""Blood pressure monitors: the Blood Pressure Measurement, and the Intermediate Cuff Pressure before it.

Document: Bluetooth SIG, "Blood Pressure Service 1.1.1", sections 3.1 and 3.2; GATT Specification Supplement, "Blood
Pressure Measurement". Whose measurement it is (User ID) is not kept, an irregular pulse is no technical alarm.
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
        "Blood pressure monitor with the Bluetooth service 1810",
        ("nibp_sys", "nibp_dia", "nibp_mean", "pulse_rate", "technical_alarm"),
    ),
)

_MEASURED, _MEASURING = "2a35", "2a36"
_KILOPASCAL, _TIME, _PULSE, _USER, _STATUS = 0x01, 0x02, 0x04, 0x08, 0x10
_MMHG_KPA = 0.133322387415
_ALARMS = {0x01: "body moved", 0x02: "cuff too loose", 0x20: "wrong position"}


def claims(_config: Config) -> tuple[str, ...]:
    """Blood Pressure Measurement and Intermediate Cuff Pressure."""
    return (_MEASURED, _MEASURING)


def decoder(config: Config) -> "BloodPressure":
    """The decoder of monitors in this zone."""
    return BloodPressure(config)


class BloodPressure:
    """What the monitor doubts itself is UNCERTAIN."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One measurement; while it is being taken only the first of the three pressures is used."""
        fields = Fields(frame.payload)
        flags = fields.uint(1, "flags")
        pressures = [fields.sfloat(what) for what in ("systolic pressure", "diastolic pressure", "mean pressure")]
        at = None
        if flags & _TIME:
            at = in_zone(date_time(fields.take(DATE_TIME_BYTES, "time")), self._zone)
        pulse = fields.sfloat("pulse rate") if flags & _PULSE else None
        if flags & _USER:
            fields.uint(1, "user")
        status = fields.uint(2, "measurement status") if flags & _STATUS else 0
        alarms = [words for bit, words in _ALARMS.items() if status & bit]
        quality = Quality.UNCERTAIN if alarms else Quality.GOOD
        metrics = ("nibp_cuff",) if frame.topic == _MEASURING else ("nibp_sys", "nibp_dia", "nibp_mean")
        scale = _MMHG_KPA if flags & _KILOPASCAL else 1
        items: list[Decoded] = [
            frame.reading(frame.device, metric, pressure / scale, at, quality)
            for metric, pressure in zip(metrics, pressures, strict=False)
            if pressure is not None
        ]
        if pulse:
            items.append(frame.reading(frame.device, "pulse_rate", pulse, at, quality))
        if flags & _STATUS:
            items.append(frame.reading(frame.device, "technical_alarm", ", ".join(alarms), at))
        return items

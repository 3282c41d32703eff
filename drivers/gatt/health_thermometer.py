"""Health thermometers: the Temperature Measurement, and the Intermediate Temperature before it.

Document: Bluetooth SIG, "Health Thermometer Service 1.0", sections 3.1 and 3.3; GATT Specification Supplement,
"Temperature Measurement".
"""

from collections.abc import Sequence

from collector.ports import Decoded
from collector.reading import Frame, Quality
from drivers.codecs.device_time import Zoned as Config
from drivers.codecs.device_time import in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields
from drivers.codecs.ieee11073 import DATE_TIME_BYTES, date_time
from drivers.codecs.json_values import fahrenheit

PROVEN = True
DEVICES = (Device("Any", "Thermometer with the Bluetooth service 1809", ("body_temp",)),)

_MEASURED, _MEASURING = "2a1c", "2a1e"
_FAHRENHEIT, _TIME, _TYPE = 0x01, 0x02, 0x04


def claims(_config: Config) -> tuple[str, ...]:
    """Temperature Measurement and Intermediate Temperature."""
    return (_MEASURED, _MEASURING)


def decoder(config: Config) -> "HealthThermometer":
    """The decoder of thermometers in this zone."""
    return HealthThermometer(config)


class HealthThermometer:
    """What is still being measured is UNCERTAIN. Where on the body it was measured is no metric."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One measurement."""
        fields = Fields(frame.payload)
        flags = fields.uint(1, "flags")
        value = fields.float32("temperature")
        at = None
        if flags & _TIME:
            at = in_zone(date_time(fields.take(DATE_TIME_BYTES, "time")), self._zone)
        if flags & _TYPE:
            fields.uint(1, "temperature type")
        if value is None:
            return ()
        quality = Quality.UNCERTAIN if frame.topic == _MEASURING else Quality.GOOD
        celsius = fahrenheit(value) if flags & _FAHRENHEIT else value
        return (frame.reading(frame.device, "body_temp", celsius, at, quality),)

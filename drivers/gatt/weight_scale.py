"""Weight scales: the Weight Measurement.

Document: Bluetooth SIG, "Weight Scale Service 1.0", section 3.2; GATT Specification Supplement, "Weight Measurement".
Whose weight it is, height and body mass index are no metrics.
"""

from collections.abc import Sequence

from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.device_time import Zoned as Config
from drivers.codecs.device_time import in_zone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields
from drivers.codecs.ieee11073 import DATE_TIME_BYTES, date_time
from drivers.codecs.scales import NOT_MEASURED, kilograms

PROVEN = False
DEVICES = (Device("Any", "Weight scale with the Bluetooth service 181D", ("body_weight",)),)

_IMPERIAL, _TIME, _USER, _HEIGHT = 0x01, 0x02, 0x04, 0x08


def claims(_config: Config) -> tuple[str, ...]:
    """Weight Measurement."""
    return ("2a9d",)


def decoder(config: Config) -> "WeightScale":
    """The decoder of scales in this zone."""
    return WeightScale(config)


class WeightScale:
    """A measurement that did not succeed gives nothing."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One measurement, in steps of 5 g or of a hundredth of a pound."""
        fields = Fields(frame.payload)
        flags = fields.uint(1, "flags")
        raw = fields.uint(2, "weight")
        at = None
        if flags & _TIME:
            at = in_zone(date_time(fields.take(DATE_TIME_BYTES, "time")), self._zone)
        if flags & _USER:
            fields.uint(1, "user")
        if flags & _HEIGHT:
            fields.take(4, "body mass index and height")
        if raw == NOT_MEASURED:
            return ()
        weight = kilograms(raw, imperial=bool(flags & _IMPERIAL))
        return (frame.reading(frame.device, "body_weight", weight, at),)

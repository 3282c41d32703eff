"""Body composition scales: the Body Composition Measurement.

Document: Bluetooth SIG, "Body Composition Service 1.0", section 3.2; GATT Specification Supplement, "Body Composition
Measurement". Whose body it is, basal metabolism, fat-free and soft lean mass, impedance and height are no metrics.
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
DEVICES = (
    Device(
        "Any",
        "Body composition scale with the Bluetooth service 181B",
        ("body_fat", "body_weight", "muscle_mass", "body_water"),
    ),
)

_IMPERIAL, _TIME, _USER = 0x0001, 0x0002, 0x0004
_OPTIONAL = (
    (0x0008, "basal metabolism", ""),
    (0x0010, "muscle percentage", ""),
    (0x0020, "muscle mass", "muscle_mass"),
    (0x0040, "fat-free mass", ""),
    (0x0080, "soft lean mass", ""),
    (0x0100, "body water mass", "body_water"),
    (0x0200, "impedance", ""),
    (0x0400, "weight", "body_weight"),
    (0x0800, "height", ""),
)
"""By flag, the fields of two bytes in their order, and the metrics of those that are masses."""


def claims(_config: Config) -> tuple[str, ...]:
    """Body Composition Measurement."""
    return ("2a9c",)


def decoder(config: Config) -> "BodyComposition":
    """The decoder of scales in this zone."""
    return BodyComposition(config)


class BodyComposition:
    """A measurement that did not succeed gives nothing. One in several packets comes packet by packet."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One packet; masses are in steps of 5 g or of a hundredth of a pound."""
        fields = Fields(frame.payload)
        flags = fields.uint(2, "flags")
        fat = fields.uint(2, "body fat percentage")
        at = None
        if flags & _TIME:
            at = in_zone(date_time(fields.take(DATE_TIME_BYTES, "time")), self._zone)
        if flags & _USER:
            fields.uint(1, "user")
        said = {} if fat == NOT_MEASURED else {"body_fat": fat / 10}
        for flag, what, metric in _OPTIONAL:
            raw = fields.uint(2, what) if flags & flag else NOT_MEASURED
            if metric and raw != NOT_MEASURED:
                said[metric] = kilograms(raw, imperial=bool(flags & _IMPERIAL))
        return [frame.reading(frame.device, metric, value, at) for metric, value in said.items()]

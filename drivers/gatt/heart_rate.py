"""Heart rate sensors: the Heart Rate Measurement.

Document: Bluetooth SIG, "Heart Rate Service 1.0", section 3.1; GATT Specification Supplement, "Heart Rate Measurement".
Energy and the intervals between beats are no metrics. A strap without contact to the skin gives UNCERTAIN values.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame, Quality
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields

PROVEN = True
DEVICES = (Device("Any", "Heart rate sensor with the Bluetooth service 180D", ("heart_rate", "technical_alarm")),)

_WIDE, _CONTACT, _CONTACT_KNOWN, _ENERGY, _INTERVALS = 0x01, 0x02, 0x04, 0x08, 0x10


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Heart Rate Measurement."""
    return ("2a37",)


def decoder(_config: Config) -> "HeartRate":
    """The decoder of the service."""
    return HeartRate()


class HeartRate:
    """Stateless."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """One measurement."""
        fields = Fields(frame.payload)
        flags = fields.uint(1, "flags")
        rate = fields.uint(2 if flags & _WIDE else 1, "heart rate")
        if flags & _ENERGY:
            fields.uint(2, "energy expended")
        if flags & _INTERVALS and (fields.left == 0 or fields.left % 2):
            raise BadFrame("The value ends inside its intervals between beats", len(frame.payload))
        off = bool(flags & _CONTACT_KNOWN) and not flags & _CONTACT
        items: list[Decoded] = []
        if rate:
            quality = Quality.UNCERTAIN if off else Quality.GOOD
            items.append(frame.reading(frame.device, "heart_rate", float(rate), None, quality))
        if flags & _CONTACT_KNOWN:
            items.append(frame.reading(frame.device, "technical_alarm", "sensor off" if off else ""))
        return items

"""Clocks of devices: how far the Current Time is off.

Document: Bluetooth SIG, "Current Time Service 1.1", section 3.1; GATT Specification Supplement, "Exact Time 256".
A device whose clock is wrong files its measurements under the wrong time.
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from collector.ports import Decoded
from collector.reading import UNTIMED, Frame
from drivers.codecs.device_time import Timezone, zone_of
from drivers.codecs.devices import Device
from drivers.codecs.fields import Fields
from drivers.codecs.ieee11073 import DATE_TIME_BYTES, date_time

PROVEN = False
DEVICES = (Device("Any", "Device with the Bluetooth service 1805", ("clock_offset",)),)


class Config(BaseModel):
    """The device's clock has no zone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    timezone: Timezone | None = Field(
        None, description="Zone of the devices' clocks; without it nobody knows how far they are off."
    )


def claims(config: Config) -> tuple[str, ...]:
    """Current Time, where the zone is known."""
    return ("2a2b",) if config.timezone else ()


def decoder(config: Config) -> "CurrentTime":
    """The decoder of clocks in this zone."""
    return CurrentTime(config)


class CurrentTime:
    """A clock that does not know its day gives nothing; one that was never set is decades behind."""

    def __init__(self, config: Config) -> None:
        self._zone = zone_of(config.timezone)

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """How many seconds the clock is ahead of ours, to a tenth."""
        fields = Fields(frame.payload)
        said = date_time(fields.take(DATE_TIME_BYTES, "time"))
        fields.uint(1, "day of week")
        fraction = fields.uint(1, "fractions of a second") / 256
        fields.uint(1, "reason of adjustment")
        if said is None or self._zone is None or frame.received == UNTIMED:
            return ()
        ahead = (said.replace(tzinfo=self._zone) - frame.received).total_seconds() + fraction
        return (frame.reading(frame.device, "clock_offset", round(ahead, 1)),)

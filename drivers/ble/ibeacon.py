"""iBeacons: a tag or beacon that says nothing but who it is.

Document: Apple, "Proximity Beacon Specification", release R1, table 2-1.
The measured power at 1 m is no reading: it says how a beacon was set up, not how it is.
"""

from collections.abc import Sequence
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from collector.errors import BadFrame
from collector.ports import Decoded
from collector.reading import Frame
from drivers.codecs.beacons import PREFIX, measures
from drivers.codecs.devices import Device

PROVEN = True
DEVICES = (Device("any", "iBeacon", ()),)

_BYTES = 23


class Config(BaseModel):
    """Nothing to set."""

    model_config = ConfigDict(extra="forbid", strict=True)


def claims(_config: Config) -> tuple[str, ...]:
    """Apple's company id."""
    return ("manufacturer/004c",)


def decoder(_config: Config) -> "Ibeacon":
    """The decoder of iBeacons."""
    return Ibeacon()


class Ibeacon:
    """Tags are `ble:iBeacon:<uuid>-<major>-<minor>`, whatever address they use, as ESPresense names them too."""

    def decode(self, frame: Frame) -> Sequence[Decoded]:
        """That the beacon was heard."""
        data = frame.payload
        if not data.startswith(PREFIX) or measures(data, frame.name):
            return ()  # another type of Apple's, or one whose numbers are no name
        if len(data) < _BYTES:
            raise BadFrame(f"An iBeacon has {_BYTES} bytes, these are {len(data)}", len(data))
        major, minor = int.from_bytes(data[18:20]), int.from_bytes(data[20:22])
        seen = frame.sighting(f"ble:iBeacon:{UUID(bytes=data[2:18])}-{major}-{minor}")
        return () if seen is None else (seen,)

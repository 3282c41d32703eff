"""The things Wardkeeper hears: readings, sightings, announcements, and the frames they come in."""

from datetime import UTC, datetime
from enum import StrEnum

import msgspec

Value = float | bool | str

UNTIMED = datetime(1, 1, 1, tzinfo=UTC)
"""`Frame.received` where nobody received the frame (the command `decode`): a reading at this time has no time."""

OWN_GATEWAY = "wardkeeper"
"""The gateway of readings that Wardkeeper derived itself."""


class Quality(StrEnum):
    """How far a reading can be trusted (OPC UA's three words)."""

    GOOD = "GOOD"
    UNCERTAIN = "UNCERTAIN"
    BAD = "BAD"


class Reading(msgspec.Struct, frozen=True, gc=False, tag="r", array_like=True):
    """A device's value.

    `device` is the native id (`mqtt:zigbee2mqtt/OR-2/air`), `metric` a name of `collector.metrics`,
    `at` when it was measured and `received` when it was heard: aware UTC, whole milliseconds.
    `gateway` is what heard it, "" when the device spoke for itself. `retained`: the broker kept it, nobody knows how
    long, and it has no time of its own: state, not news.
    """

    device: str
    metric: str
    value: Value
    at: datetime
    received: datetime
    gateway: str = ""
    quality: Quality = Quality.GOOD
    retained: bool = False


class Sighting(msgspec.Struct, frozen=True, gc=False, tag="s", array_like=True):
    """One gateway heard one tag at `rssi_dbm`; `motion` is the tag's own motion counter."""

    tag: str
    gateway: str
    rssi_dbm: float
    received: datetime
    motion: int | None = None


class Announcement(msgspec.Struct, frozen=True, gc=False, tag="a", array_like=True):
    """A device says that it exists.

    `facts` are among name, maker, model, serial, firmware, kind, interval_s, address.
    """

    device: str
    facts: dict[str, str]
    received: datetime


Item = Reading | Sighting | Announcement


class Frame(msgspec.Struct, frozen=True, gc=False):
    """Bytes as a link heard them.

    `family` names the decoders and `topic` the address among them: an MQTT topic, `manufacturer/0499` or `service/fcd2`
    of an advertisement, a GATT characteristic (`2a5f`).
    `device` is who sent it, `name` what it calls itself, `gateway` what heard it at `rssi_dbm`, where the link knows.
    """

    link: str
    topic: str
    payload: bytes
    received: datetime
    retained: bool = False
    device: str = ""
    family: str = "mqtt"
    gateway: str = ""
    rssi_dbm: float | None = None
    name: str = ""

    def reading(
        self, device: str, metric: str, value: Value, at: datetime | None = None, quality: Quality = Quality.GOOD
    ) -> Reading:
        """A reading out of this frame. A retained one without device time is UNCERTAIN: state, not news."""
        retained = self.retained and at is None
        if retained and quality is Quality.GOOD:
            quality = Quality.UNCERTAIN
        return Reading(
            device, metric, value, at or self.received, self.received, self.gateway, quality=quality, retained=retained
        )

    def sighting(self, tag: str, motion: int | None = None) -> Sighting | None:
        """That the gateway heard `tag`; None where it does not say how loud."""
        return None if self.rssi_dbm is None else Sighting(tag, self.gateway, self.rssi_dbm, self.received, motion)


class DeliveryKey(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What makes a redelivered message recognisable: link, its session, message id, hash of topic and payload.

    Only a message flagged as a redelivery is looked up; every message is remembered.
    """

    link: str
    session: str
    mid: int
    digest: bytes
    redelivered: bool = False

"""One BLE advertisement and the frames it is made of.

Document: Bluetooth Core Specification Supplement, part A, "Manufacturer Specific Data", "Service Data", "Local
Name" and "Service UUID".

Each element is a frame: `manufacturer/0499` (by company id) and `service/fcd2`. Some makers put a measurement where the
company id belongs, or share one with others; for them the whole manufacturer record, company id first as on the air,
is also a frame by local name (`name/sps`, claimed as it is or as a beginning, `name/TP35*`) and by each service UUID
that is advertised (`uuid/fe78`). Where the service data says of what the manufacturer's are, both are a frame
(`with/fd3d`): how long the service data are (two bytes), they, and the record.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import msgspec

from collector.reading import Frame

_BASE = "-0000-1000-8000-00805f9b34fb"


class Advertisement(msgspec.Struct, frozen=True):
    """What one device said, as bleak and the gateways give it: data by company id and by UUID, name, services."""

    address: str
    rssi_dbm: float | None = None
    manufacturer_data: Mapping[int, bytes] = {}
    service_data: Mapping[str, bytes] = {}
    name: str = ""
    service_uuids: Collection[str] = ()

    @property
    def device(self) -> str:
        """Its native id."""
        return f"ble:{self.address.upper()}"

    def frames(self, link: str, received: datetime, gateway: str = "") -> Iterator[Frame]:
        """A frame for each element, and those by name and service."""
        for topic, data in elements(self.manufacturer_data, self.service_data, self.name, self.service_uuids):
            yield Frame(
                link,
                topic,
                data,
                received,
                device=self.device,
                family="ble",
                gateway=gateway,
                rssi_dbm=self.rssi_dbm,
                name=self.name,
            )


def elements(
    manufacturer: Mapping[int, bytes],
    services: Mapping[str, bytes],
    name: str,
    uuids: Collection[str],
    records: Mapping[int, bytes] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """What an advertisement is made of, by the topic of its frame.

    `records` are those of `manufacturer` that it had itself, where others are only remembered from earlier ones.
    """
    for company, payload in manufacturer.items():
        yield f"manufacturer/{company:04x}", payload
    for uuid, payload in services.items():
        yield f"service/{short(uuid)}", payload
    if not name and not uuids and not services:
        return
    for company, payload in (manufacturer if records is None else records).items():
        record = company.to_bytes(2, "little") + payload
        for uuid, data in services.items():
            yield f"with/{short(uuid)}", len(data).to_bytes(2) + data + record
        if name:
            yield f"name/{name.replace('/', '_')}", record
        for uuid in uuids:
            yield f"uuid/{short(uuid)}", record


def is_whole(topic: str) -> bool:
    """Whether the frame has a whole manufacturer record, which is another frame already: nobody need claim it."""
    return topic.startswith(("name/", "uuid/", "with/"))


def short(uuid: str) -> str:
    """A UUID in lower case, of 4 digits where it is one of the Bluetooth SIG's."""
    uuid = uuid.lower()
    return uuid[4:8] if uuid.startswith("0000") and uuid.endswith(_BASE) else uuid

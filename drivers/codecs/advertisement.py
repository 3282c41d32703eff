"""One BLE advertisement and the frames it is made of.

Document: Bluetooth Core Specification Supplement, part A, "Manufacturer Specific Data" and "Service Data".
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from collector.reading import Frame

_BASE = "-0000-1000-8000-00805f9b34fb"


class Advertisement(msgspec.Struct, frozen=True):
    """What one device said, as bleak and the gateways give it: data by company id and by UUID."""

    address: str
    rssi_dbm: float | None = None
    manufacturer_data: Mapping[int, bytes] = {}
    service_data: Mapping[str, bytes] = {}

    @property
    def device(self) -> str:
        """Its native id."""
        return f"ble:{self.address.upper()}"

    def frames(self, link: str, received: datetime, gateway: str = "") -> Iterator[Frame]:
        """A frame for each element."""
        elements = {f"manufacturer/{company:04x}": data for company, data in self.manufacturer_data.items()}
        elements |= {f"service/{short(uuid)}": data for uuid, data in self.service_data.items()}
        for topic, data in elements.items():
            yield Frame(
                link,
                topic,
                data,
                received,
                device=self.device,
                family="ble",
                gateway=gateway,
                rssi_dbm=self.rssi_dbm,
            )


def short(uuid: str) -> str:
    """A UUID in lower case, of 4 digits where it is one of the Bluetooth SIG's."""
    uuid = uuid.lower()
    return uuid[4:8] if uuid.startswith("0000") and uuid.endswith(_BASE) else uuid

"""Bluetooth advertisements a second, from what bleak tells to readings and sightings, without D-Bus."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from collector.clock import SystemClock
from collector.counters import Counters
from collector.ports import Part
from collector.reading import DeliveryKey, Item
from drivers.codecs.ble_identities import Identities
from drivers.dialects import Dialect, Dialects, open_dialects
from drivers.links import ble_part
from drivers.links.ble_adapter import Adapter
from drivers.links.ble_adverts import Adverts, Heard
from drivers.links.ble_bluez import Radio
from drivers.links.ble_config import Config
from drivers.links.decoding import Decoding
from drivers.links.link import House
from wardkeeper.bench.decoders import RUUVI
from wardkeeper.bench.load import machine
from wardkeeper.bench.rates import QUICK_ROUNDS, ROUNDS, rate

_LINK = "bench"
_TAGS = 200
_COMPANY = 0x0499
_HEARD = datetime(2026, 11, 24, 12, tzinfo=UTC)
_BATCH = 64
_NUMBER_AT = 16  # where Ruuvi's format 5 counts its measurements


class _Nowhere:
    """An intake that has room."""

    def offer(
        self, items: Sequence[Item], durable: Callable[[], None] | None = None, key: DeliveryKey | None = None
    ) -> bool:
        del items, durable, key
        return True

    def offer_all(self, parts: Sequence[Part], durable: Callable[[], None] | None = None) -> bool:
        del parts, durable
        return True


def measure(*, quick: bool) -> dict[str, Any]:
    """Adverts of 200 Ruuvi tags: `new_per_s` where each says something new, `repeated_per_s` where none does."""
    count, rounds = (1_000, QUICK_ROUNDS) if quick else (10_000, ROUNDS)
    ear = _adapter()
    new = [_heard(ear, number, number // _TAGS) for number in range(count)]
    repeated = [_heard(ear, number, 0) for number in range(count)]
    opened = open_dialects(Config().dialects)
    items = _understood(new, opened)
    return {
        "new_per_s": round(rate(lambda: _understood(new, opened), count, rounds)),
        "repeated_per_s": round(rate(lambda: _understood(repeated, opened), count, rounds)),
        "items_per_advert": round(items / count, 1),
        "machine": machine(),
    }


def _understood(heard: list[Heard], opened: list[Dialect]) -> int:
    """By a link that has just begun."""
    clock = SystemClock()
    counters = Counters(clock)
    house = House(_Nowhere(), counters, clock, lambda *_: "")
    dialects, decoding = Dialects(opened), Decoding(_LINK, house)
    adverts = Adverts(_LINK, dialects, Identities({}), decoding, counters, lambda *_: None)
    return sum(len(adverts.understand(heard[at : at + _BATCH], at / 1000)) for at in range(0, len(heard), _BATCH))


def _adapter() -> Adapter:
    radio = Radio("hci0", "00:1A:7D:DA:71:01", powered=True, discovering=True)
    return Adapter(radio, Config(), [], ble_part.Part("hci0", "", SystemClock()), lambda *_: None, lambda *_: None)


def _heard(ear: Adapter, number: int, measurement: int) -> Heard:
    """What bleak tells: BlueZ's properties are new objects for whatever was reported anew."""
    address = f"CB:B8:33:4C:{number % _TAGS // 100:02X}:{number % _TAGS % 100:02X}"
    payload = RUUVI[:_NUMBER_AT] + measurement.to_bytes(2, "big") + RUUVI[_NUMBER_AT + 2 :]
    data = {_COMPANY: payload}
    properties = {"AddressType": "random", "ManufacturerData": data}
    advert = AdvertisementData(None, data, {}, [], None, -60 - number % 7, ("/org/bluez", properties))
    return Heard(_HEARD, ear, BLEDevice(address, None, None), advert)

"""From an advertisement to readings and sightings, each said once.

BlueZ tells an advertisement as a change of a device's properties and gives all of them, the old ones too. So what is
new is found here: data and RSSI that were reported now, and of data only what was not said before. A number of the
message itself (Ruuvi's measurement, BTHome's packet id) makes a repetition known for minutes, without one equal data
count as a repetition for seconds. A repetition that was heard anew still says where the tag is.

BlueZ may keep manufacturer data of earlier advertisements under their company ids. Where a maker puts its measurement
there, what was said now is the entry that has changed; which of several that have not is unknown, and nothing is said.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from collector.counters import Counters
from collector.reading import Announcement, Frame, Item, Reading, Sighting
from drivers.codecs.advertisement import elements, is_whole
from drivers.codecs.ble_identities import Identities, is_private
from drivers.dialects import Dialects
from drivers.links.ble_adapter import Adapter
from drivers.links.decoding import Decoding

_NO_RSSI = -127  # bleak's word for a device without one
_NUMBERED_S, _PLAIN_S = 300.0, 10.0
_RECENT = 8  # messages of one element that can overtake each other between adapters
_GENERATION = 10_000

Tag = tuple[str, int | None]


class Heard(NamedTuple):
    """One call of bleak: when, by whom, and what it gave."""

    received: datetime
    adapter: Adapter
    device: BLEDevice
    advert: AdvertisementData


class _Said(msgspec.Struct, gc=False):
    """An element as it was said last; `tags` are whom its decoder named."""

    payload: bytes
    at: float
    tags: tuple[Tag, ...] = ()


class _Ear(msgspec.Struct):
    """What one adapter reported of a device last."""

    manufacturer: Mapping[int, bytes] | None = None
    service: object = None
    rssi: int = _NO_RSSI


class _Known(msgspec.Struct):
    """A device as far as it has been heard. `hidden`: its address will change and nobody knows whose it is."""

    id: str
    hidden: bool
    name: str | None = None
    facts: dict[tuple[str, str], Mapping[str, str]] = {}  # by device and element
    ears: dict[str, _Ear] = {}
    said: dict[str, deque[_Said]] = {}

    def ear(self, gateway: str) -> _Ear:
        """What `gateway` reported last."""
        if (ear := self.ears.get(gateway)) is None:
            ear = self.ears[gateway] = _Ear()
        return ear

    def learnt(self, topic: str, facts: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, dict[str, str]]]:
        """Devices of which an element says something new, each with what all elements together say of it.

        One part does not take back what another one knows.
        """
        for device, said in facts.items():
            if self.facts.get((device, topic)) != said:
                self.facts[device, topic] = said
                mine = (one for (whose, _), one in self.facts.items() if whose == device)
                yield device, {fact: value for one in mine for fact, value in one.items()}


class Adverts:
    """The advertisements of one link. `seen` is told of every device that is heard, for those to be connected."""

    def __init__(
        self,
        link: str,
        dialects: Dialects,
        identities: Identities,
        decoding: Decoding,
        counters: Counters,
        seen: Callable[[str, Heard], None],
    ) -> None:
        self._link = link
        self._dialects = dialects
        self._identities = identities
        self._decoding = decoding
        self._counters = counters
        self._seen = seen
        self._young: dict[str, _Known] = {}
        self._old: dict[str, _Known] = {}

    def understand(self, batch: Sequence[Heard], now: float) -> list[Item]:
        """What is new in `batch`; `now` in seconds on a clock that is never set."""
        items: list[Item] = []
        frames: Counter[Adapter] = Counter()
        for heard in batch:
            known = self._known(heard)
            ear = known.ear(heard.adapter.radio.gateway)
            before = ear.manufacturer
            if not _reported(heard, ear):
                continue
            self._seen(known.id, heard)
            said = len(items)
            told = heard.advert.manufacturer_data
            records = self._records(told, before) if len(told) > 1 else told
            frames[heard.adapter] += self._understand(heard, known, records, now, items)
            if len(items) > said:
                self._introduce(heard, known, items)
        for adapter, several in frames.items():
            if several:
                adapter.part.heard(batch[-1].received, several)
        self._counters.heard(self._link, frames=frames.total(), readings=len(items))
        return items

    # ------------------------------------------------------------------ one advertisement

    def _records(self, told: Mapping[int, bytes], before: Mapping[int, bytes] | None) -> Mapping[int, bytes]:
        """Those of several records of manufacturers that this advertisement has for certain."""
        changed = {} if before is None else {one: data for one, data in told.items() if before.get(one) != data}
        if changed:
            return changed
        alone = {
            one: data for one, data in told.items() if not self._dialects.decoders(f"manufacturer/{one:04x}", "ble")
        }
        return alone if len(alone) == 1 else {}

    def _understand(
        self, heard: Heard, known: _Known, records: Mapping[int, bytes], now: float, items: list[Item]
    ) -> int:
        """Add what it says; give how many elements it has."""
        gateway, rssi = heard.adapter.radio.gateway, heard.advert.rssi
        tags: list[Tag] = []
        frames, advert, first = 0, heard.advert, len(items)
        for topic, payload in elements(
            advert.manufacturer_data, advert.service_data, advert.local_name or "", advert.service_uuids, records
        ):
            frames += not is_whole(topic)
            tags += self._element(heard, known, topic, payload, now, items)
        if len(items) > first + 1 and frames > 1:
            items[first:] = _once(items[first:])
        if rssi != _NO_RSSI:
            if not tags and not known.hidden:
                tags.append((known.id, None))
            items += [Sighting(tag, gateway, rssi, heard.received, motion) for tag, motion in tags]
        return frames

    def _element(
        self, heard: Heard, known: _Known, topic: str, payload: bytes, now: float, items: list[Item]
    ) -> tuple[Tag, ...]:
        decoders = self._dialects.decoders(topic, "ble")
        if not decoders:
            if not is_whole(topic):
                self._counters.unknown(self._link, topic)
            return ()
        frame = Frame(
            self._link,
            topic,
            payload,
            heard.received,
            device=known.id,
            family="ble",
            gateway=heard.adapter.radio.gateway,
            rssi_dbm=None if heard.advert.rssi == _NO_RSSI else heard.advert.rssi,
            name=heard.advert.local_name or "",
        )
        number = getattr(decoders[0], "sequence", None)
        numbered = number is not None and number(frame) is not None
        recent = known.said.get(topic)
        if recent is None:
            recent = known.said[topic] = deque(maxlen=_RECENT)
        within = now - (_NUMBERED_S if numbered else _PLAIN_S)
        for said in recent:
            if said.payload == payload and said.at > within:
                return said.tags
        tags: list[Tag] = []
        facts: dict[str, Mapping[str, str]] = {}
        for item in self._decoding.decode(frame, self._dialects):
            if isinstance(item, Sighting):
                tags.append((item.tag, item.motion))
            elif isinstance(item, Announcement):
                facts[item.device] = {**facts[item.device], **item.facts} if item.device in facts else item.facts
            else:
                items.append(item)
        items += [Announcement(*new, heard.received) for new in known.learnt(topic, facts)] if facts else ()
        recent.append(_Said(payload, now, tuple(tags)))
        return tuple(tags)

    # ------------------------------------------------------------------ devices

    def _known(self, heard: Heard) -> _Known:
        """The device that spoke; those not heard for two generations are forgotten."""
        address = heard.device.address
        known = self._young.get(address)
        if known is None:
            known = self._old.pop(address, None) or self._new(heard)
            if len(self._young) >= _GENERATION:
                self._old, self._young = self._young, {}
            self._young[address] = known
        return known

    def _new(self, heard: Heard) -> _Known:
        address, random = heard.device.address, heard.advert.platform_data[1].get("AddressType") == "random"
        native = self._identities.device(address, random=random)
        hidden = random and is_private(address) and native == f"ble:{address.upper()}"
        return _Known(native, hidden)

    @staticmethod
    def _introduce(heard: Heard, known: _Known, items: list[Item]) -> None:
        """Say a device's name when it is first heard, and when it has another."""
        name = heard.advert.local_name
        if name and name != known.name and not known.hidden:
            known.name = name
            facts = {"name": name, "address": heard.device.address.upper()}
            items.append(Announcement(known.id, facts, heard.received))


def _once(items: list[Item]) -> list[Item]:
    """One quantity of one advertisement is said once, by the first element that has it."""
    said: dict[tuple[str, str], Item] = {}
    twice: set[int] = set()
    for item in items:
        if isinstance(item, Reading) and said.setdefault((item.device, item.metric), item) is not item:
            twice.add(id(item))
    return [item for item in items if id(item) not in twice] if twice else items


def _reported(heard: Heard, ear: _Ear) -> bool:
    """Whether anything of it was reported now; something else about the device may have changed."""
    rssi = heard.advert.rssi
    properties: Mapping[str, Any] = heard.advert.platform_data[1]
    manufacturer, service = properties.get("ManufacturerData"), properties.get("ServiceData")
    # What BlueZ reported anew is another object; what it only gives along is the one of before.
    told = manufacturer is not ear.manufacturer or service is not ear.service
    louder = rssi not in {ear.rssi, _NO_RSSI}
    ear.manufacturer, ear.service, ear.rssi = manufacturer, service, rssi
    return told or louder

"""Where is the nearest usable one? Search over a snapshot and the newest readings; no I/O, a few milliseconds."""

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Protocol

import msgspec

from asset_registry.assets import Usability, usable
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.ports import Fix
from asset_registry.locating.service import CONFIDENCE, ROOM, fix_of
from asset_registry.locating.words import LIKELY, word_of
from asset_registry.snapshot import Snapshot
from asset_registry.udi import BadUdi, Udi, parse
from collector.reading import Reading

SYNONYMS = {
    "pump": ("infusion pump", "syringe pump", "infusion", "feeding pump"),
    "infusion": ("syringe pump",),
    "drip": ("infusion pump",),
    "perfusor": ("syringe pump",),
    "vent": ("ventilator",),
    "respirator": ("ventilator",),
    "sat": ("pulse oximeter",),
    "oximeter": ("pulse oximeter",),
    "spo2": ("pulse oximeter",),
    "defi": ("defibrillator",),
    "aed": ("defibrillator",),
    "ecg": ("electrocardiograph",),
    "ekg": ("electrocardiograph",),
    "bp": ("blood pressure",),
    "fridge": ("refrigerator",),
    "wheelchair": ("transport chair",),
    "us": ("ultrasound",),
    "echo": ("ultrasound",),
}
"""What people say for what the catalogue calls otherwise; a word finds itself as well."""

USABLE = "usable"
"""The word that asks for what can be taken now."""

_WORD = re.compile(r"[\w.:/-]+")


class Newest(Protocol):
    """The newest readings by device (`collector.latest.Latest`)."""

    def get(self, device: str, metric: str) -> Reading | None:
        """The newest reading of one metric."""


class Hit(msgspec.Struct, frozen=True, gc=False):
    """An asset that was asked for.

    `room` is where it is believed to be, None when nobody knows; `seen` when it was last heard there, None for an asset
    that stays at its home; `word` the confidence in words; `distance_m` from the place asked from. `why` says why it is
    doubtful or not usable.
    """

    asset: KnownAsset
    usability: Usability
    room: KnownPlace | None
    confidence: float
    seen: datetime | None
    distance_m: float | None
    why: str = ""

    @property
    def word(self) -> str:
        """The confidence in words."""
        return word_of(self.confidence)


@dataclass(frozen=True)
class FindResult:
    """Each list nearest first. `doubtful`: usable, but nobody can be sure that it is there or clean.

    `meant`: for words that name nothing, the words that were taken for them.
    """

    usable: list[Hit] = field(default_factory=list)
    doubtful: list[Hit] = field(default_factory=list)
    not_usable: list[Hit] = field(default_factory=list)
    meant: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many assets were found."""
        return len(self.usable) + len(self.doubtful) + len(self.not_usable)


def find_assets(
    snapshot: Snapshot,
    latest: Newest,
    text: str,
    near: int | None,
    now: datetime,
    zone: tzinfo = UTC,
) -> FindResult:
    """The assets that `text` names, sorted by whether they can be taken and by the way on foot from the place `near`.

    Every word of the text, in any order, must begin a word of the asset's number, name, category, maker, model, serial,
    UDI, department, status or a device's name or native id, or the number of the room where it is; a room's or floor's
    name counts when nothing else is called so. `usable` leaves only those. An empty text finds nothing.
    """
    asked = Asked(snapshot, latest, now, text)
    start = snapshot.room_of(near) if near is not None else None
    ways = snapshot.ways(start) if start is not None else None
    found = FindResult(meant=asked.meant)
    for asset in asked.assets:
        usability = usable(asset, now, asset.claimer, zone)
        room, confidence, seen = whereabouts(snapshot, latest, asset, now)
        distance = ways.metres(room) if ways is not None and room is not None else None
        why = usability.why or _doubt(room, confidence, seen)
        hit = Hit(asset, usability, room, confidence, seen, distance, why)
        group = found.not_usable if not usability.usable else found.doubtful if why else found.usable
        group.append(hit)
    if asked.only_usable:
        found.not_usable.clear()
    for group in (found.usable, found.doubtful, found.not_usable):
        group.sort(key=_order)
    return found


class Asked:
    """What was asked for: `assets` in no particular order, retired ones only by their exact number or UDI."""

    def __init__(self, snapshot: Snapshot, latest: Newest, now: datetime, text: str) -> None:
        self._snapshot, self._latest, self._now = snapshot, latest, now
        self.meant: dict[str, str] = {}
        said = words_of(text)
        words = [word for word in said if word != USABLE]
        self.only_usable = len(words) < len(said)
        self.assets = (scanned(snapshot, text.strip()) or self._named(words, text)) if said else []

    def _named(self, words: Sequence[str], text: str) -> list[KnownAsset]:
        assets = self._snapshot.assets
        known: AbstractSet[int] | None = None
        elsewhere: list[tuple[AbstractSet[int], AbstractSet[int]]] = []
        for word in words:
            named, rooms = self._meaning(word)
            if rooms:
                elsewhere.append((named, rooms))
            else:
                known = named if known is None else known & named
        for named, rooms in elsewhere:
            known = self._within(assets.keys() if known is None else known, named, rooms)
        exact = self._snapshot.asset_called(text)
        chosen = assets.keys() if known is None and self.only_usable else known or ()
        found = [assets[one] for one in chosen if assets[one].holding != "retired"]
        return found if exact is None or exact in found else [exact, *found]

    def _meaning(self, word: str) -> tuple[AbstractSet[int], AbstractSet[int]]:
        """The assets that a word names, and the rooms."""
        named, rooms = self._called(word), self._snapshot.rooms_numbered(word)
        if named or rooms:
            return named, rooms
        if rooms := self._snapshot.rooms_called(word):
            return named, rooms
        meant = self._snapshot.vocabulary.meant(word)
        if meant:
            self.meant[word] = meant
        return (self._called(meant) if meant else named), rooms

    def _called(self, word: str) -> AbstractSet[int]:
        single = word[:-1] if len(word) > 3 and word.endswith("s") else word
        others = {word, single, *SYNONYMS.get(word, ()), *SYNONYMS.get(single, ())}
        spoken = [self._spoken(other) for other in others]
        return spoken[0] if len(spoken) == 1 else frozenset().union(*spoken)

    def _spoken(self, phrase: str) -> AbstractSet[int]:
        """What has each word of a phrase."""
        sets = [self._snapshot.vocabulary.named(part) for part in phrase.split()]
        return frozenset(sets[0]).intersection(*sets[1:])

    def _within(self, candidates: Iterable[int], named: AbstractSet[int], rooms: AbstractSet[int]) -> AbstractSet[int]:
        """Of the candidates those that are named, or believed to be in one of the rooms."""
        snapshot, get = self._snapshot, self._latest.get
        said = {str(room) for room in rooms}  # most were never heard there: their reading is enough to see it

        def may_be(one: int) -> bool:
            devices = snapshot.talkers_of(one)
            return not devices or any((room := get(device, ROOM)) is None or room.value in said for device in devices)

        def is_there(one: int) -> bool:
            room, _, _ = whereabouts(snapshot, self._latest, snapshot.assets[one], self._now)
            return room is not None and room.id in rooms

        return {one for one in candidates if one in named or (may_be(one) and is_there(one))}


def scanned(snapshot: Snapshot, text: str) -> list[KnownAsset]:
    """Of a label that was scanned: the piece, or where its serial or lot is not known here, all of its model."""
    try:
        udi = parse(text)
    except BadUdi:
        return []
    model = [asset for asset in snapshot.assets.values() if asset.udi_di == udi.di]
    pieces = [asset for asset in model if _is_piece(asset, udi)]
    return pieces or model


def _is_piece(asset: KnownAsset, udi: Udi) -> bool:
    """By its serial number, or its lot where the label has none.

    `udi_pi` holds one of them, or what stands behind the DI on the label.
    """
    try:
        known = parse(f"(01){asset.udi_di}{asset.udi_pi}", checked=False)
    except BadUdi:
        serials, lots = {asset.serial, asset.udi_pi}, {asset.udi_pi}
    else:
        serials, lots = {asset.serial, known.serial}, {known.lot}
    return udi.serial in serials if udi.serial else bool(udi.lot) and udi.lot in lots


def words_of(text: str) -> list[str]:
    """The words of a search, in lower case."""
    return _WORD.findall(text.casefold())


def whereabouts(
    snapshot: Snapshot, latest: Newest, asset: KnownAsset, now: datetime
) -> tuple[KnownPlace | None, float, datetime | None]:
    """Room, confidence and when last heard: the best fix of the asset's devices, or the home of what stays put."""
    best: Fix | None = None
    for device in snapshot.talkers_of(asset.id):
        if (room := latest.get(device, ROOM)) is not None:
            confidence = latest.get(device, CONFIDENCE)
            fix = fix_of({ROOM: room, CONFIDENCE: confidence} if confidence is not None else {ROOM: room}, now)
            if fix is not None and (best is None or (fix.confidence, fix.at) > (best.confidence, best.at)):
                best = fix
    if best is not None:
        place = snapshot.places.get(best.place_id) if best.place_id is not None else None
        return place, best.confidence, best.at
    if not asset.mobile and asset.home_id is not None:
        return snapshot.room_of(asset.home_id) or snapshot.places.get(asset.home_id), 1.0, None
    return None, 0.0, None


def _doubt(room: KnownPlace | None, confidence: float, seen: datetime | None) -> str:
    if room is None:
        return "Never located" if seen is None else "Not heard any more"
    return "" if confidence >= LIKELY else "Perhaps not there"


def battery_of(snapshot: Snapshot, latest: Newest, asset: KnownAsset) -> float | None:
    """Percent: the asset's own voice before its tag's, whose battery says nothing about the asset."""
    for binding in snapshot.bindings_of_asset(asset.id):
        if binding.role == "self":
            reading = latest.get(snapshot.devices[binding.device_id].native_id, "battery")
            if reading is not None and not isinstance(reading.value, bool | str):
                return float(reading.value)
    return None


def _order(hit: Hit) -> tuple[bool, float, float, str]:
    known = hit.distance_m is not None
    return (not known, hit.distance_m or 0.0, -hit.confidence, hit.asset.number)

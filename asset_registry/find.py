"""Where is the nearest usable one? Search over a snapshot and the newest readings; no I/O, a few milliseconds."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Protocol

from asset_registry.assets import Usability, usable
from asset_registry.known import KnownAsset, KnownPlace
from asset_registry.locating.service import fix_of
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

_WORD = re.compile(r"[\w.:/-]+")


class Newest(Protocol):
    """The newest readings by device (`collector.latest.Latest`)."""

    def get(self, device: str, metric: str) -> Reading | None:
        """The newest reading of one metric."""


@dataclass(frozen=True)
class Hit:
    """An asset that was asked for.

    `room` is where it is believed to be, None when nobody knows; `seen` when it was last heard there, None for an asset
    that stays at its home; `word` the confidence in words; `distance_m` from the place asked from. `why` says why it is
    doubtful or not usable.
    """

    asset: KnownAsset
    usability: Usability
    room: KnownPlace | None
    confidence: float
    word: str
    seen: datetime | None
    distance_m: float | None
    battery: float | None
    why: str = ""


@dataclass(frozen=True)
class FindResult:
    """Each list nearest first. `doubtful`: usable, but nobody can be sure that it is there or clean."""

    usable: list[Hit]
    doubtful: list[Hit]
    not_usable: list[Hit]

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
    """The assets that `text` names, sorted by whether they can be taken and by distance from the place `near`.

    Every word of the text must be found in the asset's number, name, category, maker, model, serial, department or a
    device's name or native id; a word that is the beginning of one counts. An empty text finds nothing.
    """
    found = FindResult([], [], [])
    for asset in matching(snapshot, text):
        hit = _hit(snapshot, latest, asset, near, now, zone)
        if not hit.usability.usable:
            found.not_usable.append(hit)
        elif hit.why:
            found.doubtful.append(hit)
        else:
            found.usable.append(hit)
    for group in (found.usable, found.doubtful, found.not_usable):
        group.sort(key=_order)
    return found


def matching(snapshot: Snapshot, text: str) -> list[KnownAsset]:
    """The assets that `text` names, in no particular order; retired ones only by their exact number or UDI."""
    words = words_of(text)
    if not words:
        return []
    if scanned := _scanned(snapshot, text.strip()):
        return scanned
    exact = snapshot.asset(text.strip())
    found = [
        asset
        for asset in snapshot.assets.values()
        if asset.holding != "retired" and all(_said(word, snapshot.search_text(asset.id)) for word in words)
    ]
    return found if exact is None or exact in found else [exact, *found]


def _scanned(snapshot: Snapshot, text: str) -> list[KnownAsset]:
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


def _said(word: str, haystack: str) -> bool:
    """Whether a word, or what it is a synonym of, begins a word of the asset's text."""
    if f" {word}" in haystack:
        return True
    single = word[:-1] if len(word) > 3 and word.endswith("s") else word
    return any(f" {other}" in haystack for other in (single, *SYNONYMS.get(word, ()), *SYNONYMS.get(single, ())))


def _hit(snapshot: Snapshot, latest: Newest, asset: KnownAsset, near: int | None, now: datetime, zone: tzinfo) -> Hit:
    usability = usable(asset, now, asset.claimer, zone)
    room, confidence, seen = whereabouts(snapshot, latest, asset, now)
    word = word_of(confidence)
    distance = snapshot.distance_m(near, room.id) if near is not None and room is not None else None
    why = usability.why or _doubt(room, confidence, seen)
    return Hit(asset, usability, room, confidence, word, seen, distance, _battery(snapshot, latest, asset), why)


def whereabouts(
    snapshot: Snapshot, latest: Newest, asset: KnownAsset, now: datetime
) -> tuple[KnownPlace | None, float, datetime | None]:
    """Room, confidence and when last heard: the best fix of the asset's devices, or the home of what stays put."""
    best: tuple[KnownPlace | None, float, datetime | None] = (None, 0.0, None)
    for device in snapshot.devices_of_asset(asset.id):
        readings = {
            metric: reading
            for metric in ("room", "fix_confidence")
            if (reading := latest.get(device.native_id, metric)) is not None
        }
        fix = fix_of(readings, now)
        if fix is not None and (best[2] is None or (fix.confidence, fix.at) > (best[1], best[2])):
            room = snapshot.places.get(fix.place_id) if fix.place_id is not None else None
            best = (room, fix.confidence, fix.at)
    if best[2] is None and not asset.mobile and asset.home_id is not None:
        return snapshot.room_of(asset.home_id) or snapshot.places.get(asset.home_id), 1.0, None
    return best


def _doubt(room: KnownPlace | None, confidence: float, seen: datetime | None) -> str:
    if room is None:
        return "Never located" if seen is None else "Not heard any more"
    return "" if confidence >= LIKELY else "Perhaps not there"


def _battery(snapshot: Snapshot, latest: Newest, asset: KnownAsset) -> float | None:
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

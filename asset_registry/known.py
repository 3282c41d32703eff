"""What a snapshot knows: the registry's rows as frozen values that can be written to a file."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

import msgspec

_Row = TypeVar("_Row")


class KnownPlace(msgspec.Struct, frozen=True):
    """A place; fields as in `places.Place`."""

    id: int
    kind: str
    parent_id: int | None
    number: str
    name: str
    level: int | None
    room_type: str
    plan: dict[str, Any]


class KnownAsset(msgspec.Struct, frozen=True):
    """An asset; fields as in `assets.Asset`, and, last since no column has it, the name of who claimed it."""

    id: int
    number: str
    name: str
    category: str
    maker: str
    model: str
    serial: str
    udi_di: str
    udi_pi: str
    department: str
    criticality: str
    mobile: bool
    use: str
    hygiene: str
    condition: str
    holding: str
    claimed_by: int | None
    claimed_until: datetime | None
    home_id: int | None
    changed: datetime
    code: str = ""
    counterparty: str = ""
    return_due: date | None = None
    return_asked: datetime | None = None
    custodian: str = ""
    maintenance_due: date | None = None
    recall: str = ""
    sequestered: datetime | None = None
    merged_into: int | None = None
    custom: dict[str, Any] = {}
    claimer: str = ""


class KnownDevice(msgspec.Struct, frozen=True):
    """A device; fields as in `bindings.Device`."""

    id: int
    site: str
    native_id: str
    name: str
    kind: str
    maker: str
    model: str
    firmware: str
    interval_s: float | None
    first_seen: datetime
    dismissed: bool


class KnownGateway(msgspec.Struct, frozen=True):
    """A gateway; fields as in `bindings.Gateway`."""

    device_id: int
    place_id: int
    x_m: float
    y_m: float


class KnownBinding(msgspec.Struct, frozen=True):
    """A binding; fields as in `bindings.Binding`."""

    id: int
    device_id: int
    asset_id: int | None
    place_id: int | None
    role: str
    since: datetime
    until: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether it was in force at that time."""
        return self.since <= at and (self.until is None or at < self.until)


class Content(msgspec.Struct, frozen=True):
    """A whole snapshot as it is written to disk. `serves` holds (asset id, place id), `air` what places say of it.

    `map`: the id of the location map in use (`locating.walked`); None is none.
    """

    site: str
    revision: int
    taken: datetime
    places: list[KnownPlace]
    assets: list[KnownAsset]
    devices: list[KnownDevice]
    gateways: list[KnownGateway]
    bindings: list[KnownBinding]
    serves: list[tuple[int, int]]
    version: int = 1
    air: dict[int, dict[str, Any]] = {}
    map: int | None = None


class Changes(msgspec.Struct, frozen=True):
    """What is different at a later revision: rows by id, None for one that is gone.

    `serves`, `air` and `map` are whole, or unset where they stayed as they were.
    """

    revision: int
    taken: datetime
    places: dict[int, KnownPlace | None] = {}
    assets: dict[int, KnownAsset | None] = {}
    devices: dict[int, KnownDevice | None] = {}
    gateways: dict[int, KnownGateway | None] = {}
    bindings: dict[int, KnownBinding | None] = {}
    serves: list[tuple[int, int]] | msgspec.UnsetType = msgspec.UNSET
    air: dict[int, dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    map: int | msgspec.UnsetType | None = msgspec.UNSET


def all_of(content: Content) -> Changes:
    """What is different from nothing."""
    return Changes(
        content.revision,
        content.taken,
        {row.id: row for row in content.places},
        {row.id: row for row in content.assets},
        {row.id: row for row in content.devices},
        {row.device_id: row for row in content.gateways},
        {row.id: row for row in content.bindings},
        content.serves,
        content.air,
        content.map,
    )


def patched(rows: dict[int, _Row], changed: Mapping[int, _Row | None]) -> dict[int, _Row]:
    """The rows with what changed, in the order of their ids."""
    if not changed:
        return rows
    new = rows | {key: row for key, row in changed.items() if row is not None}
    for key in changed.keys() & rows.keys():
        if changed[key] is None:
            del new[key]
    return dict(sorted(new.items())) if changed.keys() - rows.keys() else new


def index_words(parts: Iterable[str]) -> str:
    """A text in lower case with a space before every word, and before every part of a word joined by - / : or ."""
    whole = [part.casefold() for part in parts if part]
    pieces = [piece for part in whole for piece in re.split(r"[-/:.\s]+", part) if piece]
    return " " + " ".join([*whole, *pieces])

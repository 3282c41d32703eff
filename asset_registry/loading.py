"""The registry's rows, read for a snapshot: all of them, or those that changed since another."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Select, inspect, or_, select
from sqlalchemy.orm import DeclarativeBase, Session

from asset_registry.assets import Asset
from asset_registry.audit import KEPT_REVISIONS, RegistryChange
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.hvac.rooms import RoomAir
from asset_registry.known import Changes, Content, KnownAsset, KnownBinding, KnownDevice, KnownGateway, KnownPlace
from asset_registry.locating.walked import LocationMap
from asset_registry.people import Person
from asset_registry.places import Place, Serves

MOST_CHANGES = 5_000
"""When more rows changed, loading all of them is no slower."""

_CHUNK = 500
"""Ids in one question: SQLite allows some thousand values."""

_Row = TypeVar("_Row", bound=msgspec.Struct)


def load(session: Session, site: str, revision: int, now: datetime) -> Content:
    """All of a site at one revision."""
    claimers: dict[int | None, str] = dict(session.execute(_CLAIMERS).all())
    return Content(
        site=site,
        revision=revision,
        taken=now,
        places=_rows(session, Place, KnownPlace),
        assets=[_claimed(asset, claimers) for asset in _rows(session, Asset, KnownAsset)],
        devices=[device for device in _rows(session, Device, KnownDevice) if device.site == site],
        gateways=_rows(session, Gateway, KnownGateway),
        bindings=_rows(session, Binding, KnownBinding),
        serves=_serves(session),
        map=_map(session),
        air=_air(session),
    )


def load_changes(session: Session, before: Content, revision: int, now: datetime) -> Changes | None:
    """What is different from `before`; None when nobody can say any more, or when it is too much."""
    if not before.revision <= revision < before.revision + KEPT_REVISIONS // 2:
        return None
    noted = or_(RegistryChange.revision > before.revision, RegistryChange.revision.is_(None))
    asked = select(RegistryChange.kind, RegistryChange.row_id).where(noted).distinct().limit(MOST_CHANGES + 1)
    changed: dict[str, set[int]] = defaultdict(set)
    for kind, row_id in session.execute(asked):
        changed[kind].add(row_id)
    if sum(map(len, changed.values())) > MOST_CHANGES:
        return None
    for part in _chunks(changed["person"]):
        changed["asset"].update(session.scalars(select(Asset.id).where(Asset.claimed_by.in_(part))))
    assets = _changed(session, Asset, KnownAsset, changed["asset"])
    claiming = {asset.claimed_by for asset in assets.values() if asset and asset.claimed_by}
    claimers: dict[int | None, str] = {}
    for part in _chunks(claiming):
        claimers |= dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(part))).all())
    devices = _changed(session, Device, KnownDevice, changed["device"])
    return Changes(
        revision=revision,
        taken=now,
        places=_changed(session, Place, KnownPlace, changed["place"]),
        assets={key: asset and _claimed(asset, claimers) for key, asset in assets.items()},
        devices={key: one if one and one.site == before.site else None for key, one in devices.items()},
        gateways=_changed(session, Gateway, KnownGateway, changed["gateway"]),
        bindings=_changed(session, Binding, KnownBinding, changed["binding"]),
        serves=_serves(session) if changed["serves"] else msgspec.UNSET,
        air=_air(session) if changed["room_air"] else msgspec.UNSET,
        map=_map(session) if changed["location_map"] else msgspec.UNSET,
    )


_CLAIMERS = select(Person.id, Person.name).join(Asset, Asset.claimed_by == Person.id)


def _claimed(asset: KnownAsset, claimers: dict[int | None, str]) -> KnownAsset:
    if not asset.claimed_by:
        return asset
    return msgspec.structs.replace(asset, claimer=claimers.get(asset.claimed_by, ""))


def _serves(session: Session) -> list[tuple[int, int]]:
    pairs = select(Serves.asset_id, Serves.place_id).order_by(Serves.asset_id, Serves.place_id)
    return [(asset, place) for asset, place in session.execute(pairs)]


def _map(session: Session) -> int | None:
    return session.scalar(select(LocationMap.id).where(LocationMap.in_use))


def _air(session: Session) -> dict[int, dict[str, object]]:
    return {row.place_id: row.said for row in session.scalars(select(RoomAir).order_by(RoomAir.place_id))}


def _select(table: type[DeclarativeBase], kind: type[_Row]) -> Select[Any]:
    columns = [getattr(table, name) for name in kind.__struct_fields__ if hasattr(table, name)]
    # PostgreSQL gives a row that was changed last of all
    return select(*columns).order_by(*inspect(table).primary_key)


def _rows(session: Session, table: type[DeclarativeBase], kind: type[_Row]) -> list[_Row]:
    return [kind(*row) for row in session.execute(_select(table, kind))]


def _changed(
    session: Session, table: type[DeclarativeBase], kind: type[_Row], ids: Collection[int]
) -> dict[int, _Row | None]:
    found: dict[int, _Row | None] = dict.fromkeys(ids)
    (key,) = inspect(table).primary_key
    for part in _chunks(ids):
        found |= {row[0]: kind(*row) for row in session.execute(_select(table, kind).where(key.in_(part)))}
    return found


def _chunks(ids: Collection[int]) -> Iterator[list[int]]:
    listed = sorted(ids)
    return (listed[start : start + _CHUNK] for start in range(0, len(listed), _CHUNK))

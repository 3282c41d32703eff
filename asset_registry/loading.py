"""The registry's rows, read for a snapshot."""

from datetime import datetime
from typing import TypeVar

import msgspec
from sqlalchemy import inspect, select
from sqlalchemy.orm import DeclarativeBase, Session

from asset_registry.assets import Asset
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.hvac.rooms import RoomAir
from asset_registry.known import Content, KnownAsset, KnownBinding, KnownDevice, KnownGateway, KnownPlace
from asset_registry.locating.walked import LocationMap
from asset_registry.people import Person
from asset_registry.places import Place, Serves

_Row = TypeVar("_Row", bound=msgspec.Struct)


def load(session: Session, site: str, revision: int, now: datetime) -> Content:
    """All of a site at one revision."""
    claiming = select(Person.id, Person.name).join(Asset, Asset.claimed_by == Person.id)
    claimers = dict(session.execute(claiming).all())
    assets = _rows(session, Asset, KnownAsset)
    return Content(
        site=site,
        revision=revision,
        taken=now,
        places=_rows(session, Place, KnownPlace),
        assets=[
            msgspec.structs.replace(asset, claimer=claimers.get(asset.claimed_by, "")) if asset.claimed_by else asset
            for asset in assets
        ],
        devices=[device for device in _rows(session, Device, KnownDevice) if device.site == site],
        gateways=_rows(session, Gateway, KnownGateway),
        bindings=_rows(session, Binding, KnownBinding),
        serves=[(asset, place) for asset, place in session.execute(select(Serves.asset_id, Serves.place_id))],
        map=session.scalar(select(LocationMap.id).where(LocationMap.in_use)),
        air={row.place_id: row.said for row in session.scalars(select(RoomAir).order_by(RoomAir.place_id))},
    )


def _rows(session: Session, table: type[DeclarativeBase], kind: type[_Row]) -> list[_Row]:
    columns = [getattr(table, name) for name in kind.__struct_fields__ if hasattr(table, name)]
    # PostgreSQL gives a row that was changed last of all
    return [kind(*row) for row in session.execute(select(*columns).order_by(*inspect(table).primary_key))]

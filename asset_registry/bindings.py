"""Devices, gateways, and what was bound to what, when."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from asset_registry.db import Base

ROLES = ("self", "tag", "sensor")


class Device(Base):
    """What talks. `site` and `native_id` are its identity; addresses use `id`."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("site", "native_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str]
    native_id: Mapped[str] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="")
    maker: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(default="")
    firmware: Mapped[str] = mapped_column(default="")
    interval_s: Mapped[float | None]
    first_seen: Mapped[datetime]
    dismissed: Mapped[bool] = mapped_column(default=False)


class Gateway(Base):
    """A device that hears tags, fixed at a point of a place (metres on the floor's plan)."""

    __tablename__ = "gateway"

    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"), primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("place.id"), index=True)
    x_m: Mapped[float]
    y_m: Mapped[float]


class Binding(Base):
    """From `since` until `until` the device was the asset's own voice, its tag or its sensor, or a sensor of the place.

    Exactly one of `asset_id` and `place_id` is set. A device without a current binding is unclaimed.
    """

    __tablename__ = "binding"
    __table_args__ = (Index("ix_binding_device_since", "device_id", "since"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    asset_id: Mapped[int | None] = mapped_column(ForeignKey("asset.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"), index=True)
    role: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]

"""Devices, gateways, and what was bound to what, when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from asset_registry.assets import Asset
from asset_registry.audit import bump, hold, record
from asset_registry.db import Base, noted
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.places import Place

ROLES = ("self", "tag", "sensor")


class Device(Base):
    """What talks. `site` and `native_id` are its identity; addresses use `id`.

    `typed` names the fields that a person filled in; what the device says of itself does not overwrite them.
    """

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
    typed: Mapped[list[str]] = mapped_column(JSON, default=list)


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


@dataclass(frozen=True)
class Target:
    """What a device is bound to: exactly one of an asset and a place."""

    asset_id: int | None = None
    place_id: int | None = None


def bind(
    session: Session,
    device_id: int,
    target: Target,
    role: str,
    who: str,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Binding:
    """Bind from `since` (now) until `until` (further notice), and close what it replaces.

    A device is at any time the voice or tag of at most one asset and the sensor of at most one asset or place: earlier
    bindings end where this one starts, and this one ends where a later one starts. What is so already stays.
    Raises Invalid, Missing, or Conflict when it would swallow bindings that start in between.
    """
    start = since or now
    hold(session)
    _check(session, device_id, target, role, start, until)
    rivals = _rivals(session, device_id, role)
    same = next((b for b in rivals if b.since == start and _is(b, target, role)), None)
    if same is not None and same.until == until:
        return same
    later = [b for b in rivals if b.since > start and b is not same]
    if until is not None and any(b.since < until for b in later):
        raise Conflict(f"another binding of device {device_id} starts before {until.isoformat()}; close that one first")
    for rival in rivals:
        if rival is not same and rival.since <= start and (rival.until is None or rival.until > start):
            _close(session, rival, start, who, now)
    end = until or min((b.since for b in later), default=None)
    binding = same or Binding(device_id=device_id, role=role, since=start)
    binding.asset_id, binding.place_id, binding.until = target.asset_id, target.place_id, end
    session.add(binding)
    session.flush()
    record(session, now, who, "bind", ("device", device_id), after=binding_facts(binding))
    bump(session)
    return binding


def unbind(session: Session, binding_id: int, who: str, now: datetime) -> Binding:
    """End a binding now. Raises Missing, and Conflict when it has ended."""
    hold(session)
    binding = session.get(Binding, binding_id, with_for_update=True)
    if binding is None:
        raise Missing(f"there is no binding {binding_id}")
    if binding.until is not None and binding.until <= now:
        raise Conflict(f"binding {binding_id} has ended already")
    _close(session, binding, max(now, binding.since), who, now)
    bump(session)
    return binding


def binding_facts(binding: Binding) -> dict[str, Any]:
    """A binding as the audit log keeps it."""
    return {
        "binding": binding.id,
        "role": binding.role,
        "asset": binding.asset_id,
        "place": binding.place_id,
        "since": binding.since.isoformat(),
        "until": binding.until.isoformat() if binding.until else None,
    }


def _check(
    session: Session, device_id: int, target: Target, role: str, since: datetime, until: datetime | None
) -> None:
    if role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}, not {role!r}")
    if (target.asset_id is None) == (target.place_id is None):
        raise Invalid("a device is bound to an asset or to a place: name exactly one")
    if target.place_id is not None and role != "sensor":
        raise Invalid("a place has only sensors; use the role sensor")
    if until is not None and until <= since:
        raise Invalid("a binding ends after it starts")
    if session.get(Device, device_id, with_for_update=True) is None:
        raise Missing(f"there is no device {device_id}")
    if target.asset_id is not None and session.get(Asset, target.asset_id) is None:
        raise Missing(f"there is no asset {target.asset_id}")
    if target.place_id is not None and session.get(Place, target.place_id) is None:
        raise Missing(f"there is no place {target.place_id}")


def _rivals(session: Session, device_id: int, role: str) -> list[Binding]:
    """The device's bindings that may not overlap one of this role and are more than a moment long."""
    roles = ("sensor",) if role == "sensor" else ("self", "tag")
    lasting = or_(Binding.until.is_(None), Binding.until > Binding.since)
    return list(
        session.scalars(select(Binding).where(Binding.device_id == device_id, Binding.role.in_(roles), lasting))
    )


def _is(binding: Binding, target: Target, role: str) -> bool:
    return (binding.asset_id, binding.place_id, binding.role) == (target.asset_id, target.place_id, role)


def _close(session: Session, binding: Binding, at: datetime, who: str, now: datetime) -> None:
    before = binding_facts(binding)
    binding.until = at
    record(session, now, who, "unbind", ("device", binding.device_id), before, binding_facts(binding))


noted(Device)
noted(Gateway, "device_id")
noted(Binding)

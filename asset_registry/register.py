"""How devices come into the registry: first seen, described, claimed, dismissed, set up as a gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.audit import bump, hold, record
from asset_registry.bindings import Binding, Device, Gateway, Target, bind
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.places import Place

FACTS = ("name", "kind", "maker", "model", "firmware", "interval_s")
LONGEST_NATIVE_ID = 512  # as in collector.admission
LONGEST_FACT = 200


def make_devices(
    session: Session, site: str, first_seen: Mapping[str, datetime], facts: Mapping[str, Mapping[str, str]]
) -> None:
    """As `ensure_device`, for many at once by native id: of those that are there already only the facts are filled."""
    known = select(Device).where(Device.site == site, Device.native_id.in_(first_seen))
    devices = {device.native_id: device for device in session.scalars(known)}
    made = [new_device(site, native_id, first) for native_id, first in first_seen.items() if native_id not in devices]
    session.add_all(made)
    filled = [_fill(device, facts.get(device.native_id, {})) for device in (*devices.values(), *made)]
    if made or any(filled):
        session.flush()
        bump(session)


def ensure_device(
    session: Session, site: str, native_id: str, now: datetime, facts: Mapping[str, str] | None = None
) -> Device:
    """The device, made when it is seen for the first time, with what it says of itself.

    What a person typed stays; facts that are empty, unknown or no number are passed over.
    """
    device = find_device(session, site, native_id)
    if device is None:
        device = new_device(site, native_id, now)
        session.add(device)
        _fill(device, facts or {})
        session.flush()
        bump(session)
    elif _fill(device, facts or {}):
        bump(session)
    return device


def new_device(site: str, native_id: str, now: datetime) -> Device:
    """A device that nothing is known of yet; not in the database."""
    device = Device(site=site, native_id=native_id, first_seen=now, dismissed=False, typed=[])
    for name in FACTS:
        setattr(device, name, None if name == "interval_s" else "")
    return device


def find_device(session: Session, site: str, native_id: str) -> Device | None:
    """The device with that native id at that site."""
    return session.scalar(select(Device).where(Device.site == site, Device.native_id == native_id))


def _fill(device: Device, facts: Mapping[str, str]) -> bool:
    changed = False
    for name in FACTS:
        said = facts.get(name, "").strip()
        value = interval_of(said) if name == "interval_s" else said[:LONGEST_FACT]
        if value and name not in device.typed and getattr(device, name) != value:
            setattr(device, name, value)
            changed = True
    return changed


def interval_of(text: str) -> float | None:
    """Seconds between two readings, or None for what is no such number."""
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 < seconds <= 31 * 86400 else None


def describe_device(session: Session, device_id: int, fields: Mapping[str, Any], who: str, now: datetime) -> Device:
    """Keep what a person typed about a device; an emptied field is filled by the device again.

    Raises Missing, Invalid for a field that is not among FACTS.
    """
    device = _device(session, device_id)
    unknown = sorted(set(fields) - set(FACTS))
    if unknown:
        raise Invalid(f"a device has no {', '.join(unknown)}; its facts are {', '.join(FACTS)}")
    before = {name: getattr(device, name) for name in fields}
    if all(before[name] == value for name, value in fields.items()):
        return device
    type_over(device, fields)
    record(session, now, who, "describe", ("device", device_id), before, dict(fields))
    bump(session)
    return device


def type_over(device: Device, fields: Mapping[str, Any]) -> None:
    """Set facts as a person typed them."""
    for name, value in fields.items():
        setattr(device, name, value)
    typed = {name for name in device.typed if name not in fields} | {name for name, value in fields.items() if value}
    device.typed = sorted(typed)


@dataclass(frozen=True)
class NewAsset:
    """An asset to be made for a device out of what the device says; `number` must be new."""

    number: str
    category: str
    name: str = ""
    mobile: bool = True
    home_id: int | None = None


def claim_device(
    session: Session, device_id: int, target: Target | NewAsset, who: str, now: datetime, role: str = ""
) -> Binding:
    """One click on /unclaimed: bind the device to an asset, a place, or a new asset made from its facts.

    Without a `role` a place gets a sensor, an asset a tag when its kind is tag or beacon, else its own voice.
    Raises Missing, Invalid, Conflict.
    """
    device = _device(session, device_id)
    if isinstance(target, NewAsset):
        target = Target(asset_id=_make_asset(session, device, target, who, now).id)
    if not role:
        worn = device.kind in ("tag", "beacon")
        role = "sensor" if target.place_id is not None else "tag" if worn else "self"
    device.dismissed = False
    return bind(session, device_id, target, role, who, now)


def _make_asset(session: Session, device: Device, wanted: NewAsset, who: str, now: datetime) -> Asset:
    number = wanted.number.strip()
    if not number or not wanted.category.strip():
        raise Invalid("a new asset needs a number and a category")
    if session.scalar(select(Asset.id).where(Asset.number == number)) is not None:
        raise Conflict(f"there is an asset {number} already; choose it, or another number")
    if wanted.home_id is not None and session.get(Place, wanted.home_id) is None:
        raise Missing(f"there is no place {wanted.home_id}")
    asset = Asset(
        number=number,
        name=wanted.name.strip() or device.name or number,
        category=wanted.category.strip(),
        maker=device.maker,
        model=device.model,
        mobile=wanted.mobile,
        home_id=wanted.home_id,
        created=now,
        changed=now,
    )
    session.add(asset)
    session.flush()
    after = {"number": number, "name": asset.name, "category": asset.category, "from_device": device.native_id}
    record(session, now, who, "create", ("asset", asset.id), after=after)
    return asset


def dismiss(session: Session, device_id: int, who: str, now: datetime, *, dismissed: bool = True) -> Device:
    """Take a device off /unclaimed (a visitor's phone), or put it back. Its readings are kept all the same."""
    device = _device(session, device_id)
    if device.dismissed != dismissed:
        device.dismissed = dismissed
        record(session, now, who, "dismiss" if dismissed else "undismiss", ("device", device_id))
        bump(session)
    return device


def unclaimed(session: Session, site: str, now: datetime, limit: int = 500) -> list[Device]:
    """Devices that nobody bound, set up as a gateway or dismissed, newest first."""
    bound = select(Binding.device_id).where(Binding.since <= now, (Binding.until.is_(None)) | (Binding.until > now))
    chosen = select(Device).where(
        Device.site == site,
        ~Device.dismissed,
        Device.id.not_in(bound),
        Device.id.not_in(select(Gateway.device_id)),
    )
    return list(session.scalars(chosen.order_by(Device.first_seen.desc(), Device.id.desc()).limit(limit)))


def set_gateway(
    session: Session, device_id: int, place_id: int, point: tuple[float, float], who: str, now: datetime
) -> Gateway:
    """Say that the device hears tags from this point (metres on the floor's plan) of this place. Raises Missing."""
    _device(session, device_id)
    if session.get(Place, place_id) is None:
        raise Missing(f"there is no place {place_id}")
    gateway = session.get(Gateway, device_id)
    after = {"place": place_id, "x_m": point[0], "y_m": point[1]}
    before = {"place": gateway.place_id, "x_m": gateway.x_m, "y_m": gateway.y_m} if gateway else None
    if gateway is not None and before == after:
        return gateway
    if gateway is None:
        gateway = Gateway(device_id=device_id)
    gateway.place_id, (gateway.x_m, gateway.y_m) = place_id, point
    session.add(gateway)
    session.flush()
    record(session, now, who, "gateway", ("device", device_id), before, after)
    bump(session)
    return gateway


def _device(session: Session, device_id: int) -> Device:
    """The device, to be changed."""
    hold(session)
    device = session.get(Device, device_id)
    if device is None:
        raise Missing(f"there is no device {device_id}")
    return device

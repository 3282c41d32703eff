"""Writes Linden General into an empty registry, once."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.assets import Asset
from asset_registry.audit import bump, record
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.cold_chain.judging import Probe
from asset_registry.cold_chain.records import Setup, set_probe, set_up
from asset_registry.db import Database
from asset_registry.hvac.rooms import RoomAir, RoomCheck
from asset_registry.people import Person, principal_of
from asset_registry.places import Place, Serves
from wardkeeper.demo.building import BUILDING_OF, BUILDINGS, DEPTH, WIDTH
from wardkeeper.demo.movement import Movement
from wardkeeper.demo.world import SITE, SITE_NAME, World

_LIVED = timedelta(days=30)
"""How long the hospital had its equipment when the demo starts: the history behind it belongs to the same assets."""


def seed(database: Database, world: World, now: datetime) -> bool:
    """Write `world`; say whether anything was written: False when the site stands there already."""
    with database.write() as session:
        if session.scalar(select(Place.id).where(Place.kind == "site", Place.number == SITE)) is not None:
            return False
        then = now - _LIVED
        places = _places(session, world)
        assets = _assets(session, world, places, then)
        _devices(session, world, places, assets, then)
        _people(session, world, then)
        _cold_stores(session, world, assets, now)
        _air(session, places, now)
        record(session, now, "wardkeeper", "seed", ("site", SITE), after={"seed": world.seed})
        bump(session)
        return True


def _places(session: Session, world: World) -> dict[str, int]:
    site = Place(kind="site", number=SITE, name=SITE_NAME)
    session.add(site)
    session.flush()
    buildings = {
        number: Place(kind="building", parent_id=site.id, number=number, name=name)
        for number, name in BUILDINGS.items()
    }
    session.add_all(buildings.values())
    session.flush()
    floors = {
        level: Place(
            kind="floor",
            parent_id=buildings[number].id,
            number=str(level),
            name=f"Level {level}",
            level=level,
            plan={"width": WIDTH, "depth": DEPTH, "zones": _zones(world, level)},
        )
        for level, number in BUILDING_OF.items()
    }
    session.add_all(floors.values())
    session.flush()
    rows = {
        room.number: Place(
            kind="room",
            parent_id=floors[room.level].id,
            number=room.number,
            name=room.name,
            level=room.level,
            room_type=room.room_type,
            plan=room.plan,
        )
        for room in world.places
    }
    session.add_all(rows.values())
    session.flush()
    beds = {
        f"{room}/{bed}": Place(
            kind="bed", parent_id=rows[room].id, number=bed, name=f"Bed {bed}", level=rows[room].level
        )
        for room, bed in world.beds
    }
    session.add_all(beds.values())
    session.flush()
    return {number: row.id for number, row in {**rows, **beds}.items()}


ZONES = {
    1: (
        ("restricted", "Drugs", ("Pharmacy", "Compounding", "Drug store")),
        ("restricted", "Magnet", ("MRI",)),
        ("exit", "Main entrance", ("Waiting",)),
    ),
    2: (("hvac", "Theatres", ("Operating room", "Sterile store")),),
    3: (("restricted", "Servers", ("Server room",)),),
    4: (("hvac", "Isolation", ("Isolation",)),),
}
"""By level: kind, name, and the rooms by what they are called."""


def _zones(world: World, level: int) -> list[dict[str, Any]]:
    rooms = [room for room in world.places if room.level == level]
    return [
        {"kind": kind, "name": name, "rooms": [room.number for room in rooms if room.name in names], "polygon": None}
        for kind, name, names in ZONES.get(level, ())
    ]


def _assets(session: Session, world: World, places: dict[str, int], now: datetime) -> dict[str, int]:
    movement = Movement(world)
    status = {thing.number: movement.status(thing, now + _LIVED) for thing in world.assets}
    rows = {
        thing.number: Asset(
            number=thing.number,
            name=thing.name,
            category=thing.category,
            maker=thing.maker,
            model=thing.model,
            serial=thing.serial,
            udi_di=thing.udi_di,
            udi_pi=thing.udi_pi,
            department=thing.department,
            criticality=thing.criticality,
            mobile=thing.mobile,
            use=status[thing.number][0],
            hygiene=status[thing.number][1],
            condition=thing.condition,
            holding=thing.holding,
            home_id=places[f"{thing.home}/{thing.bed}" if thing.bed else thing.home],
            created=now,
            changed=now,
        )
        for thing in world.assets
    }
    session.add_all(rows.values())
    session.flush()
    session.add_all(
        Serves(asset_id=rows[thing.number].id, place_id=places[number])
        for thing in world.assets
        for number in thing.serves
    )
    return {number: row.id for number, row in rows.items()}


def _devices(session: Session, world: World, places: dict[str, int], assets: dict[str, int], now: datetime) -> None:
    rows = {
        talker.native_id: Device(
            site=SITE,
            native_id=talker.native_id,
            name=talker.name,
            kind=talker.kind,
            maker=talker.maker,
            model=talker.model,
            firmware=talker.firmware,
            interval_s=talker.interval_s,
            first_seen=now,
            typed=["name", "kind"],
        )
        for talker in world.devices
    }
    session.add_all(rows.values())
    session.flush()
    session.add_all(
        Binding(
            device_id=rows[talker.native_id].id,
            asset_id=assets[talker.asset] if talker.asset else None,
            place_id=places[talker.room] if talker.room else None,
            role=talker.role,
            since=now,
        )
        for talker in world.devices
    )
    slugs = {talker.topic: rows[talker.native_id].id for talker in world.talkers("gateway")}
    session.add_all(
        Gateway(device_id=slugs[spot.slug], place_id=places[spot.room], x_m=spot.x, y_m=spot.y)
        for spot in world.gateways
    )


AIR = {
    "4.12": {"design_year": 2014},
    "4.13": {"design_year": 2014, "mode": "isolation off"},
    "2.09": {"mode": "temperature set by the surgeon", "setpoint_c": 21.5, "tolerance_c": 1.5},
}
"""What single rooms say of their air."""


def _air(session: Session, places: dict[str, int], now: datetime) -> None:
    session.add_all(RoomAir(place_id=places[number], said=said, changed=now) for number, said in AIR.items())
    seen = {"login": "haas", "name": "R. Haas", "seen": "Tissue held towards the room", "agrees": True, "value": -4.2}
    session.add(RoomCheck(place_id=places["4.12"], at=now - timedelta(hours=1), **seen))


def _people(session: Session, world: World, now: datetime) -> None:
    session.add_all(
        Person(
            login=staff.login,
            name=staff.name,
            email=f"{staff.login}@linden-general.example",
            roles=list(staff.roles),
            created=now,
        )
        for staff in world.people
        if session.scalar(select(Person.id).where(Person.login == staff.login)) is None
    )
    session.flush()


def _cold_stores(session: Session, world: World, assets: dict[str, int], now: datetime) -> None:
    """Every vaccine fridge by the pharmacist's signature; the certificate of the last one's probe is over."""
    login = next(staff.login for staff in world.people if "pharmacy_lab" in staff.roles)
    pharmacist = principal_of(session.scalars(select(Person).where(Person.login == login)).one())
    fridges = [thing.number for thing in world.assets if thing.category == "vaccine fridge"]
    for number in fridges:
        left = timedelta(days=-12 if number == fridges[-1] else 210)
        probe = Probe(True, 0.5, f"NK-{number[-2:]}-2025", (now + left).date())
        set_up(session, assets[number], Setup("vaccines"), pharmacist, now)
        set_probe(session, assets[number], probe, pharmacist, now)

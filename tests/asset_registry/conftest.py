"""A registry database with a small hospital in it."""

from dataclasses import dataclass
from datetime import datetime

import pytest

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Device, Gateway
from asset_registry.db import Database
from asset_registry.people import Principal, create_person, principal_of
from asset_registry.places import Place
from asset_registry.snapshot import Snapshot, SnapshotSource
from collector.clock import ManualClock

SITE = "linden"


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


@dataclass
class Hospital:
    """Level 4 with rooms 4.07, 4.12 and 4.19 in a row, and one room on level 5; a pump, a fridge and some people."""

    database: Database
    clock: ManualClock
    floor: int
    r407: int
    r412: int
    r419: int
    r501: int
    pump: int
    fridge: int
    biomed: Principal
    nurse: Principal
    other_nurse: Principal
    cleaner: Principal
    admin: Principal
    requester: Principal

    def now(self) -> datetime:
        return self.clock.now()

    def snapshot(self) -> Snapshot:
        source = SnapshotSource(self.database, SITE, self.clock)
        source.refresh()
        return source.current

    def device(self, native_id: str, **facts) -> int:
        with self.database.write() as session:
            device = Device(site=SITE, native_id=native_id, first_seen=self.now(), **facts)
            session.add(device)
            bump(session)
            session.flush()
            return device.id

    def gateway(self, native_id: str, place_id: int, x_m: float, y_m: float) -> int:
        device_id = self.device(native_id)
        with self.database.write() as session:
            session.add(Gateway(device_id=device_id, place_id=place_id, x_m=x_m, y_m=y_m))
            bump(session)
        return device_id

    def asset(self, number: str, **fields) -> int:
        fields = {"name": number, "category": "infusion pump", "hygiene": "clean"} | fields
        with self.database.write() as session:
            asset = Asset(number=number, created=self.now(), changed=self.now(), **fields)
            session.add(asset)
            bump(session)
            session.flush()
            return asset.id


@pytest.fixture
def hospital(database, clock):
    now = clock.now()
    with database.write() as session:

        def place(kind, number, parent=None, **fields):
            row = Place(kind=kind, number=number, parent_id=parent, **fields)
            session.add(row)
            session.flush()
            return row.id

        def room(number, floor, x):
            plan = {"polygon": [[x, 0], [x + 4, 0], [x + 4, 6], [x, 6]]}
            return place("room", number, floor, room_type="patient_room", plan=plan)

        def asset(number, **fields):
            row = Asset(number=number, created=now, changed=now, **fields)
            session.add(row)
            session.flush()
            return row.id

        def person(login, *roles):
            return principal_of(create_person(session, login, login.title(), roles, "test", now))

        house = place("building", "A", place("site", SITE))
        four, five = place("floor", "4", house, level=4), place("floor", "5", house, level=5)
        r407, r412, r419 = room("4.07", four, 0), room("4.12", four, 10), room("4.19", four, 30)
        hospital = Hospital(
            database,
            clock,
            four,
            r407,
            r412,
            r419,
            room("5.01", five, 0),
            asset("P-117", name="Pump 117", category="infusion pump", hygiene="clean"),
            asset("F-07", name="Fridge F-07", category="vaccine fridge", mobile=False, home_id=r412),
            person("okafor", "biomed"),
            person("lind", "clinician"),
            person("haas", "clinician"),
            person("berg", "equipment_cleaning"),
            person("root", "admin"),
            person("visitor", "requester"),
        )
        bump(session)
    return hospital

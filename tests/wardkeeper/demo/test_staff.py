"""What people do with equipment reaches the registry, unless somebody decided otherwise."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import Audit
from asset_registry.db import Database
from wardkeeper.demo.movement import Movement
from wardkeeper.demo.seed import seed
from wardkeeper.demo.staff import CLEANER, StaffAtWork


@pytest.fixture
def database(database_url, world, morning):
    database = Database(database_url)
    seed(database, world, morning)
    yield database
    database.close()


def test_the_registry_follows_the_working_day(database, world, morning):
    staff, movement = StaffAtWork(database, world, morning), Movement(world)
    changed = sum(staff.step(morning + timedelta(minutes=minute)) for minute in range(0, 240, 2))
    assert changed > 40
    later = morning + timedelta(minutes=238)
    with database.read() as session:
        for asset in session.scalars(select(Asset)):
            thing = world.asset[asset.number]
            if movement.spot(thing, later).room:
                assert (asset.use, asset.hygiene) == movement.status(thing, later), asset.number
        who = set(session.scalars(select(Audit.who).where(Audit.action == "status")))
        assert who == {"wardkeeper", CLEANER}


def test_nothing_changes_twice(database, world, morning):
    staff = StaffAtWork(database, world, morning)
    noon = morning + timedelta(hours=5)
    assert staff.step(noon) > 0
    assert staff.step(noon) == 0


def test_what_biomed_blocked_stays_blocked(database, world, morning):
    with database.write() as session:
        for asset in session.scalars(select(Asset)):
            asset.condition = "quarantined"
    staff = StaffAtWork(database, world, morning)
    assert staff.step(morning + timedelta(hours=5)) == 0

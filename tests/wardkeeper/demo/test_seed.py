"""The seed writes the hospital once, with everything bound to what it belongs to."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from asset_registry.assets import Asset
from asset_registry.audit import Revision
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.db import Database
from asset_registry.imports import KINDS, export_csv, import_csv
from asset_registry.people import Person
from asset_registry.places import Place, Serves
from wardkeeper.database import open_database
from wardkeeper.demo.movement import Movement
from wardkeeper.demo.seed import seed
from wardkeeper.demo.world import SITE


@pytest.fixture
def database(database_url):
    database = Database(database_url)
    yield database
    database.close()


def count(session, table):
    return session.scalar(select(func.count()).select_from(table))


def count_of_kind(session, kind):
    return session.scalar(select(func.count()).select_from(Place).where(Place.kind == kind))


def test_it_writes_everything_once(database, world, morning):
    assert seed(database, world, morning)
    assert not seed(database, world, morning + timedelta(days=1))
    with database.read() as session:
        assert count(session, Asset) == 800
        assert count(session, Gateway) == 80
        assert count(session, Device) == count(session, Binding) == len(world.devices)
        assert count(session, Person) == len(world.people)
        assert count(session, Serves) == sum(len(thing.serves) for thing in world.assets)
        floors = session.scalars(select(Place).where(Place.kind == "floor").order_by(Place.number)).all()
        assert [(floor.number, floor.plan["width"], floor.plan["depth"]) for floor in floors] == [
            (number, 72.0, 36.0) for number in ("1", "2", "3", "4")
        ]
        assert all(zone["rooms"] for floor in floors for zone in floor.plan["zones"])
        buildings = {place.id: place.name for place in session.scalars(select(Place).where(Place.kind == "building"))}
        assert [buildings[floor.parent_id] for floor in floors] == ["East building"] + ["Main building"] * 3
        assert session.get(Revision, 1).number == 1


def test_a_tag_is_bound_to_its_asset_since_before_the_history(seeded, world, morning):
    with seeded.read() as session:
        pump = session.scalar(select(Asset).where(Asset.number == "P-117"))
        bound = session.execute(
            select(Device, Binding).join(Binding, Binding.device_id == Device.id).where(Binding.asset_id == pump.id)
        ).all()
        assert {(device.kind, binding.role) for device, binding in bound} == {("pump dock", "self"), ("tag", "tag")}
        assert all(device.site == SITE and binding.since < morning - timedelta(days=1) for device, binding in bound)
        assert session.get(Place, pump.home_id).number == "4.19"


def test_the_whole_hospital_leaves_as_csv_and_comes_into_an_empty_registry(seeded, world, morning, tmp_path):
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with seeded.read() as here, other.write() as there:
        for kind in KINDS:
            text = export_csv(here, kind, site=SITE)
            report = import_csv(there, kind, text, site=SITE, who="test", now=morning, atomic=True)
            assert report.rejected == []
            assert report.created == text.count("\n") - 1
            assert sorted(export_csv(there, kind, site=SITE).splitlines()) == sorted(text.splitlines())
    other.close()


def test_a_bedside_oximeter_is_at_its_bed(seeded, world, morning):
    with seeded.read() as session:
        device = session.scalar(select(Device).where(Device.native_id == "serial:bedside/bed-4-07"))
        binding = session.scalar(select(Binding).where(Binding.device_id == device.id))
        bed = session.get(Place, session.get(Asset, binding.asset_id).home_id)
        assert (bed.kind, bed.number, session.get(Place, bed.parent_id).number) == ("bed", "1", "4.07")
        assert count_of_kind(session, "bed") == len(world.beds)


def test_an_asset_that_is_under_way_has_the_status_of_its_stay(seeded, world, morning):
    movement = Movement(world)
    with seeded.read() as session:
        for asset in session.scalars(select(Asset)):
            assert (asset.use, asset.hygiene) == movement.status(world.asset[asset.number], morning), asset.number

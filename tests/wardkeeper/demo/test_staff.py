"""What people do with equipment reaches the registry, unless somebody decided otherwise."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import Audit
from asset_registry.places import Place
from service_desk import reserved, rulebook
from service_desk.alarms.model import Alarm
from service_desk.incidents.model import Incident
from wardkeeper.demo.hospital import RULES
from wardkeeper.demo.movement import Movement
from wardkeeper.demo.staff import CLEANER, StaffAtWork


@pytest.fixture
def database(seeded):
    return seeded


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


def pump(database, number="P-003"):
    with database.read() as session:
        return session.scalars(select(Asset).where(Asset.number == number)).one()


def test_a_colleague_takes_a_pump_and_gives_it_back(database, world, morning):
    staff = StaffAtWork(database, world, morning)
    with database.write() as session:
        asset = session.scalars(select(Asset).where(Asset.number == "P-003")).one()
        asset.use, asset.hygiene = "idle", "clean"
    staff.take("P-003", "lind", morning)
    assert pump(database).use == "claimed"
    staff.take("P-003", "okafor", morning)
    staff.give_back("P-003", "haas", morning)
    assert pump(database).use == "claimed", "another can neither take it nor give it back"
    staff.give_back("P-003", "lind", morning)
    assert pump(database).use == "idle"


def incident_about(database, morning, **about):
    with database.write() as session:
        incident = Incident(key=str(about), title="t", priority="high", opened=morning, **about)
        session.add(incident)
        session.flush()
        alarm = Alarm(rule_id=1, subject=str(about), title="t", metric="battery", priority="high", active=True)
        alarm.acknowledged, alarm.since, alarm.incident_id, alarm.value = False, morning, incident.id, 20.0
        session.add(alarm)
        return incident.id


def test_whoever_repairs_answers_what_stands_about_it_and_nothing_else(database, world, morning):
    staff = StaffAtWork(database, world, morning)
    with database.write() as session:
        rulebook.seed(session, RULES.read_text(encoding="utf-8"), morning, RULES.name)
    room = placed(database, "4.12")
    of_pump = incident_about(database, morning, asset_id=pump(database).id, place_id=room)
    of_room = incident_about(database, morning, place_id=room)
    assert answered(database) == {of_pump: "", of_room: ""}
    staff.repaired("4.12", "reyes", morning)
    assert answered(database) == {of_pump: "", of_room: "reyes"}
    staff.repaired("P-003", "weber", morning)
    assert answered(database) == {of_pump: "weber", of_room: "reyes"}
    cause = "mqtt:espresense/gateway-4-08"
    of_gateway = incident_about(database, morning, cause=cause, place_id=placed(database, "4.19"))
    staff.repaired("gateway-4-08", "weber", morning)
    assert answered(database) == {of_pump: "weber", of_room: "reyes", of_gateway: "weber"}


def test_whoever_repairs_decides_what_is_theirs_to_decide(database, world, morning):
    staff = StaffAtWork(database, world, morning)
    with database.write() as session:
        rulebook.seed(session, RULES.read_text(encoding="utf-8"), morning, RULES.name)
    number = incident_about(database, morning, place_id=placed(database, "4.12"), reserved="isolation")
    staff.repaired("4.12", "weber", morning)
    with database.read() as session:
        assert reserved.decisions(session, number) == []
    staff.repaired("4.12", "reyes", morning)
    with database.read() as session:
        assert [row.decision for row in reserved.decisions(session, number)] == ["room taken out of use"]


def placed(database, number):
    with database.read() as session:
        return session.scalars(select(Place.id).where(Place.number == number)).one()


def answered(database):
    with database.read() as session:
        return {alarm.incident_id: alarm.acknowledged_by for alarm in session.scalars(select(Alarm))}


def test_what_biomed_blocked_stays_blocked(database, world, morning):
    with database.write() as session:
        for asset in session.scalars(select(Asset)):
            asset.condition = "quarantined"
    staff = StaffAtWork(database, world, morning)
    assert staff.step(morning + timedelta(hours=5)) == 0

"""One gateway, one air handler and three pumps cry all at once: five incidents, and every alarm is in one."""

import random
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.places import Place, Serves
from collector.reading import Reading, Sighting
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.model import Incident
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Ticket

GATEWAY, FAN = "mqtt:espresense/gw", "mqtt:plant/AHU-3"
BAD = {"temperature": 30.0, "co2": 1500.0, "humidity": 80.0, "air_changes": 1.0, "voc": 900.0}
PUMPS, FLAPS = 3, 20
RULES = """
rules:
  - {name: Gone, metric: available, equals: false}
  - {name: Fan, metric: fan_speed, below: 50}
  - {name: Warm, metric: temperature, above: 26}
  - {name: Stuffy, metric: co2, above: 1000}
  - {name: Damp, metric: humidity, above: 70}
  - {name: Stale, metric: air_changes, below: 4}
  - {name: Smelly, metric: voc, above: 500}
  - {name: Empty, metric: battery, below: 30, scope: {categories: [feeding pump]}}
"""


def build(house, alarms):
    """A house in which `alarms` are raised: who says what that raises one, or ends one, in no order."""
    begun = house.clock.now() - timedelta(days=1)
    rooms = max(1, alarms // 40)
    tags = alarms - 2 - rooms * len(BAD) - PUMPS * FLAPS
    with house.database.write() as session:
        import_yaml(session, RULES, who="okafor", now=begun)
        plant = Asset(number="AHU-3", name="Air handler 3", category="air handler", mobile=False)
        pumps = [Asset(number=f"F-{n}", name=f"Feeding pump {n}", category="feeding pump") for n in range(PUMPS)]
        for asset in (plant, *pumps):
            asset.created = asset.changed = begun
        places = [
            Place(kind="room", parent_id=house.ids["floor"], number=f"9.{n}", room_type="patient_room")
            for n in range(rooms)
        ]
        session.add_all([plant, *pumps, *places])
        session.flush()
        session.add_all(Serves(asset_id=plant.id, place_id=place.id) for place in places)
        bound = {FAN: (plant.id, None), GATEWAY: (None, None)}
        bound |= {f"ble:{n:012x}": (None, None) for n in range(tags)}
        bound |= {f"mqtt:air/{place.number}": (None, place.id) for place in places}
        bound |= {f"mqtt:pump/{pump.number}": (pump.id, None) for pump in pumps}
        devices = {one: Device(site="linden", native_id=one, name=one, first_seen=begun) for one in bound}
        session.add_all(devices.values())
        session.flush()
        session.add(Gateway(device_id=devices[GATEWAY].id, place_id=places[0].id, x_m=1.0, y_m=1.0))
        session.add_all(
            Binding(device_id=devices[one].id, asset_id=asset, place_id=place, role="sensor", since=begun)
            for one, (asset, place) in bound.items()
            if asset or place
        )
        bump(session)
    house.registered.refresh()
    house.hear([Sighting(f"ble:{n:012x}", GATEWAY, -60.0, house.clock.now()) for n in range(tags)])
    house.clock.advance(120)
    said = [(f"ble:{n:012x}", "available", False) for n in range(tags)]
    said += [(GATEWAY, "available", False), (FAN, "fan_speed", 30.0)]
    said += [(f"mqtt:air/9.{n}", metric, value) for n in range(rooms) for metric, value in BAD.items()]
    said += [(f"mqtt:pump/F-{n}", "battery", None) for n in range(PUMPS) for _ in range(2 * FLAPS)]
    return said


def flood(house, said, seed, *, batch, restart_at=0.5):
    """All of it within a minute, in an order of the seed, with a restart in the middle."""
    random.Random(seed).shuffle(said)
    low = dict.fromkeys((device for device, _, value in said if value is None), False)
    restart = int(len(said) * restart_at) // batch * batch
    for start in range(0, len(said), batch):
        if start == restart:
            house.restart()
        house.clock.advance(60 * batch / len(said))
        items = []
        for nth, (device, metric, what) in enumerate(said[start : start + batch]):
            if what is None:
                low[device] = not low[device]
            value = what if what is not None else 10.0 if low[device] else 90.0
            at = house.clock.now() + timedelta(milliseconds=nth)
            items.append(Reading(device, metric, value, at, at))
        house.hear(items)


def check(house, alarms):
    with house.database.read() as session:
        assert session.scalar(select(func.count()).where(Transition.what == "raised")) == alarms
        standing = session.scalars(select(Incident).where(Incident.parent_id.is_(None))).all()
        assert len(standing) == 5
        assert len(session.scalars(select(Incident)).all()) == 5
        strays = select(func.count()).where(Alarm.incident_id.not_in([one.id for one in standing]))
        assert session.scalar(strays) == 0
        assert session.scalar(select(func.count()).where(Alarm.incident_id.is_(None))) == 0


def test_a_flood_from_five_is_five_incidents(house):
    flood(house, build(house, 200), seed=1, batch=50)
    check(house, 200)
    house.work()
    assert len(house.all(Ticket)) == 5


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_in_any_order(house, seed):
    flood(house, build(house, 300), seed, batch=20)
    check(house, 300)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(2))
def test_ten_thousand_alarms_within_a_minute(house, seed):
    said = build(house, 10_000)
    begun = time.monotonic()
    flood(house, said, seed, batch=100)
    took = time.monotonic() - begun
    check(house, 10_000)
    house.work()
    assert len(house.all(Ticket)) == 5
    print(f"10,000 alarms in {took:.1f} s")
    assert took < 60

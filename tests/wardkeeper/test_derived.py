"""What is worked out becomes readings, and rules judge them: the world changes, then see what is said."""

from datetime import date, timedelta

import pytest

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.cold_chain.judging import Probe
from asset_registry.cold_chain.records import ColdStore
from asset_registry.places import Place
from asset_registry.usage.par import set_par
from collector.metrics import METRICS
from collector.reading import OWN_GATEWAY, Sighting
from service_desk.alarms.consumer import AlarmConsumer
from service_desk.alarms.model import Alarm
from service_desk.rulebook import import_yaml
from service_desk.rules import cold_chain, overdue, par_level, room_profile
from service_desk.subjects import Subjects
from tests.dashboards.conftest import AIR, PUMP_TAG, Hospital
from wardkeeper.derived import Derived

RULES = """
rules:
  - {name: Air, kind: room_profile, notice: out of range}
  - {name: Cold, kind: cold_chain, state: unknown, priority: high}
  - {name: Par, kind: par_level, categories: [infusion pump]}
  - {name: Maintenance, kind: overdue, of: maintenance}
  - {name: Left, kind: left_building}
"""


class House(Hospital):
    """A hospital whose rules hear what is derived. `tick` works it out once and says what was said."""

    def __init__(self, folder, database_url):
        super().__init__(folder, database_url)
        self.taken = True
        self.restart()
        with self.database.write() as session:
            import_yaml(session, RULES, who="test", now=self.clock.now())
        self.alarms = AlarmConsumer(self.database, Subjects(self.snapshots, self.latest), self.clock, "here")

    def restart(self):
        self.derived = Derived(self.context, self.offer)

    def offer(self, items):
        if self.taken:
            self.hear(*items)
            self.alarms.consume(items, self._position)
            self.said += items
        return self.taken

    def tick(self):
        self.said = []
        self.clock.advance(15)
        self.derived.tick()
        return {(each.device, each.metric): each.value for each in self.said}

    def change(self, act):
        with self.database.write() as session:
            act(session)
            bump(session)
        self.snapshots.refresh()

    def titles(self):
        with self.database.read() as session:
            return {alarm.title: alarm.active for alarm in session.query(Alarm)}


@pytest.fixture
def house(tmp_path, database_url):
    house = House(tmp_path, database_url)
    yield house
    house.close()


def test_air_that_is_out_of_range_is_said_once_and_again_after_a_while(house):
    room = f"place:{house.places['4.12']}"
    house.measure(AIR, "temperature", 31.0)
    said = house.tick()
    assert "31" in said[room, "air_out_of_range"]
    assert {each.gateway for each in house.said} == {OWN_GATEWAY}
    assert (room, "air_out_of_range") not in house.tick()
    house.clock.advance(600)
    house.measure(AIR, "temperature", 31.0)
    assert (room, "air_out_of_range") in house.tick()
    [title] = [title for title in house.titles() if "31" in title]
    house.measure(AIR, "temperature", 22.0)
    assert house.tick()[room, "air_out_of_range"] == ""
    assert house.titles()[title] is False


def test_what_could_not_be_offered_is_said_the_next_time(house):
    house.measure(AIR, "temperature", 31.0)
    house.taken = False
    assert house.tick() == {}
    house.taken = True
    assert house.tick()


def test_a_place_below_its_par_level_and_what_no_longer_has_one_across_a_restart(house):
    place = house.places["4.12"]
    house.change(lambda session: set_par(session, place, "infusion pump", 2, None, "test", house.clock.now()))
    house.locate(PUMP_TAG, place)
    key = (f"place:{place}/infusion pump", "par_short")
    assert house.tick()[key].endswith("should have 2")
    assert any(title.endswith("should have 2") for title in house.titles())
    house.change(lambda session: set_par(session, place, "infusion pump", 0, None, "test", house.clock.now()))
    house.restart()
    assert house.tick()[key] == ""
    assert not any(house.titles().values())


def test_maintenance_is_told_in_days_and_alarms_the_day_after_it_was_due(house):
    pump = house.assets["P-117"]
    key = (f"asset:{pump}", "maintenance_due_in")
    today = house.clock.now().date()

    def due(day):
        house.change(lambda session: setattr(session.get_one(Asset, pump), "maintenance_due", day))
        return house.tick()

    assert due(today)[key] == 0.0
    assert not any("maintenance" in title for title in house.titles())
    assert due(today - timedelta(days=3))[key] == -3.0
    assert [title.partition(": ")[2] for title in house.titles()] == ["maintenance was due 3\N{NO-BREAK SPACE}days ago"]
    assert due(today + timedelta(days=200))[key] > 0
    assert not any(house.titles().values())


def test_a_cold_store_that_was_not_heard(house):
    fridge = house.assets["F-07"]
    probe = Probe(True, 0.5, "DAkkS 4711", date(2027, 3, 1))
    store = ColdStore(asset_id=fridge, product="vaccines", since=house.clock.now(), **vars(probe))
    house.change(lambda session: session.add(store))
    said = house.tick()
    assert "has not reported" in said[f"asset:{fridge}", "cold_unknown"]
    assert [on for title, on in house.titles().items() if "has not reported" in title] == [True]


def test_what_left_is_an_alarm_as_of_when_it_was_last_heard_until_it_is_back_across_a_restart(house):
    pump, lobby, heard = f"asset:{house.assets['P-117']}", house.places["4.12"], house.clock.now()
    zones = {"zones": [{"kind": "exit", "name": "South exit", "rooms": ["4.12"]}]}
    house.change(lambda session: setattr(session.get_one(Place, house.places["floor"]), "plan", zones))
    house.hear(Sighting(PUMP_TAG, "mqtt:espresense/4-12", -60, heard))
    house.locate(PUMP_TAG, lobby)
    assert (pump, "left_by") not in house.tick()
    house.clock.advance(300)
    house.hear(Sighting("ble:other", "mqtt:espresense/4-12", -60, house.clock.now()))
    house.taken = False
    assert house.tick() == {}
    house.taken = True
    assert house.tick()[pump, "left_by"] == "South exit"
    assert [each.at for each in house.said if each.metric == "left_by"] == [heard]
    assert [title for title, active in house.titles().items() if active] == ["Pump 117 left the building by South exit"]
    house.restart()
    assert (pump, "left_by") not in house.tick()
    house.hear(Sighting(PUMP_TAG, "mqtt:espresense/4-12", -60, house.clock.now()))
    house.locate(PUMP_TAG, house.places["4.13"])
    assert house.tick()[pump, "left_by"] == ""
    assert not any(house.titles().values())


def test_what_is_derived_are_metrics():
    rules = (room_profile, cold_chain, overdue)
    assert {metric for rule in rules for metric in rule.METRICS.values()} | {"par_short"} <= METRICS.keys()
    assert par_level.build(par_level.Config()).hears == {"par_short"}

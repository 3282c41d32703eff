from datetime import timedelta

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device
from asset_registry.places import Serves
from collector.reading import Reading
from service_desk.rulebook import import_yaml

DOOR, PRESSURE = "mqtt:zigbee2mqtt/4.12/door", "mqtt:zigbee2mqtt/4.12/pressure"
FRIDGE, PUMP = "mqtt:zigbee2mqtt/fridge/F-07", "mqtt:zigbee2mqtt/pump/P-117"


def test_door_and_pressure_of_one_isolation_room_are_one_incident(house):
    house.say(DOOR, "door_open", True)
    house.say(PRESSURE, "differential_pressure", -0.4)
    house.after(61)
    (incident,) = house.incidents
    assert sorted(house.told) == ["joined", "opened"]
    assert (incident.asset_id, incident.place_id) == (None, house.ids["4.12"])


def test_an_asset_that_is_in_the_room_has_an_incident_of_its_own(house):
    house.say("ble:tag-117", "room", str(house.ids["4.12"]))
    house.say(DOOR, "door_open", True)
    house.after(61)
    house.say(PUMP, "battery", 20.0)
    assert next(incident.title for incident in house.incidents) == "4.12 is not isolating"
    assert len(house.incidents) == 2


def test_devices_that_nobody_knows_have_an_incident_each(house):
    with house.database.write() as session:
        text = "rules: [{name: Leak, metric: leak, equals: true}]"
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.hear([house.reading("a", "leak", True), house.reading("b", "leak", True)])
    assert len(house.incidents) == 2


FAN, AIR = "mqtt:zigbee2mqtt/plant/AHU-3", "mqtt:zigbee2mqtt/4.15/air"
AIR_RULES = """
rules:
  - {name: Fan, metric: fan_speed, below: 50, incident: "{asset} runs at {value}"}
  - {name: Air, metric: air_changes, below: 4}
  - {name: Light, metric: light_on, equals: true}
"""


def served(house):
    """Air handler 3 in the plant room serves 4.15 and has rules for its air and light; its fan and the room talk."""
    with house.database.write() as session:
        now = house.clock.now() - timedelta(days=1)
        plant = Asset(number="AHU-3", name="Air handler 3", category="air handler", mobile=False, use="in_use")
        plant.home_id, plant.created, plant.changed = house.ids["4.18"], now, now
        session.add(plant)
        session.flush()
        session.add(Serves(asset_id=plant.id, place_id=house.ids["4.15"]))
        for native_id, asset, place in ((FAN, plant.id, None), (AIR, None, house.ids["4.15"])):
            device = Device(site="linden", native_id=native_id, name=native_id, first_seen=now)
            session.add(device)
            session.flush()
            session.add(Binding(device_id=device.id, asset_id=asset, place_id=place, role="sensor", since=now))
        import_yaml(session, AIR_RULES, who="okafor", now=now)
        bump(session)
    house.registered.refresh()
    return plant


def test_the_air_of_a_room_joins_the_incident_of_the_plant_that_serves_it(house):
    served(house)
    house.say(FAN, "fan_speed", 38.0)
    house.say(AIR, "air_changes", 2.6)
    (incident,) = house.incidents
    assert incident.title.startswith("Air handler 3 runs at 38")
    assert house.told == ["opened", "joined"]


def test_another_trouble_of_the_room_does_not(house):
    served(house)
    house.say(FAN, "fan_speed", 38.0)
    house.say(AIR, "light_on", True)
    assert len(house.incidents) == 2


def test_nor_does_its_air_once_the_plant_is_well(house):
    served(house)
    house.say(FAN, "fan_speed", 38.0)
    house.after(60)
    house.say(FAN, "fan_speed", 70.0)
    house.say(AIR, "air_changes", 2.6)
    assert len(house.incidents) == 2


def test_nor_the_air_of_a_room_that_it_does_not_serve(house):
    served(house)
    house.say(FAN, "fan_speed", 38.0)
    house.say(PRESSURE, "differential_pressure", -0.4)
    house.after(31)
    assert len(house.incidents) == 2


def test_the_key_is_rule_subject_and_onset(house):
    house.warm_fridge()
    onset = round(house.alarm.since.timestamp() * 1000)
    assert house.incidents[0].key == f"{house.alarm.rule_id}:{FRIDGE}:{onset}"


def test_it_closes_when_all_its_alarms_have_been_clear_for_a_while(house):
    house.say(PUMP, "battery", 20.0)
    house.after(600)
    assert house.incidents[0].closed is None
    house.say(PUMP, "battery", 90.0)
    cleared = house.clock.now()
    house.stays(PUMP, "battery", 90.0, 299)
    assert house.incidents[0].closed is None
    house.stays(PUMP, "battery", 90.0, 1)
    assert (house.incidents[0].closed - cleared).total_seconds() == 300
    assert house.told[-2:] == ["cleared", "closed"]


def test_it_goes_on_when_its_alarm_comes_back_before_it_closed(house):
    for value in (20.0, 90.0, 20.0):
        house.say(PUMP, "battery", value)
        house.after(60)
    assert house.told == ["opened", "cleared", "returned"]
    assert len(house.incidents) == 1


def test_it_is_reopened_when_its_alarm_comes_back_soon(house):
    _pump_was_low(house)
    house.after(29 * 60)
    house.say(PUMP, "battery", 20.0)
    assert house.told == ["opened", "cleared", "closed", "reopened"]
    assert house.incidents[0].closed is None


def test_later_it_is_a_new_incident(house):
    _pump_was_low(house)
    house.after(31 * 60)
    house.say(PUMP, "battery", 20.0)
    assert house.told == ["opened", "cleared", "closed", "opened"]
    assert len(house.incidents) == 2


def _pump_was_low(house):
    house.say(PUMP, "battery", 20.0)
    house.after(1)
    house.say(PUMP, "battery", 90.0)
    house.stays(PUMP, "battery", 90.0, 300)
    assert house.told[-1] == "closed"


def test_it_is_as_grave_as_its_gravest_alarm(house):
    with house.database.write() as session:
        text = "rules: [{name: Fault, metric: sensor_fault, equals: true, priority: high}]"
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.say(PUMP, "battery", 20.0)
    assert house.incidents[0].priority == "medium"
    now = house.clock.advance(5)
    house.hear([Reading(PUMP, "sensor_fault", True, now, now)])
    (incident,) = house.incidents
    assert incident.priority == "high"

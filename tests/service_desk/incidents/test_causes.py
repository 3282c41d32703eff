"""One cause, one incident: what serves what, and in which order the alarms came."""

from datetime import timedelta

import pytest

from asset_registry.assets import Asset
from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device, Gateway
from asset_registry.places import Serves
from collector.reading import Reading, Sighting
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents.causes import AIR, FAULT, LIGHT, POWER, TALK, trouble_of
from service_desk.incidents.model import Incident
from service_desk.incidents.normal import Normal
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Comment, Ticket

GATEWAY, OTHER_GATEWAY = "mqtt:espresense/gw-1", "mqtt:espresense/gw-2"
TAGS = [f"ble:00:00:00:00:00:{n:02x}" for n in range(6)]
SWITCH = "mqtt:snmp/switch-4"
RULES = """
rules:
  - {name: Gone, metric: available, equals: false, title: "{device} is silent", incident: "{device} is silent"}
  - {name: Link, metric: link_up, equals: false, title: "{device} is down", incident: "{device} is down"}
  - {name: Fan, metric: fan_speed, below: 50, incident: "{asset} runs at {value}"}
  - {name: Warm, metric: temperature, above: 26}
  - {name: Stuffy, metric: co2, above: 1000}
"""
FAN = "mqtt:plant/AHU-3"
ROOMS = ("4.12", "4.15")


@pytest.fixture
def wired(house):
    """Two gateways in 4.15 behind a switch that serves the floor; six tags; air handler 3 serves 4.12 and 4.15."""
    begun = house.clock.now() - timedelta(days=1)
    with house.database.write() as session:

        def device(native_id, asset=None, place=None):
            row = Device(site="linden", native_id=native_id, name=native_id.rpartition("/")[2], first_seen=begun)
            session.add(row)
            session.flush()
            if asset or place:
                session.add(Binding(device_id=row.id, asset_id=asset, place_id=place, role="sensor", since=begun))
            return row

        def asset(number, name, category, serves):
            row = Asset(number=number, name=name, category=category, mobile=False, created=begun, changed=begun)
            session.add(row)
            session.flush()
            session.add_all(Serves(asset_id=row.id, place_id=house.ids[each]) for each in serves)
            return row

        for gateway in (GATEWAY, OTHER_GATEWAY):
            session.add(Gateway(device_id=device(gateway).id, place_id=house.ids["4.15"], x_m=1.0, y_m=1.0))
        for tag in TAGS:
            device(tag)
        device(SWITCH, asset("SW-4", "Switch 4", "network switch", ["floor"]).id)
        device(FAN, asset("AHU-3", "Air handler 3", "air handler", ROOMS).id)
        for room in ROOMS:
            device(f"mqtt:air/{room}", place=house.ids[room])
        import_yaml(session, RULES, who="okafor", now=begun)
        bump(session)
    house.registered.refresh()
    return house


def heard(house, gateway, tags):
    house.hear([Sighting(tag, gateway, -60.0, house.clock.now()) for tag in tags])


def silent(house, *devices):
    for device in devices:
        house.say(device, "available", False)


def groups(house):
    """Subjects by incident, of those that stand on their own."""
    found = {}
    for alarm in house.all(Alarm):
        found.setdefault(alarm.incident_id, set()).add(alarm.subject)
    on_their_own = {one.id for one in house.all(Incident) if one.parent_id is None}
    assert set(found) == on_their_own, "every alarm is in an incident, and none is empty"
    return sorted(map(sorted, found.values()))


def test_a_gateway_that_is_off_is_one_incident_with_all_behind_it(wired):
    heard(wired, GATEWAY, TAGS)
    wired.clock.advance(120)
    silent(wired, GATEWAY, *TAGS)
    assert groups(wired) == [sorted([GATEWAY, *TAGS])]
    assert wired.incidents[0].title == "Gw-1 is silent"


def test_also_when_its_own_alarm_comes_last_and_then_the_ticket_says_the_cause(wired):
    heard(wired, GATEWAY, TAGS)
    wired.clock.advance(120)
    silent(wired, *TAGS)
    assert groups(wired) == [sorted(TAGS)], "nothing at all is heard by that gateway any more"
    wired.work()
    wired.clock.advance(5)
    silent(wired, GATEWAY)
    wired.work()
    assert groups(wired) == [sorted([GATEWAY, *TAGS])]
    assert wired.ticket.title == "Gw-1 is silent"
    assert ("wardkeeper", "found the cause") in wired.turns


def test_a_gateway_that_still_hears_others_is_not_the_cause(wired):
    heard(wired, GATEWAY, TAGS)
    wired.clock.advance(120)
    heard(wired, GATEWAY, TAGS[2:])
    silent(wired, *TAGS[:2])
    assert len(groups(wired)) == 2


def test_who_was_heard_by_another_gateway_since_does_not_belong_to_it(wired):
    heard(wired, GATEWAY, TAGS)
    heard(wired, OTHER_GATEWAY, TAGS[:1])
    wired.clock.advance(120)
    heard(wired, OTHER_GATEWAY, TAGS[5:])
    silent(wired, GATEWAY, TAGS[0], TAGS[1])
    assert groups(wired) == sorted([[TAGS[0]], sorted([TAGS[1], GATEWAY])])


def test_late_ones_join_while_the_cause_stands(wired):
    heard(wired, GATEWAY, TAGS)
    silent(wired, GATEWAY)
    wired.clock.advance(3 * 3600)
    silent(wired, TAGS[0])
    assert len(groups(wired)) == 1


def test_what_was_silent_long_before_is_not_a_consequence(wired):
    heard(wired, GATEWAY, TAGS)
    silent(wired, TAGS[0])
    wired.clock.advance(1000)
    heard(wired, GATEWAY, TAGS[1:])
    wired.clock.advance(1000)
    silent(wired, GATEWAY)
    assert len(groups(wired)) == 2


def test_a_switch_takes_its_gateways_with_it_and_what_they_hear(wired):
    heard(wired, GATEWAY, TAGS[:3])
    heard(wired, OTHER_GATEWAY, TAGS[3:])
    wired.clock.advance(120)
    silent(wired, SWITCH, TAGS[0], GATEWAY, TAGS[4], OTHER_GATEWAY, TAGS[1])
    assert len(groups(wired)) == 1


def test_a_switch_that_says_nothing_itself_is_suspected_when_all_its_gateways_are_quiet(wired):
    heard(wired, GATEWAY, TAGS[:3])
    heard(wired, OTHER_GATEWAY, TAGS[3:])
    wired.clock.advance(120)
    silent(wired, GATEWAY, OTHER_GATEWAY)
    assert len(groups(wired)) == 1
    assert wired.incidents[0].cause.startswith("asset:")


def test_a_broker_that_is_away_takes_what_it_carried_with_it(wired):
    wired.say("link:ward", "link_up", False)
    silent(wired, "mqtt:air/4.12", "mqtt:air/4.15")
    assert len(groups(wired)) == 1


def test_a_serial_line_that_is_down_takes_its_device_with_it_and_no_other(wired):
    wired.say("link:bed/oximeter", "link_up", False)
    silent(wired, "serial:bed/oximeter", "serial:bed/ventilator")
    assert groups(wired) == [["link:bed/oximeter", "serial:bed/oximeter"], ["serial:bed/ventilator"]]


def test_rooms_that_fail_together_are_one_incident_with_the_plant_that_serves_them(wired):
    wired.say("mqtt:air/4.12", "temperature", 28.0)
    wired.say("mqtt:air/4.15", "co2", 1400.0)
    assert len(groups(wired)) == 1
    wired.say(FAN, "fan_speed", 30.0)
    assert len(groups(wired)) == 1
    assert wired.incidents[0].title.startswith("Air handler 3 runs at")
    assert wired.incidents[0].asset_id == wired.all(Asset)[-1].id


def test_rooms_that_fail_at_different_times_are_not_until_the_plant_fails(wired):
    wired.say("mqtt:air/4.12", "temperature", 28.0)
    wired.clock.advance(1000)
    wired.say("mqtt:air/4.15", "temperature", 28.0)
    assert len(groups(wired)) == 2
    wired.work()
    wired.say(FAN, "fan_speed", 30.0)
    assert len(groups(wired)) == 2, "4.12 was warm long before"
    assert groups(wired)[1] == ["mqtt:air/4.15", FAN]


def test_incidents_that_a_cause_explains_become_its_children_and_both_tickets_say_so(wired):
    heard(wired, GATEWAY, TAGS[:2])
    silent(wired, *TAGS[:2])
    assert len(groups(wired)) == 2, "the gateway has just been heard"
    wired.work()
    wired.clock.advance(60)
    silent(wired, GATEWAY)
    assert groups(wired) == [sorted([GATEWAY, *TAGS[:2]])]
    first, second = wired.incidents
    assert (second.parent_id, second.closed is not None, first.parent_id) == (first.id, True, None)
    wired.work()
    said = {(turn.ticket_id, turn.did) for turn in wired.all(Comment)}
    assert (2, "saw that it belongs to W-1001") in said
    assert (1, "saw that W-1002 belongs to it") in said
    assert [ticket.state for ticket in wired.all(Ticket)] == ["new", "solved"]
    moved = [one for one in wired.all(Transition) if one.what == "moved"]
    assert [one.detail for one in moved] == [{"from": second.id, "to": first.id}]


def test_a_child_whose_ticket_nobody_had_heard_of_never_gets_one(wired):
    heard(wired, GATEWAY, TAGS[:2])
    silent(wired, *TAGS[:2])
    silent(wired, GATEWAY)
    wired.work()
    assert len(wired.all(Ticket)) == 1


def test_an_alarm_that_comes_back_comes_back_where_its_incident_went(wired):
    heard(wired, GATEWAY, TAGS[:2])
    silent(wired, *TAGS[:2], GATEWAY)
    wired.say(TAGS[1], "available", True)
    wired.clock.advance(5)
    silent(wired, TAGS[1])
    assert len(groups(wired)) == 1


def test_of_many_that_join_the_ticket_hears_together(wired):
    wired.say("link:ward", "link_up", False)
    wired.hear([wired.reading(f"mqtt:air/{n}", "available", False) for n in range(100)])
    wired.work()
    wired.clock.advance(11)
    wired.work()
    assert len(wired.turns) < 15
    assert "In all 101 alarms." in wired.all(Comment)[-1].text


@pytest.mark.parametrize(
    "metric, trouble",
    [
        ("silent", TALK),
        ("link_up", TALK),
        ("temperature", AIR),
        ("fan_speed", AIR),
        ("light_on", LIGHT),
        ("mains", POWER),
        ("technical_alarm", FAULT),
        ("smoke", ""),
        ("leak", ""),
        ("battery", ""),
    ],
)
def test_what_a_metric_is_about(metric, trouble):
    assert trouble_of(metric) == trouble


def test_readings_stay_normal_or_the_incident_does_not_close(house):
    pump = "mqtt:zigbee2mqtt/pump/P-117"
    house.say(pump, "battery", 20.0)
    house.clock.advance(1)
    house.say(pump, "battery", 90.0)
    house.after(3600)
    assert house.incidents[0].closed is None, "silence is not normal"
    house.say(pump, "battery", 90.0)
    house.after(1)
    assert house.incidents[0].closed is not None


def test_what_is_said_only_when_it_changes_holds_while_its_device_talks(house):
    pump = "mqtt:zigbee2mqtt/pump/P-117"
    with house.database.write() as session:
        import_yaml(
            session, "rules: [{name: Fault, metric: sensor_fault, equals: true}]", who="o", now=house.clock.now()
        )
    house.say(pump, "sensor_fault", True)
    house.after(1)
    house.say(pump, "sensor_fault", False)
    for _ in range(12):
        now = house.clock.advance(30)
        house.hear([Reading(pump, "battery", 90.0, now, now)])
    house.after(1)
    assert house.incidents[0].closed is not None


def test_a_gateway_that_only_hears_others_is_well_once_it_hears_them_again(house):
    gateway = "mqtt:espresense/4-08"
    rules = "rules: [{name: Down, kind: rule.link_down, for: 0 s}]"
    with house.database.write() as session:
        import_yaml(session, rules, who="o", now=house.clock.now())
        device = Device(site="linden", native_id=gateway, name="4-08", kind="gateway", first_seen=house.clock.now())
        session.add(device)
        session.flush()
        session.add(Gateway(device_id=device.id, place_id=house.ids["4.15"], x_m=1.0, y_m=1.0))
        bump(session)
    house.registered.refresh()
    house.say(gateway, "available", False)
    house.after(1)
    house.say(gateway, "available", True)
    house.after(3600)
    assert house.incidents[0].closed is None, "it says that it is there, and hears nothing"
    house.hear([Sighting("ble:c47c8d6a1102", gateway, -60.0, house.clock.now())])
    house.after(1)
    assert house.incidents[0].closed is not None


@pytest.mark.parametrize("subject, metric", [("place:7", "temperature"), ("link:ward", "link_up"), ("x:1", "alert")])
def test_what_is_said_once_or_by_wardkeeper_itself_is_believed(house, subject, metric):
    now = house.clock.now()
    alarm = Alarm(subject=subject, metric=metric, low=None, high=None)
    assert Normal(house.latest).since(alarm, now, now)

from collector.reading import Reading

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
        from service_desk.rulebook import import_yaml

        text = "rules: [{name: Leak, metric: leak, equals: true}]"
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.hear([house.reading("a", "leak", True), house.reading("b", "leak", True)])
    assert len(house.incidents) == 2


def test_the_key_is_rule_subject_and_onset(house):
    house.warm_fridge()
    onset = round(house.alarm.since.timestamp() * 1000)
    assert house.incidents[0].key == f"{house.alarm.rule_id}:{FRIDGE}:{onset}"


def test_it_closes_when_all_its_alarms_have_been_clear_for_a_while(house):
    house.say(DOOR, "door_open", True)
    house.say(PRESSURE, "differential_pressure", -0.4)
    house.after(61)
    house.say(DOOR, "door_open", False)
    house.after(600)
    assert house.incidents[0].closed is None
    house.say(PRESSURE, "differential_pressure", -4.0)
    cleared = house.clock.now()
    house.after(299)
    assert house.incidents[0].closed is None
    house.after(1)
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
    house.after(300)
    assert house.told[-1] == "closed"


def test_it_is_as_grave_as_its_gravest_alarm(house):
    with house.database.write() as session:
        from service_desk.rulebook import import_yaml

        text = "rules: [{name: Fault, metric: sensor_fault, equals: true, priority: high}]"
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.say(PUMP, "battery", 20.0)
    assert house.incidents[0].priority == "medium"
    now = house.clock.advance(5)
    house.hear([Reading(PUMP, "sensor_fault", True, now, now)])
    (incident,) = house.incidents
    assert incident.priority == "high"

"""Silence in the consumer: who was heard is no row, and neither a restart nor a new rule makes anybody silent."""

import pytest
from sqlalchemy import select

from service_desk.alarms.model import Alarm
from service_desk.db import Cursor
from service_desk.rulebook import RuleState, import_yaml

pytestmark = pytest.mark.dialects("sqlite")

PUMP, FRIDGE = "mqtt:zigbee2mqtt/pump/P-117", "mqtt:zigbee2mqtt/fridge/F-07"
TAG = "ble:tag-117"
SILENT = "rules: [{name: Silent, kind: silence, after: 10 min, priority: low}]"
OTHER = "rules: [{name: Other, metric: leak, equals: true}]"


@pytest.fixture
def waiting(house):
    """A house in which silences are alarms and both talk once a minute; the spool is read at once."""
    with house.database.write() as session:
        import_yaml(session, SILENT, who="okafor", now=house.clock.now())
    talk(house, 5)
    return house


def talk(house, minutes, *devices):
    for _ in range(minutes):
        for device in devices or (PUMP, FRIDGE):
            house.say(device, "link_quality", 100.0)
        for _ in range(3):
            house.after(20)  # the lease is held


def silences(house):
    return [alarm.subject for alarm in house.all(Alarm) if alarm.active]


def states(house):
    with house.database.read() as session:
        return {row.subject: row.state for row in session.scalars(select(RuleState))}


def test_who_stops_is_an_alarm_and_who_goes_on_is_none(waiting):
    talk(waiting, 11, FRIDGE)
    assert silences(waiting) == [PUMP]
    talk(waiting, 1)
    assert silences(waiting) == []


def test_that_somebody_spoke_is_not_a_row(waiting):
    before = states(waiting)
    talk(waiting, 4)
    assert states(waiting) == before != {}
    with waiting.database.read() as session:
        assert session.get(Cursor, waiting.alarms.name).position > 0


def test_a_new_rule_makes_nobody_silent_and_gives_nobody_new_patience(waiting):
    with waiting.database.write() as session:
        import_yaml(session, OTHER, who="okafor", now=waiting.clock.now())
    talk(waiting, 8, FRIDGE)
    assert silences(waiting) == []
    talk(waiting, 2, FRIDGE)
    assert silences(waiting) == [PUMP]


def test_a_restart_after_an_hour_makes_nobody_silent(waiting):
    waiting.clock.advance(3600)
    waiting.restart()
    waiting.after(0)
    talk(waiting, 9, FRIDGE)
    assert silences(waiting) == []
    talk(waiting, 12, FRIDGE)
    assert silences(waiting) == [PUMP]
    waiting.restart()
    talk(waiting, 1)
    assert silences(waiting) == []


def test_a_silence_of_before_the_restart_is_the_same_alarm_after_it(waiting):
    talk(waiting, 12, FRIDGE)
    before = [alarm.id for alarm in waiting.all(Alarm)]
    waiting.restart()
    talk(waiting, 5, FRIDGE)
    assert [alarm.id for alarm in waiting.all(Alarm)] == before
    assert silences(waiting) == [PUMP]


def test_a_pump_is_where_its_tag_was_located_as_the_registry_knows_the_place(house):
    rule = (
        "rules: [{name: Away, kind: out_of_zone, allowed: {rooms: ['4.15']}, for: 0 s, forbidden: {floors: [Level 9]}}]"
    )
    with house.database.write() as session:
        import_yaml(session, rule, who="okafor", now=house.clock.now())
    for room, away in (("4.15", []), ("4.12", ["Pump 117 is in 4.12 Isolation"]), ("4.15", [])):
        house.hear([
            house.reading(TAG, "room", str(house.ids[room])),
            house.reading(TAG, "fix_confidence", 0.95),
        ])  # fmt: skip
        assert [alarm.title for alarm in house.all(Alarm) if alarm.active] == away
        house.after(20)

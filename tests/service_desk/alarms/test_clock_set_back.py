"""A machine that started a year ahead, until somebody told its clock the time: no alarm is missed for a year."""

from sqlalchemy import select

from service_desk.rulebook import RuleRow, switch

PUMP = "mqtt:zigbee2mqtt/pump/P-117"
YEAR = 365 * 86_400


def test_after_the_clock_was_set_back_by_a_year_alarms_are_raised_cleared_and_closed_as_ever(house):
    house.clock.advance(YEAR)
    house.say(PUMP, "battery", 90.0)
    house.after(1)
    house.clock.advance(-YEAR)
    house.after(1)
    house.say(PUMP, "battery", 20.0)
    assert house.alarm.active
    house.after(60)
    house.say(PUMP, "battery", 90.0)
    assert not house.alarm.active
    house.stays(PUMP, "battery", 90.0, 301)
    (incident,) = house.incidents
    assert incident.closed is not None


def test_after_the_clock_was_set_back_a_changed_rule_is_noticed(house):
    house.clock.advance(YEAR)
    house.say(PUMP, "battery", 20.0)
    house.clock.advance(-YEAR)
    with house.database.write() as session:
        for row in session.scalars(select(RuleRow)).all():
            switch(session, row.id, "somebody", house.clock.now(), enabled=False)
    house.after(1)
    assert not house.alarm.active

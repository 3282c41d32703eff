from datetime import timedelta

import pytest

from asset_registry.audit import history
from asset_registry.errors import Conflict, Invalid, Missing
from service_desk.alarms import book
from service_desk.alarms.life import ISA_NAMES
from service_desk.alarms.model import Alarm
from service_desk.alarms.queries import counts, standing
from service_desk.alarms.queries import history as happened
from service_desk.rulebook import import_yaml
from service_desk.tickets.model import Comment
from tests.databases import at_once

PUMP, DOOR = "mqtt:zigbee2mqtt/pump/P-117", "mqtt:zigbee2mqtt/4.12/door"


@pytest.fixture
def low(house):
    """A house whose pump 117 has a low battery."""
    house.say(PUMP, "battery", 20.0)
    house.clock.advance(60)
    return house


def test_two_who_acknowledge_at_once_are_one(low):
    def seen(who):
        with low.database.write() as session:
            book.acknowledge_incident(session, low.alarm.incident_id, who, "on my way", low.clock.now())

    low.work()
    assert at_once(*[lambda who=who: seen(who) for who in ("okafor", "brandt", "lind", "haas")]) == [None] * 4
    assert low.whats == ["raised", "acknowledged"]
    assert [did for _, did in low.turns].count("acknowledged") == 1


def do(house, step, *about, **more):
    with house.database.write() as session:
        return step(session, house.alarm.id, *about, house.clock.now(), **more)


def name(house):
    return book.isa_name(house.alarm, house.clock.now())


@pytest.mark.parametrize(
    "fields, expected",
    [
        ({"active": False, "acknowledged": True}, "normal"),
        ({"active": True, "acknowledged": False}, "unacknowledged"),
        ({"active": True, "acknowledged": True}, "acknowledged"),
        ({"active": False, "acknowledged": False}, "returned"),
        ({"active": False, "acknowledged": False, "latched": True}, "latched_unacknowledged"),
        ({"active": False, "acknowledged": True, "latched": True}, "latched_acknowledged"),
        ({"active": True, "acknowledged": False, "shelved_until": 1}, "shelved"),
        ({"active": True, "acknowledged": False, "shelved_until": -1}, "unacknowledged"),
        ({"active": True, "acknowledged": False, "suppressed": "generator test"}, "suppressed"),
        ({"active": True, "acknowledged": False, "out_of_service": True, "suppressed": "x"}, "out_of_service"),
    ],
)
def test_the_nine_states_are_derived(clock, fields, expected):
    plain = {"latched": False, "suppressed": "", "out_of_service": False, "shelved_until": None} | fields
    if plain["shelved_until"] is not None:
        plain["shelved_until"] = clock.now() + timedelta(seconds=plain["shelved_until"])
    assert book.isa_name(Alarm(**plain), clock.now()) == expected
    assert expected in ISA_NAMES


def test_there_are_nine():
    assert len(ISA_NAMES) == 9


def test_acknowledged_while_it_holds_then_normal(low):
    do(low, book.acknowledge, "okafor", "On my way.")
    assert name(low) == "acknowledged"
    assert (low.alarm.acknowledged_by, low.alarm.note) == ("okafor", "On my way.")
    low.say(PUMP, "battery", 90.0)
    assert name(low) == "normal"


def test_returned_then_acknowledged_is_normal(low):
    low.say(PUMP, "battery", 90.0)
    assert name(low) == "returned"
    do(low, book.acknowledge, "okafor", "")
    assert name(low) == "normal"


def test_acknowledging_twice_is_acknowledging_once(low):
    do(low, book.acknowledge, "okafor", "Mine.")
    do(low, book.acknowledge, "brandt", "Mine too.")
    assert low.alarm.acknowledged_by == "okafor"
    assert low.whats == ["raised", "acknowledged"]


def test_it_is_a_turn_on_the_ticket_and_its_answer(low):
    low.work()
    do(low, book.acknowledge, "okafor", "On my way.")
    turn = low.all(Comment)[-1]
    assert (turn.who, turn.did, turn.text) == ("okafor", "acknowledged", "On my way.")
    assert low.ticket.answered == low.clock.now()


def test_a_whole_incident_is_acknowledged_with_one_turn(house):
    house.say(DOOR, "door_open", True)
    house.say("mqtt:zigbee2mqtt/4.12/pressure", "differential_pressure", -0.4)
    house.after(61)
    house.work()
    with house.database.write() as session:
        done = book.acknowledge_incident(session, house.incidents[0].id, "okafor", "", house.clock.now())
        assert len(done) == 2
    assert house.turns.count(("okafor", "acknowledged")) == 1
    assert house.whats.count("acknowledged") == 2


def test_raised_again_it_wants_to_be_acknowledged_again(low):
    do(low, book.acknowledge, "okafor", "")
    low.say(PUMP, "battery", 90.0)
    low.clock.advance(5)
    low.say(PUMP, "battery", 10.0)
    assert name(low) == "unacknowledged"
    assert low.alarm.acknowledged_by == ""


def test_a_latched_alarm_stays_until_it_is_reset(house):
    text = "rules: [{name: Fault, metric: sensor_fault, equals: true, latch: true}]"
    with house.database.write() as session:
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.say(PUMP, "sensor_fault", True)
    house.clock.advance(5)
    with pytest.raises(Conflict):
        do(house, book.reset, "okafor")
    house.say(PUMP, "sensor_fault", False)
    assert name(house) == "latched_unacknowledged"
    do(house, book.acknowledge, "okafor", "")
    assert name(house) == "latched_acknowledged"
    do(house, book.reset, "okafor")
    assert name(house) == "normal"


@pytest.mark.parametrize("seconds", [-1, 0, 24 * 3600 + 1])
def test_a_shelf_is_for_a_day_at_most(low, seconds):
    with pytest.raises(Invalid):
        do(low, book.shelve, low.clock.now() + timedelta(seconds=seconds), "okafor", "")


def test_shelved_and_back(low):
    do(low, book.shelve, low.clock.now() + timedelta(hours=1), "okafor", "on its way")
    assert name(low) == "shelved"
    do(low, book.unshelve, "okafor")
    assert name(low) == "unacknowledged"
    low.after(5)
    assert low.told == ["opened"]


def test_what_was_answered_before_it_was_shelved_speaks_anew_when_it_still_holds(low):
    do(low, book.acknowledge, "okafor", "On my way.")
    do(low, book.shelve, low.clock.now() + timedelta(hours=1), "okafor", "on its way")
    low.after(3601)
    assert name(low) == "unacknowledged"
    assert (low.alarm.acknowledged_by, low.alarm.note) == ("", "")


def test_a_shelf_that_has_run_out_ends_before_a_person_answers(low):
    do(low, book.shelve, low.clock.now() + timedelta(seconds=60), "okafor", "on its way")
    low.clock.advance(61)
    do(low, book.acknowledge, "brandt", "Here.")
    low.after(5)
    assert name(low) == "acknowledged"
    assert low.whats == ["raised", "shelved", "unshelved", "acknowledged"]


def test_every_step_of_a_person_is_audited(low):
    do(low, book.acknowledge, "okafor", "")
    do(low, book.shelve, low.clock.now() + timedelta(hours=1), "okafor", "why")
    do(low, book.unshelve, "okafor")
    with low.database.read() as session:
        assert [line.action for line in history(session, "alarm", low.alarm.id)] == [
            "unshelve",
            "shelve",
            "acknowledge",
        ]


def test_an_alarm_that_is_not_there(house):
    with pytest.raises(Missing), house.database.write() as session:
        book.acknowledge(session, 7, "okafor", "", house.clock.now())


# ---------------------------------------------------------------- what pages ask


def test_what_stands_by_incident_gravest_first(house):
    house.say(PUMP, "battery", 20.0)
    house.say(DOOR, "door_open", True)
    house.after(61)
    house.work()
    with house.database.read() as session:
        stands = standing(session, house.clock.now())
    assert [(one.incident.title, len(one.alarms), one.unanswered) for one in stands] == [
        ("4.12 is not isolating", 1, True),
        (house.incidents[0].title, 1, True),
    ]
    assert stands[0].ticket.title == "4.12 is not isolating"


def test_the_figures(house):
    house.say(PUMP, "battery", 20.0)
    house.say(DOOR, "door_open", True)
    house.after(61)
    with house.database.read() as session:
        figures = counts(session, house.clock.now())
    assert figures.incidents == {"high": 1, "medium": 1, "low": 0}
    assert (figures.alarms, figures.unanswered, figures.shelved, figures.new) == (2, 2, 0, 2)
    pump = next(alarm for alarm in house.all(Alarm) if alarm.subject == PUMP)
    with house.database.write() as session:
        book.shelve(session, pump.id, house.clock.now() + timedelta(hours=1), "okafor", "noise", house.clock.now())
    with house.database.read() as session:
        figures = counts(session, house.clock.now())
    assert (figures.alarms, figures.shelved, figures.incidents["medium"]) == (1, 1, 0)


def test_the_history_of_an_hour_newest_first(low):
    low.say(PUMP, "battery", 90.0)
    now = low.clock.now()
    with low.database.read() as session:
        whats = [one.transition.what for one in happened(session, now - timedelta(hours=1), now + timedelta(seconds=1))]
        assert happened(session, now + timedelta(seconds=1), now + timedelta(hours=1)) == []
    assert whats == ["cleared", "raised"]

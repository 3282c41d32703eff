from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.assets import Asset
from asset_registry.audit import history
from asset_registry.errors import Conflict, Invalid, Missing
from asset_registry.places import Place
from service_desk.alarms import book, suppression
from service_desk.alarms.consumer import Practice
from service_desk.alarms.model import Transition
from service_desk.alarms.suppression import Plan, Silent, Window
from service_desk.rulebook import RuleRow
from tests.databases import DIALECTS

PUMP, DOOR = "mqtt:zigbee2mqtt/pump/P-117", "mqtt:zigbee2mqtt/4.12/door"
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.dialects("sqlite")


def plan(house, ahead=timedelta(0), length=HOUR, why="generator test", **about):
    starts = house.clock.now() + ahead
    with house.database.write() as session:
        return suppression.plan(session, Plan(why, starts, starts + length, **about), "okafor", house.clock.now()).id


def end(house, window):
    with house.database.write() as session:
        suppression.end(session, window, "brandt", house.clock.now())


def name(house):
    return book.isa_name(house.alarm, house.clock.now())


def low(house):
    house.say(PUMP, "battery", 20.0)


@pytest.mark.dialects(*DIALECTS)
def test_what_is_raised_in_a_window_is_written_down_and_speaks_at_its_end_when_it_still_holds(house):
    plan(house, place_id=house.ids["floor"])
    house.say(DOOR, "door_open", True)
    house.after(61)
    assert (name(house), house.alarm.suppressed, house.told) == ("suppressed", "generator test", [])
    house.after(3600)
    assert name(house) == "unacknowledged"
    assert house.told == ["opened"]
    assert house.whats == ["raised", "suppressed", "unsuppressed"]


def test_what_is_over_before_the_window_ends_asks_nobody(house):
    plan(house, place_id=house.ids["building"])
    house.say(DOOR, "door_open", True)
    house.after(61)
    house.say(DOOR, "door_open", False)
    house.after(3600)
    assert (name(house), house.told, house.incidents) == ("normal", [], [])
    assert house.whats == ["raised", "suppressed", "cleared", "unsuppressed"]


def test_a_window_to_come_begins_by_itself_and_may_be_ended_early(house):
    low(house)
    window = plan(house, ahead=HOUR, category="infusion pump")
    house.after(10)
    assert name(house) == "unacknowledged"
    house.after(3600)
    assert name(house) == "suppressed"
    end(house, window)
    house.after(2)
    assert name(house) == "unacknowledged"
    assert [(turn.what, turn.who) for turn in house.all(Transition)][-1] == ("unsuppressed", "wardkeeper")
    with pytest.raises(Conflict, match="over already"):
        end(house, window)


@pytest.mark.parametrize(
    "about, silent",
    [
        ({"asset": "P-117"}, True),
        ({"asset": "F-07"}, False),
        ({"category": "infusion pump"}, True),
        ({"category": "vaccine fridge"}, False),
        ({"rule": "Pump battery"}, True),
        ({"rule": "Door"}, False),
        ({"rule": "Pump battery", "asset": "F-07"}, False),
        ({"place": "4.12"}, False),
    ],
)
def test_all_that_a_window_names_must_hold(house, about, silent):
    with house.database.read() as session:
        rules = {row.name: row.id for row in session.scalars(select(RuleRow))}
    ids = {f"{kind}_id": house.ids[about[kind]] for kind in ("asset", "place") if kind in about}
    ids |= {"rule_id": rules[about["rule"]]} if "rule" in about else {"category": about.get("category", "")}
    plan(house, **ids)
    low(house)
    assert (name(house) == "suppressed") == silent
    assert bool(house.told) != silent


def test_an_asset_in_repair_is_silent_until_it_comes_back(house):
    def put(condition):
        with house.database.write() as session:
            session.get(Asset, house.ids["P-117"]).condition = condition

    put("in_repair")
    low(house)
    assert (name(house), house.alarm.suppressed) == ("suppressed", "in repair")
    put("ok")
    house.after(2)
    assert name(house) == "unacknowledged"
    assert house.told == ["opened"]


def test_a_room_for_practice_is_silent_where_the_house_says_so(house):
    house.practice = Practice(silent=Silent((), ("skills_lab",)))
    house.restart()
    with house.database.write() as session:
        session.get(Place, house.ids["4.12"]).room_type = "skills_lab"
        session.flush()
        row = session.scalars(select(RuleRow).where(RuleRow.name == "Door")).one()
        row.config, row.version = row.config | {"scope": {}}, row.version + 1
    house.say(DOOR, "door_open", True)
    house.after(61)
    assert (name(house), house.alarm.suppressed) == ("suppressed", "practice")


@pytest.mark.parametrize(
    "wanted, error",
    [
        ({"why": " ", "category": "infusion pump"}, Invalid),
        ({"length": timedelta(0), "category": "infusion pump"}, Invalid),
        ({"length": timedelta(days=32), "category": "infusion pump"}, Invalid),
        ({"ahead": -2 * HOUR, "category": "infusion pump"}, Invalid),
        ({}, Invalid),
        ({"asset_id": 999}, Missing),
        ({"place_id": 999}, Missing),
        ({"rule_id": 999}, Missing),
    ],
)
def test_what_makes_no_window(house, wanted, error):
    with pytest.raises(error):
        plan(house, **wanted)
    assert house.all(Window) == []


def test_planning_and_ending_are_audited(house):
    window = plan(house, category="infusion pump")
    end(house, window)
    with house.database.read() as session:
        assert [(line.action, line.who) for line in history(session, "alarm window", window)] == [
            ("end", "brandt"),
            ("plan", "okafor"),
        ]
        assert suppression.windows(session, house.clock.now()) == []

"""When nobody answers, the next is told: in time, once, restart or not; and whoever is on call."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from asset_registry.errors import Conflict, Invalid
from asset_registry.people import Person
from service_desk.alarms import book
from service_desk.alarms.model import Alarm, Transition
from service_desk.incidents import by_hand
from service_desk.notices import on_call, policies
from service_desk.notices.model import Escalation, Policy, Schedule
from service_desk.notices.notifier import Notifier
from tests.service_desk.conftest import DOOR, PRESSURE, PUMP
from tests.service_desk.notices.test_icalendar import calendar


def level(after_min, who, kind="person"):
    return {"after_min": after_min, "kind": kind, "who": who}


@pytest.fixture
def policy(desk, house):
    """A function that keeps a policy: its levels, and what else differs."""

    def keep(*levels, **more):
        for login in ("brandt", "okafor"):
            with house.database.write() as session:
                session.get(Person, house.ids[login]).email = f"{login}@linden.example"
        row = Policy(name="Facilities", rank=1, levels=list(levels), **more)
        with house.database.write() as session:
            return policies.save(session, row, "kim", house.clock.now()).id

    return keep


def door(house):
    house.say(DOOR, "door_open", True)
    house.after(60)


def later(desk, minutes):
    """Time passes and everybody does what is due."""
    for _ in range(minutes):
        desk.house.clock.advance(60)
        desk.work()


def escalated(house):
    with house.database.read() as session:
        turns = session.scalars(select(Transition).where(Transition.what == "escalated").order_by(Transition.id))
        return [(turn.detail["level"], turn.detail["to"], turn.detail.get("why", "")) for turn in turns]


def test_each_level_is_told_when_its_time_has_come_and_it_is_written_down(desk, house, policy):
    policy(level(0, "brandt"), level(10, "okafor"))
    door(house)
    desk.work()
    assert desk.told == [("brandt@linden.example", "opened")]
    later(desk, 9)
    assert len(desk.told) == 1
    later(desk, 1)
    assert desk.told[1:] == [("okafor@linden.example", "unanswered")]
    assert desk.by["mail"].said[-1].subject == "HIGH Nobody has answered: 4.12 is not isolating"
    assert escalated(house) == [(2, ["M. Okafor"], "")]
    later(desk, 60)
    assert len(desk.told) == 2


def test_who_acknowledges_ends_it(desk, house, policy):
    policy(level(0, "brandt"), level(10, "okafor"))
    door(house)
    later(desk, 5)
    with house.database.write() as session:
        book.acknowledge(session, house.alarm.id, "brandt", "On my way", house.clock.now())
    later(desk, 30)
    assert [what for _, what in desk.told] == ["opened"]
    assert escalated(house) == []


@pytest.mark.dialects("sqlite")
def test_what_is_over_or_shelved_wakes_nobody_else(desk, house, policy):
    policy(level(0, "brandt"), level(10, "okafor"))
    door(house)
    house.say(DOOR, "door_open", False)
    later(desk, 30)
    assert [what for _, what in desk.told] == ["opened"]


@pytest.mark.dialects("sqlite")
def test_it_goes_on_where_it_was_after_a_restart_and_two_processes_tell_once(desk, house, policy):
    policy(level(0, "brandt"), level(10, "okafor"))
    door(house)
    desk.work()
    house.restart()
    desk.start("there")
    house.clock.advance(600)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: desk.timers.tick(), range(4)))
    desk.work()
    assert [what for _, what in desk.told] == ["opened", "unanswered"]


@pytest.mark.dialects("sqlite")
def test_it_begins_anew_as_often_as_the_policy_says(desk, house, policy):
    policy(level(0, "brandt"), level(5, "okafor"), repeat_min=10, repeats=1)
    door(house)
    later(desk, 120)
    assert [address.partition("@")[0] for address, _ in desk.told] == ["brandt", "okafor", "brandt", "okafor"]


@pytest.mark.dialects("sqlite")
@pytest.mark.parametrize(
    "wish,fits",
    [({"priorities": ["medium", "low"]}, False), ({"priorities": ["high"]}, True), ({"departments": ["ICU"]}, False)],
)
def test_a_policy_is_for_some_priorities_places_and_departments(desk, house, policy, wish, fits):
    policy(level(0, "brandt"), **wish)
    door(house)
    assert bool(desk.notices) is fits


@pytest.mark.dialects("sqlite")
def test_who_hears_of_it_anyway_is_not_told_twice(desk, house, policy):
    policy(level(0, "brandt"))
    desk.wants("brandt", "mail")
    door(house)
    desk.work()
    assert len(desk.told) == 1


@pytest.mark.dialects("sqlite")
def test_a_role_is_everybody_who_has_it(desk, house, policy):
    with house.database.write() as session:
        for login in ("brandt", "okafor"):
            session.get(Person, house.ids[login]).roles = ["biomed"]
    policy(level(0, "biomed", "role"))
    door(house)
    assert [notice.address for notice in desk.notices] == ["brandt@linden.example", "okafor@linden.example"]


# ---------------------------------------------------------------- on call


@pytest.fixture
def roster(desk, house):
    """A function that keeps a schedule; its times are UTC, and it is 06:42."""

    def keep(*events):
        with house.database.write() as session:
            row = Schedule(name="Facilities", text=desk.teller.on_call.checked(calendar(*events)))
            return str(on_call.save(session, row, "kim", house.clock.now()).id)

    return keep


def shift(begins, ends, words):
    return f"DTSTART:20261124T{begins}00Z\r\nDTEND:20261124T{ends}00Z\r\n{words}"


def test_whoever_is_on_call_then_is_told(desk, house, policy, roster):
    who = roster(
        shift("0600", "0650", "SUMMARY:On call: A. Brandt"),
        shift("0650", "1400", "ATTENDEE:mailto:okafor@linden.example"),
    )
    policy(level(0, who, "schedule"), level(10, who, "schedule"))
    door(house)
    later(desk, 10)
    assert [address for address, _ in desk.told] == ["brandt@linden.example", "okafor@linden.example"]


@pytest.mark.dialects("sqlite")
def test_when_nobody_is_on_call_the_fallback_is_told_and_the_alarm_says_why(desk, house, policy, roster):
    who = roster(shift("1200", "1400", "SUMMARY:A. Brandt"), shift("0600", "0800", "SUMMARY:Somebody else"))
    policy(level(0, who, "schedule"), fallback={"kind": "person", "who": "okafor"})
    door(house)
    desk.work()
    assert desk.told == [("okafor@linden.example", "opened")]
    assert escalated(house) == [(1, ["M. Okafor"], "nobody is on call")]


@pytest.mark.dialects("sqlite")
def test_who_is_on_call_has_no_quiet_hours_for_what_is_high(desk, house, policy, roster):
    roster(shift("0600", "1400", "SUMMARY:brandt"))
    for login in ("brandt", "okafor"):
        desk.wants(login, "mail", quiet_from="07:00", quiet_until="09:00")
    door(house)
    house.say(PUMP, "battery", 20.0)
    desk.work()
    assert [(message.address, message.priority) for message in desk.by["mail"].said] == [("brandt by mail", "high")]


@pytest.mark.dialects("sqlite")
def test_gaps_are_when_nobody_who_is_known_is_on_call(desk, house, roster):
    roster(shift("0600", "0800", "SUMMARY:brandt"), shift("0800", "1000", "SUMMARY:Nobody here"))
    now = house.clock.now()
    with house.database.read() as session:
        [schedule] = on_call.schedules(session)
        duties = desk.teller.on_call.duties(session, schedule, now, now + timedelta(hours=6))
    assert [duty.name for duty in duties] == ["A. Brandt", "Nobody here"]
    [(start, end)] = on_call.gaps(duties, now, now + timedelta(hours=6))
    assert (start.hour, end - now) == (8, timedelta(hours=6))


@pytest.mark.dialects("sqlite")
def test_a_policy_that_makes_no_sense_is_refused_and_a_schedule_in_use_stays(desk, house, policy, roster):
    who, now = roster(shift("0600", "0800", "SUMMARY:brandt")), house.clock.now()
    number = policy(level(0, who, "schedule"))
    wrong = (
        ({"levels": []}, "at least one level"),
        ({"levels": [level(10, "brandt"), level(5, "okafor")]}, "later than the one before"),
        ({"levels": [level(0, "nobody")]}, 'nobody with the login "nobody"'),
        ({"levels": [level(0, "king", "role")]}, 'no role "king"'),
        ({"levels": [level(0, "99", "schedule")]}, "no such schedule"),
        ({"levels": [level(0, who, "schedule")], "name": " "}, "a name"),
    )
    with house.database.write() as session:
        for settings, why in wrong:
            with pytest.raises(Invalid, match=why):
                policies.save(session, Policy(**({"name": "New", "rank": 2} | settings)), "kim", now)
        with pytest.raises(Conflict, match="The policy Facilities asks this schedule"):
            on_call.remove(session, int(who), "kim", now)
    door(house)
    with house.database.write() as session:
        policies.remove(session, number, "kim", now)
        on_call.remove(session, int(who), "kim", now)
    assert house.all(Policy) == house.all(Schedule) == []
    with house.database.read() as session:
        assert session.scalars(select(Escalation)).all() == []


# ---------------------------------------------------------------- by hand


def taken_apart(desk, house):
    """The door and the pressure of 4.12 were one incident; a person says that the pressure is another thing."""
    house.say(DOOR, "door_open", True)
    house.say(PRESSURE, "differential_pressure", -0.4)
    house.after(61)
    desk.work()
    pressure = next(one for one in house.all(Alarm) if one.subject == PRESSURE)
    return pressure, partial(by_hand.split, alarm_id=pressure.id, who="kim", why="", notify=Notifier(desk.teller))


def test_what_is_split_off_is_told_and_escalates_by_itself_and_ends_when_it_is_put_back(desk, house, policy):
    policy(level(5, "okafor"), level(30, "okafor"))
    desk.wants("brandt", "mail")
    _, split = taken_apart(desk, house)
    before = len(desk.told)
    with house.database.write() as session:
        own = split(session, now=house.clock.now()).id
    later(desk, 1)
    assert desk.told[before:] == [("brandt by mail", "opened")]
    later(desk, 5)
    assert [each.incident_id for each in desk.notices if each.what == "unanswered"] == [1, own]
    pressure = next(one for one in house.all(Alarm) if one.subject == PRESSURE)
    with house.database.write() as session:
        by_hand.join(session, pressure.id, 1, "kim", "", house.clock.now(), Notifier(desk.teller))
    with house.database.read() as session:
        assert session.get(Escalation, own).ended == "merged"


def test_nobody_is_told_of_what_is_split_off_when_somebody_had_acknowledged_it(desk, house, policy):
    policy(level(0, "okafor"))
    pressure, split = taken_apart(desk, house)
    with house.database.write() as session:
        book.acknowledge(session, pressure.id, "kim", "", house.clock.now())
    before = len(desk.notices)
    with house.database.write() as session:
        split(session, now=house.clock.now())
    assert len(desk.notices) == before

"""Once, soon, by another way when one is down; and a channel that is dead says so."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from asset_registry.audit import Audit
from collector.clock import SystemClock
from collector.errors import Refused, Unreachable
from collector.supervisor import Supervised
from service_desk.notices import choices
from service_desk.notices.ports import Gone, Unsure
from service_desk.notices.worker import GIVE_UP
from tests.service_desk.conftest import DOOR, PUMP


def door_is_held_open(house):
    """A high alarm, just now."""
    house.say(DOOR, "door_open", True)
    house.after(60)


def test_a_dead_first_way_gives_way_to_the_second_within_thirty_seconds(desk, house):
    desk.wants("brandt", "sms", "mail")
    desk.by["sms"].fails = [Unreachable("no network")] * 99
    door_is_held_open(house)
    started = house.clock.now()
    while not desk.told:
        desk.work()
        house.clock.advance(1)
    assert desk.told == [("brandt by mail", "opened")]
    assert (house.clock.now() - started).total_seconds() < 10
    assert [(notice.channel, notice.trouble, bool(notice.passed_on)) for notice in desk.notices] == [
        ("sms", "no network", True),
        ("mail", "", False),
    ]
    desk.by["sms"].fails.clear()
    house.clock.advance(600)
    assert desk.work() == 0


def test_one_that_hangs_or_is_gone_from_the_settings_is_passed_on_all_the_same(desk, house):
    desk.wants("brandt", "sms", "mail")
    door_is_held_open(house)
    del desk.workers["sms"]
    house.clock.advance(14)
    assert desk.work() == 0
    house.clock.advance(2)
    assert desk.work() == 1
    assert desk.told == [("brandt by mail", "opened")]


@pytest.mark.dialects("sqlite")
def test_a_way_whose_channel_was_found_dead_is_tried_once(desk, house):
    desk.wants("brandt", "sms", "mail")
    desk.by["sms"].fails = [Unreachable("no network")] * 99
    desk.workers["sms"].test_when_due()
    door_is_held_open(house)
    desk.work()
    assert desk.told == [("brandt by mail", "opened")]


@pytest.mark.dialects("sqlite")
def test_a_channel_that_is_down_holds_up_no_other(desk, house):
    desk.wants("brandt", "sms")
    desk.wants("okafor", "mail")
    desk.by["sms"].fails = [Unreachable("no network")] * 99
    house.say(PUMP, "battery", 20.0)
    desk.work()
    assert desk.told == [("okafor by mail", "opened")]


@pytest.mark.dialects("sqlite")
def test_without_another_way_it_is_tried_later_and_later_and_at_last_given_up(desk, house):
    desk.wants("brandt", "mail")
    desk.by["mail"].fails = [Unreachable("down")] * 999
    house.say(PUMP, "battery", 20.0)
    pauses = []
    while not desk.notices[0].failed:
        desk.work()
        pauses.append((desk.notices[0].due - house.clock.now()).total_seconds())
        house.clock.advance(max(pauses[-1], 0))
    assert pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
    assert house.clock.now() - desk.notices[0].created >= GIVE_UP
    assert desk.notices[0].failed == "down"


@pytest.mark.dialects("sqlite")
def test_what_may_have_arrived_is_not_sent_twice_by_the_same_way(desk, house):
    desk.wants("brandt", "sms", "mail")
    desk.by["sms"].fails = [Unsure("hung up")]
    house.say(PUMP, "battery", 20.0)
    desk.work()
    house.clock.advance(3600)
    desk.work()
    assert desk.told == [("brandt by mail", "opened")]
    assert desk.notices[0].failed == "it may have arrived: hung up"


@pytest.mark.dialects("sqlite")
def test_what_may_have_arrived_is_sent_once_more_under_the_same_id_when_there_is_no_other_way(desk, house):
    desk.wants("brandt", "mail")
    desk.by["mail"].fails = [Unsure("hung up")]
    house.say(PUMP, "battery", 20.0)
    key = desk.notices[0].key
    desk.work()
    house.clock.advance(2)
    desk.work()
    assert [message.id for message in desk.by["mail"].said] == [key]


@pytest.mark.dialects("sqlite")
def test_who_refuses_is_not_asked_again(desk, house):
    desk.wants("brandt", "sms", "mail")
    desk.by["sms"].fails = [Refused("no such number")]
    house.say(PUMP, "battery", 20.0)
    desk.work()
    assert desk.told == [("brandt by mail", "opened")]
    assert desk.notices[0].failed == "no such number"


def test_eight_workers_hand_over_one_notice_once(desk, house):
    desk.wants("brandt", "mail")
    house.say(PUMP, "battery", 20.0)
    start = threading.Barrier(8)

    def work(_):
        start.wait()
        return desk.workers["mail"].work()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, range(8))) == 1
    assert len(desk.told) == 1


def test_a_process_that_died_in_a_call_leaves_a_notice_that_the_next_one_hands_over(desk, house):
    class Dies(BaseException):
        pass

    desk.wants("brandt", "mail")
    house.say(PUMP, "battery", 20.0)
    desk.by["mail"].fails = [Dies()]
    with pytest.raises(Dies):
        desk.work()
    assert desk.work() == 0
    desk.start()
    desk.workers["mail"]._let_go()
    assert desk.work() == 1
    assert len(desk.told) == 1


@pytest.mark.dialects("sqlite")
def test_a_flood_is_one_message_that_begins_with_the_gravest(desk, house):
    desk.wants("brandt", "mail")
    house.say(PUMP, "battery", 20.0)
    house.warm_fridge()
    desk.work()
    [message] = desk.by["mail"].said
    assert message.subject.startswith("HIGH 2 notices, first: Vaccine fridge F-07")
    assert [fact.priority for fact in message.facts] == ["medium", "high"]
    assert all(notice.handed for notice in desk.notices)


@pytest.mark.dialects("sqlite")
def test_a_test_goes_at_once_by_that_way_alone(desk, house):
    desk.wants("brandt", "sms", "mail")
    who = desk.person("brandt")
    with house.database.write() as session:
        desk.teller.test(session, choices.ways_of(session, who.person_id)[1], house.clock.now())
    desk.work()
    [message] = desk.by["mail"].said
    assert message.short == "Linden General: this is a test https://ward.linden.example/me/notices"


@pytest.mark.dialects("sqlite")
def test_each_channel_is_tested_every_hour_and_a_dead_one_says_so_within_a_minute(desk, house):
    worker = desk.workers["sms"]
    for _ in range(61):
        worker.test_when_due()
        house.clock.advance(60)
    assert desk.by["sms"].tested == 2
    desk.by["sms"].fails = [Unreachable("no network")] * 9
    desk.wants("brandt", "sms")
    house.say(PUMP, "battery", 20.0)
    worker.work()
    worker.test_when_due()
    assert [(reading.device, reading.metric, reading.value) for reading in desk.offered] == [
        ("channel:sms", "available", True),
        ("channel:sms", "available", True),
        ("channel:sms", "available", False),
    ]
    assert (worker.state.up, worker.state.words) == (False, "no network")


@pytest.mark.dialects("sqlite")
def test_a_high_one_is_handed_over_at_once_in_real_time(desk, house):
    desk.wants("brandt", "mail")
    clock = SystemClock()
    worker = desk.workers["mail"]
    object.__setattr__(worker._house, "clock", clock)
    service = Supervised("notices by mail", worker.run, clock)
    service.start()
    try:
        house.clock._now = clock.now()
        house.say(PUMP, "battery", 20.0)
        began = time.monotonic()
        worker.wake()
        while not desk.by["mail"].said and time.monotonic() - began < 30:
            time.sleep(0.005)
        assert time.monotonic() - began < 2
    finally:
        assert service.stop(5)


def test_an_address_that_is_no_more_is_taken_off_the_ways_and_the_next_one_is_tried_at_once(desk, house):
    desk.wants("brandt", "sms", "mail")
    desk.wants("okafor", "sms")
    desk.by["sms"].fails = [Gone("this browser is gone")]
    door_is_held_open(house)
    desk.work()
    assert sorted(desk.told) == [("brandt by mail", "opened"), ("okafor by sms", "opened")]
    assert desk.notices[0].trouble == "this browser is gone; it was taken off your ways"
    with house.database.read() as session:
        assert [way.address for way in choices.ways_of(session, house.ids["brandt"])] == ["brandt by mail"]
        assert [way.address for way in choices.ways_of(session, house.ids["okafor"])] == ["okafor by sms"]
        [written] = session.scalars(select(Audit).where(Audit.action == "remove"))
    assert (written.who, written.before["address"]) == ("wardkeeper", "brandt by sms")

"""One process judges at a time."""

import threading

import pytest

from collector.errors import Unreachable
from service_desk.alarms.consumer import AlarmConsumer
from service_desk.db import Lease
from service_desk.subjects import Subjects
from tests.service_desk.conftest import PUMP


def _another(house, holder):
    return AlarmConsumer(house.database, Subjects(house.registered, house.latest), house.clock, holder)


def test_only_one_process_judges(house):
    house.say(PUMP, "battery", 22.0)
    other = _another(house, "there")
    with pytest.raises(Unreachable, match="held by here"):
        other.consume([house.reading(PUMP, "battery", 90.0)], 2)
    assert house.alarm.active
    house.clock.advance(31)
    other.consume([house.reading(PUMP, "battery", 90.0)], 2)
    assert not house.alarm.active
    with pytest.raises(Unreachable):
        house.say(PUMP, "battery", 22.0)


def test_of_two_that_start_at_once_in_an_empty_database_one_judges(house):
    start, judged, waiting = threading.Barrier(2), [], []

    def race(holder):
        one = _another(house, holder)
        start.wait()
        try:
            one.consume([house.reading(PUMP, "battery", 22.0)], 1)
            judged.append(holder)
        except Unreachable as error:
            waiting.append(str(error))

    threads = [threading.Thread(target=race, args=(holder,)) for holder in ("here", "there")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(judged), len(waiting)) == (1, 1)
    assert house.whats == ["raised"]


def test_a_leader_that_lets_go_is_followed_at_once(house):
    house.say(PUMP, "battery", 22.0)
    house.alarms.release()
    other = _another(house, "there")
    other.consume([house.reading(PUMP, "battery", 90.0)], 2)
    with house.database.read() as session:
        assert session.get(Lease, "alarms").holder == "there"


def test_who_leads_again_reads_what_the_other_wrote(house):
    house.say(PUMP, "battery", 22.0)
    house.clock.advance(31)
    other = _another(house, "there")
    other.consume([house.reading(PUMP, "battery", 90.0)], 2)
    house.clock.advance(31)
    house.say(PUMP, "battery", 20.0)
    assert house.whats == ["raised", "cleared", "raised"]


def test_nothing_is_judged_before_the_registry_is_known(house):
    from asset_registry.snapshot import SnapshotSource

    unread = SnapshotSource(house.database, "linden", house.clock)
    alarms = AlarmConsumer(house.database, Subjects(unread, house.latest), house.clock, "here")
    with pytest.raises(Unreachable, match="registry"):
        alarms.consume([house.reading(PUMP, "battery", 22.0)], 1)

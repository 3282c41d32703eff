import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, select

from asset_registry.db import Database
from collector.errors import Unreachable
from collector.reading import Reading, Sighting
from service_desk.alarms import book
from service_desk.alarms.model import Alarm, Transition
from service_desk.db import Cursor
from service_desk.incidents.model import Incident, Outbox
from service_desk.rulebook import RuleRow, RuleState, import_yaml, switch

FRIDGE, DOOR, PRESSURE = "mqtt:zigbee2mqtt/fridge/F-07", "mqtt:zigbee2mqtt/4.12/door", "mqtt:zigbee2mqtt/4.12/pressure"
PUMP, TAG = "mqtt:zigbee2mqtt/pump/P-117", "ble:tag-117"


def test_a_warm_fridge_is_an_alarm_an_incident_and_news_for_the_desk(house):
    house.warm_fridge()
    alarm = house.alarm
    assert (alarm.active, alarm.acknowledged, alarm.priority, alarm.value) == (True, False, "high", 8.9)
    assert alarm.title == "Vaccine fridge F-07 in 4.18 is at 8.9\N{NO-BREAK SPACE}°C"
    assert (alarm.low, alarm.high, alarm.normal) == (2.0, 8.0, "2–8\N{NO-BREAK SPACE}°C")
    assert (alarm.asset_id, alarm.place_id) == (house.ids["F-07"], house.ids["4.18"])
    assert (house.whats, house.told) == (["raised"], ["opened"])


def test_what_a_database_had_confirmed_and_lost_is_judged_again(house):
    house.warm_fridge()
    at = house.alarms.position()
    with house.database.write() as session:  # as a replica that was behind when it took over
        for table in (Outbox, Transition, Alarm, Incident, RuleState):
            session.execute(delete(table))
        session.get_one(Cursor, "alarms").position = 0
    news = [house.reading(FRIDGE, "probe_temperature", 8.9)]
    with pytest.raises(Unreachable, match="lost what it had confirmed"):
        house.alarms.consume(news, at + 1)
    assert house.alarms.position() == 0
    house.after(600)
    house.warm_fridge()
    assert (house.whats, house.told) == (["raised"], ["opened"])


def test_a_door_that_stays_open_raises_without_another_word_from_it(house):
    house.say(DOOR, "door_open", True)
    house.after(59)
    assert house.all(Alarm) == []
    house.after(1)
    assert house.alarm.title == "The door of 4.12 is held open"
    assert house.incidents[0].title == "4.12 is not isolating"


def test_a_delay_ends_as_soon_as_anything_later_is_heard(house):
    house.say(DOOR, "door_open", True)
    house.clock.advance(61)
    house.say("other", "temperature", 20.0)
    assert house.alarm.active


@pytest.mark.parametrize("confidence, room", [(0.95, "4.12"), (0.45, "4.12"), (0.35, "an unknown room")])
def test_a_pump_in_use_is_where_its_tag_is_unless_that_is_a_mere_guess(house, confidence, room):
    house.say(TAG, "room", str(house.ids["4.12"]))
    house.say(TAG, "fix_confidence", confidence)
    house.say(PUMP, "battery", 22.0)
    assert house.alarm.title == f"Pump 117 in {room} needs mains: battery 22\N{NO-BREAK SPACE}%"


def test_what_goes_out_of_scope_clears(house):
    house.say(PUMP, "battery", 22.0)
    with house.database.write() as session:
        from asset_registry.assets import Asset
        from asset_registry.audit import bump

        session.get(Asset, house.ids["P-117"]).use = "idle"
        bump(session)
    house.registered.refresh()
    house.clock.advance(10)
    house.say(PUMP, "battery", 21.0)
    assert not house.alarm.active
    assert house.all(Transition)[-1].detail["why"] == "out of the rule's scope"


def test_the_same_batch_again_changes_nothing(house):
    readings = []
    for _ in range(12):
        readings.append(house.reading(FRIDGE, "probe_temperature", 8.9))
        house.clock.advance(60)
    for _ in range(3):
        house.alarms.consume(readings, 1)
        house.restart()
    assert (house.whats, house.told, len(house.incidents)) == (["raised"], ["opened"], 1)


# ---------------------------------------------------------------- restarts and cuts


def _history(house):
    with house.database.read() as session:
        transitions = [
            (t.what, t.at, t.detail["value"]) for t in session.scalars(select(Transition).order_by(Transition.id))
        ]
        outbox = [(row.what, row.at) for row in session.scalars(select(Outbox).order_by(Outbox.id))]
        return transitions, outbox


SCRIPT = st.lists(
    st.tuples(
        st.sampled_from([(FRIDGE, "probe_temperature", 5.0), (FRIDGE, "probe_temperature", 8.9)])
        | st.sampled_from([(DOOR, "door_open", True), (DOOR, "door_open", False)])
        | st.sampled_from([(PUMP, "battery", 20.0), (PUMP, "battery", 90.0)])
        | st.just((TAG, "room", "x")),
        st.integers(1, 400),
    ),
    min_size=1,
    max_size=25,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(SCRIPT, st.sets(st.integers(0, 24)), st.integers(1, 7))
def test_restarts_and_the_cut_into_batches_change_nothing(house, script, restarts, size):
    readings = []
    for said, pause in script:
        readings.append(house.reading(*said))
        house.clock.advance(pause)
    results = []
    for cut, dies in ((1, set()), (size, restarts)):
        _forget(house)
        for number, start in enumerate(range(0, len(readings), cut)):
            if number in dies:
                house.restart()
            house.alarms.consume(readings[start : start + cut], start + cut)
        results.append(_history(house)[0])
    assert results[0] == results[1]


def _forget(house):
    with house.database.write() as session:
        for table in (Outbox, Transition, Alarm, Incident, RuleState, Cursor):
            session.query(table).delete()
    house.restart()


def test_a_delay_survives_a_restart(house):
    house.say(DOOR, "door_open", True)
    house.restart()
    house.after(60)
    assert house.alarm.active


class Cut(Exception):
    """The process ends here."""


def test_a_crash_between_any_two_statements_leaves_nothing_half(house):
    batch = [house.reading(PUMP, "battery", 22.0), house.reading(DOOR, "door_open", True)]
    statements = fail_at = 0

    def count(*_args):
        nonlocal statements
        statements += 1
        if statements == fail_at:
            raise Cut

    while fail_at < 200:
        statements, fail_at = 0, fail_at + 1
        event.listen(house.database.engine, "before_cursor_execute", count)
        try:
            house.alarms.consume(batch, 1)
        except Cut:
            event.remove(house.database.engine, "before_cursor_execute", count)
            assert all(house.all(table) == [] for table in (Alarm, Transition, Incident, Outbox))
            with house.database.read() as session:
                assert session.get(Cursor, "alarms") is None
                assert session.scalars(select(RuleState)).all() == []
        else:
            event.remove(house.database.engine, "before_cursor_execute", count)
            break
    assert fail_at > 10
    assert (house.whats, house.told) == (["raised"], ["opened"])
    assert house.alarms.position() == 1


CHILD = """
import sys
sys.path[:0] = {path!r}
from asset_registry.db import Database
from asset_registry.snapshot import SnapshotSource
from collector.clock import ManualClock
from collector.latest import Latest
from collector.reading import Reading
from datetime import timedelta
from service_desk.alarms.consumer import AlarmConsumer
from service_desk.subjects import Subjects

clock = ManualClock()
start = clock.now()
database = Database({url!r})
registered = SnapshotSource(database, "linden", clock)
registered.refresh()
alarms = AlarmConsumer(database, Subjects(registered, Latest()), clock, "here")
print("ready", flush=True)
for number in range(alarms.position() + 1, {last} + 1):
    at = start + timedelta(seconds=number)
    clock.advance((at - clock.now()).total_seconds())
    low = number % 2
    batch = [Reading(f"pump-{{i}}", "battery", 10.0 if low else 90.0, at, at) for i in range(3)]
    alarms.consume(batch, number)
print("done", flush=True)
"""


def test_killed_again_and_again_no_alarm_is_missed_and_none_is_doubled(database_url, clock):
    """Three pumps become low and well again at every second record, 60 of them, while the process is killed."""
    last = 60
    database = Database(database_url)
    rules = "rules: [{name: Battery, metric: battery, below: 30}]"
    with database.write() as session:
        import_yaml(session, rules, who="okafor", now=clock.now())
    root = str(Path(__file__).resolve().parents[3])
    code = CHILD.format(path=[root], url=database_url, last=last)
    kills = 0
    for run in range(40):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        with child:
            assert child.stdout.readline().strip() == "ready"
            if kills < 6:
                target = _position(database) + 5 + run
                while child.poll() is None and _position(database) < target:
                    time.sleep(0.001)
                if child.poll() is None:
                    os.kill(child.pid, signal.SIGKILL)
                    kills += 1
            child.wait()
        if _position(database) == last:
            break
    assert kills >= 3
    with database.read() as session:
        whats = session.execute(
            select(Alarm.subject, Transition.what).join(Alarm, Alarm.id == Transition.alarm_id).order_by(Transition.id)
        ).all()
        keys = session.scalars(select(Outbox.key)).all()
    for pump in ("pump-0", "pump-1", "pump-2"):
        assert [what for subject, what in whats if subject == pump] == ["raised", "cleared"] * (last // 2)
    assert max(Counter(keys).values()) == 1
    database.close()


def _position(database):
    with database.read() as session:
        row = session.get(Cursor, "alarms")
        return row.position if row else 0


# ---------------------------------------------------------------- rules that change


def test_a_rule_that_is_switched_off_clears_its_alarms(house):
    house.say(PUMP, "battery", 22.0)
    with house.database.write() as session:
        rule = session.scalars(select(RuleRow).where(RuleRow.name == "Pump battery")).one()
        switch(session, rule.id, "okafor", house.clock.now(), enabled=False)
    house.after(2)
    assert not house.alarm.active
    house.say(PUMP, "battery", 20.0)
    assert house.whats == ["raised", "cleared"]


def test_a_rule_that_is_changed_judges_the_next_reading(house):
    house.say(PUMP, "battery", 22.0)
    with house.database.write() as session:
        text = "rules: [{name: Pump battery, metric: battery, below: 10}]"
        import_yaml(session, text, who="okafor", now=house.clock.now())
    house.clock.advance(5)
    house.say(PUMP, "battery", 21.0)
    assert not house.alarm.active


# ---------------------------------------------------------------- quiet


def test_watch_waits_while_the_spool_has_more(house):
    house.say(DOOR, "door_open", True)
    stop, looked = threading.Event(), []

    def behind():
        looked.append(True)
        if len(looked) == 2:
            stop.set()
        return False

    house.clock.advance(120)
    watching = threading.Thread(target=house.alarms.watch, args=(stop, behind))
    watching.start()
    while not stop.is_set():
        house.clock.advance(1)
    watching.join(10)
    assert house.all(Alarm) == []


def test_a_batch_that_concerns_no_rule_opens_no_transaction(house):
    house.say(PUMP, "battery", 90.0)
    begun = []
    event.listen(house.database.engine, "begin", begun.append)
    now = house.clock.now()
    batch = [Sighting("t", "g", -60.0, now), Reading("d", "heart_rate", 80.0, now, now)]
    house.alarms.consume(batch, 7)
    assert begun == []
    assert house.alarms.position() == 7


def test_twenty_thousand_readings_a_second_when_few_rules_match(house):
    rules = house.alarms
    house.say(PUMP, "battery", 90.0)
    now = house.clock.now()
    batch = [Reading(f"d{i % 500}", "temperature", 20.0, now, now) for i in range(19_000)]
    batch += [Reading(f"d{i}", "battery", 90.0, now + timedelta(milliseconds=i), now) for i in range(1_000)]
    start = time.perf_counter()
    rules.consume(batch, 9)
    assert time.perf_counter() - start < 1


# ---------------------------------------------------------------- the book


def test_a_shelved_alarm_speaks_when_its_time_is_over_and_it_still_holds(house):
    house.say(PUMP, "battery", 22.0)
    house.clock.advance(1)
    house.say(PUMP, "battery", 90.0)
    house.stays(PUMP, "battery", 90.0, 400)
    assert house.told == ["opened", "cleared", "closed"]
    with house.database.write() as session:
        until = house.clock.now() + timedelta(hours=1)
        book.shelve(session, house.alarm.id, until, "okafor", "being moved", house.clock.now())
    house.clock.advance(1)
    house.say(PUMP, "battery", 22.0)
    assert book.isa_name(house.alarm, house.clock.now()) == "shelved"
    assert len(house.told) == 3
    house.after(3600)
    assert book.isa_name(house.alarm, house.clock.now()) == "unacknowledged"
    assert house.told[3:] == ["opened"]
    assert house.whats[-2:] == ["raised", "unshelved"]

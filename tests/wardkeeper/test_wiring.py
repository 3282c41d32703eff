"""What only the whole shows: parts that were wired together and not started."""

import threading
from datetime import timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from asset_registry.db import Database
from collector.clock import ManualClock, SystemClock
from collector.errors import ConfigError
from collector.points import readings_of
from collector.reading import Reading
from service_desk.incidents.model import Incident, Outbox
from service_desk.incidents.telling import tell
from service_desk.rulebook import RuleRow
from tests.wardkeeper.conftest import until
from tests.wardkeeper.test_heartbeat import SECRET, Monitor
from wardkeeper.settings import Settings
from wardkeeper.wiring import Wardkeeper


@pytest.fixture
def make(tmp_path, database_url):
    running = []

    def wardkeeper(clock=None, **settings):
        known = Settings(site="test", data=tmp_path, **settings)
        running.append(Wardkeeper(known, clock or ManualClock(), Database(database_url)))
        return running[-1]

    yield wardkeeper
    for one in running:
        one.stop()


def test_a_rule_that_makes_no_sense_is_shown_among_the_parts(make):
    house = make()
    with house.database.write() as session:
        row = RuleRow(
            name="By hand", kind="rule.threshold", config={"metric": "spo2", "below": 90}, changed=house.clock.now()
        )
        session.add(row)
    house.alarms.tick()
    [rule] = [part for part in house._statuses() if part.name == "rule By hand"]
    assert rule.state == "failed"
    assert "never judged" in rule.error


def test_what_was_acknowledged_but_not_yet_stored_is_known_after_a_start(make):
    house = make()
    now = house.clock.now()
    house.spool.append([([Reading("d", "temperature", 21.5, now, now)], None)])
    house.stop()
    assert make().latest.get("d", "temperature").value == 21.5


def test_what_the_store_refused_is_told_on_the_collector_page_and_its_points_are_of_this_site(make, tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "refused.jsonl").write_text('{"why":"too old","line":"a b=1 1"}\n')
    house = make(store={"kind": "store.influx", "dialect": "influxdb1", "url": "http://127.0.0.1:1"})
    assert any("The store refused 1 points" in trouble for trouble in house._spool().troubles)
    assert house.store._config.site == "test"


def test_further_stores_are_given_what_the_spool_has_at_their_own_pace(make, free_port):
    away = {"kind": "store.influx", "dialect": "influxdb1", "url": f"http://127.0.0.1:{free_port()}"}
    house = make(SystemClock(), stores={"copy": {"kind": "store.duckdb"}, "away": away})
    now = house.clock.now()
    house.spool.append([([Reading("d", "temperature", 21.5, now, now)], None)])
    house.start()
    until(lambda: all(cursor.behind == 0 for cursor in house._cursors() if cursor.name != "away"), 10)
    assert readings_of(house.collecting.stores["copy"].latest())[0].value == 21.5
    until(lambda: any(part.name == "away" and "127.0.0.1" in part.error for part in house._statuses()), 10)
    assert [cursor.behind for cursor in house._cursors() if cursor.name == "away"] == [1]


def test_stores_on_this_machine_are_tended_and_a_hold_on_nothing_is_told(make):
    house = make(stores={"copy": {"kind": "store.duckdb"}}, retention={"days": 30, "hold": ["PUMP-0042"]})
    assert [each.name for each in house._statuses() if "upkeep" in each.name] == ["upkeep of store", "upkeep of copy"]
    assert "no device and no asset PUMP-0042; nothing is forgotten" in house._spool().troubles[0]


def test_days_end_in_files_while_it_runs(make, tmp_path):
    house = make(SystemClock())
    yesterday = house.clock.now() - timedelta(days=2)
    house.store.write([Reading("d", "temperature", 21.5, yesterday, yesterday)], 0)
    house.start()
    until(lambda: list((tmp_path / "store" / "days").glob("*.points.*.parquet")), 10)
    assert readings_of(house.store.latest())[0].value == 21.5


def test_with_a_share_of_the_messages_no_alarms_are_judged(make):
    with pytest.raises(ConfigError, match="share: with a share"):
        make(links={"ward": {"kind": "mqtt", "host": "127.0.0.1", "share": "wards"}})


def test_a_further_store_may_not_have_the_name_of_the_first():
    with pytest.raises(ValidationError, match="stores"):
        Settings(site="test", stores={"store": {"kind": "store.memory"}})


def test_which_tags_name_a_device_in_line_protocol_is_a_setting(make):
    lines = make(line_protocol={"device_tags": ["name"]}).app().state.lines
    [item] = lines.heard(b"ahu,name=4 temperature=21", 1, ManualClock().now()).items
    assert item.device == "lp:4"


@pytest.mark.dialects("sqlite")
def test_the_outside_monitor_hears_nothing_before_all_parts_run_and_is_named_when_it_does_not_answer(make):
    monitor = Monitor()
    house = make(SystemClock(100), heartbeat={"url": monitor.url})
    house.heartbeat.beat(threading.Event())
    assert monitor.heard == []
    house.start()
    monitor.wait(1)
    monitor.shutdown()
    monitor.server_close()
    until(lambda: "The outside monitor 127.0.0.1 does not answer" in str(house._spool().troubles), 10)
    assert SECRET not in str(house._spool().troubles)


def test_a_ticket_system_that_is_away_holds_up_no_other(make, free_port, tmp_path):
    inbox = {"kind": "sink.webhook", "url": f"http://127.0.0.1:{free_port()}/", "secret": "whsec_" + 43 * "a" + "="}
    house = make(SystemClock(), sinks={"desk": {"kind": "sink.desk"}, "inbox": inbox})
    now = house.clock.now()
    with house.database.write() as session:
        incident = Incident(key="1:d:1", title="Warm", priority="high", opened=now)
        session.add(incident)
        session.flush()
        tell(session, incident, "opened", (now, now), tuple(house.sinks))
    house.start()

    def told():
        with house.database.read() as session:
            return {row.sink: (row.done is not None, row.error) for row in session.scalars(select(Outbox))}

    until(lambda: told()["desk"][0] and told()["inbox"][1], 10)
    assert told()["inbox"][0] is False
    assert "127.0.0.1 cannot be reached" in told()["inbox"][1]
    assert {"outbox desk", "outbox inbox"} <= {part.name for part in house._statuses()}

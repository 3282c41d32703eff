"""What only the whole shows: parts that were wired together and not started."""

import pytest

from asset_registry.db import Database
from collector.clock import ManualClock
from collector.reading import Reading
from service_desk.rulebook import RuleRow
from wardkeeper.settings import Settings
from wardkeeper.wiring import Wardkeeper


@pytest.fixture
def make(tmp_path, database_url):
    running = []

    def wardkeeper(**settings):
        known = Settings(site="test", data=tmp_path, **settings)
        running.append(Wardkeeper(known, ManualClock(), Database(database_url)))
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

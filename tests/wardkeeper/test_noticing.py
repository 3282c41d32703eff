"""The whole of it in real time: a reading crosses a limit, and the second of two ways tells the person."""

import time

import pytest

from asset_registry.people import create_person, principal_of
from collector.clock import SystemClock
from collector.reading import Reading
from service_desk.notices import choices
from service_desk.notices.model import Notice
from service_desk.rulebook import import_yaml
from tests.service_desk.notices.far import SECRET, Hook
from tests.wardkeeper.conftest import until
from tests.wardkeeper.test_wiring import make  # noqa: F401 - a fixture

pytestmark = pytest.mark.dialects("sqlite")

RULES = """
rules:
  - {name: Leak, metric: leak, equals: true, priority: high, title: "Water in {device}"}
  - name: Dead way
    metric: available
    equals: false
    priority: high
    scope: {devices: ["channel:dead"]}
    title: "Nobody can be told by {device}"
"""


def webhook(port):
    return {"kind": "channel.webhook", "url": f"http://127.0.0.1:{port}/", "secret": SECRET}


def told(house):
    with house.database.read() as session:
        return [(row.channel, bool(row.handed)) for row in session.query(Notice) if "Water" in row.title]


def test_a_high_alarm_reaches_a_person_by_the_way_that_lives_and_the_dead_one_is_an_alarm(make, free_port):  # noqa: F811
    far = Hook(free_port()).start()
    house = make(SystemClock(), channels={"dead": webhook(free_port()), "chat": webhook(far.port)})
    now = house.clock.now()
    with house.database.write() as session:
        import_yaml(session, RULES, who="kim", now=now)
        kim = principal_of(create_person(session, "kim", "Kim", ["facilities"], "test", now))
        for channel in ("dead", "chat"):
            choices.add_way(session, house.noticing.teller, kim, channel, "kim", now)
        choices.set_wish(session, kim, choices.Wanted("low"), now)
    house.start()
    now, began = house.clock.now(), time.monotonic()
    house.pipeline.offer([Reading("cellar", "leak", True, now, now)], None)
    until(lambda: any("Water in cellar" in text for _, text, _ in far.got), 25)
    assert time.monotonic() - began < 25
    until(lambda: any("Nobody can be told by channel:dead" in text for _, text, _ in far.got), 25)
    assert {state.name: state.up for state in house.noticing.states()} == {"dead": False, "chat": True}
    until(lambda: told(house) == [("dead", False), ("chat", True)], 5)
    assert house.noticing.stuck(300) == []
    far.stop()

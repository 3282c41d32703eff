"""Several stores behind one real `wardkeeper serve`: one is away under load, and nobody else notices."""

import json
import time
import urllib.error
import urllib.request

import pytest
import yaml

from collector.clock import SystemClock
from collector.reading import Reading
from tests.wardkeeper.conftest import until
from tests.wardkeeper.test_faults import AIR, FRIDGE, RULES
from wardkeeper.collect import Edge
from wardkeeper.settings import Settings

STORES = """
stores:
  history: {{kind: store.influx, dialect: influxdb1, url: "{url}", bucket: {bucket}, timeout_s: 2}}
"""
A_SECOND = 250


@pytest.fixture
def influx(influxd):
    """An InfluxDB of one's own, which can be stopped."""
    return influxd()


@pytest.fixture
def house(server_of, publisher, influx, tmp_path):
    """A server that watches a fridge, with its own store and an InfluxDB, not started yet."""
    server = server_of(publisher.port)
    with server.config.open("a") as config:
        config.write(STORES.format(url=influx.url, bucket=influx.database()))
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    server.command("import", "rules", rules)
    return server


def own(house):
    """What the server's own store has, in the order of its times."""
    found = house.all("/api/v1/readings?device=mqtt%3Azigbee2mqtt%2FOR-2%2Fair&metric=temperature&limit=1000")
    return [round(one["value"] * 100) for one in sorted(found, key=lambda one: one["at"])]


def history(influx):
    """What the InfluxDB has, in the order of its times."""
    text = influx.statement(f"SELECT temperature FROM db1.autogen.environment WHERE device = 'mqtt:{AIR}'")
    [series] = json.loads(text)["results"][0].get("series", [{"values": []}])
    return [round(value * 100) for _, value in series["values"]]


def ready(house):
    """What /readyz says, also when it says no."""
    try:
        return house.get("/readyz")
    except urllib.error.HTTPError as no:
        return json.load(no)


def publish(publisher, numbers, a_second=None):
    for number in numbers:
        last = publisher(AIR, {"temperature": number / 100})
        if a_second:
            time.sleep(1 / a_second)
    last.wait_for_publish(30)


def a_store_is_away(house, publisher, influx, seconds):
    house.start()
    publish(publisher, range(100))
    until(lambda: history(influx) == own(house) == list(range(100)), 20)
    influx.stop()
    half, end = (100 + round(A_SECOND * seconds * part) for part in (0.5, 1))
    publish(publisher, range(100, half), A_SECOND)
    publisher(FRIDGE, {"temperature": 9.5})
    assert until(lambda: house.get("/api/v1/tickets")["items"], 10) < 3
    publish(publisher, range(half, end), A_SECOND)
    until(lambda: own(house) == list(range(end)), 20)
    assert set(ready(house)["troubles"]) == {"history"}
    influx.start()
    until(lambda: history(influx) == list(range(end)), 60)
    assert len(house.get("/api/v1/tickets")["items"]) == 1


@pytest.mark.dialects("sqlite")
def test_while_one_store_is_away_alarms_and_the_other_go_on_and_then_it_has_everything_in_order(
    house, publisher, influx
):
    a_store_is_away(house, publisher, influx, 2)


@pytest.mark.long
@pytest.mark.dialects("sqlite")
@pytest.mark.timeout(600)
def test_a_store_is_away_for_five_minutes(house, publisher, influx):
    a_store_is_away(house, publisher, influx, 300)


def test_a_point_that_a_further_store_refuses_is_named_and_holds_up_no_other(influx, tmp_path):
    url, bucket, clock = influx.url, influx.database(), SystemClock()
    line = f'environment,site=other humidity="much" {int(time.time())}'.encode()  # no number is taken from now on
    urllib.request.urlopen(f"{url}/write?db={bucket}&precision=s", line).close()
    settings = Settings.model_validate({"site": "test", "data": tmp_path, **yaml.safe_load(STORES.format(**locals()))})
    edge = Edge(settings, clock)
    edge.start()
    now = clock.now()
    for metric, value in (("humidity", 40.0), *(("temperature", n / 100) for n in range(100))):
        assert edge.collecting.pipeline.offer((Reading(f"mqtt:{AIR}", metric, value, now, now),))
    until(lambda: history(influx) == list(range(100)), 20)
    edge.stop()
    [trouble] = edge.collecting.troubles()
    assert trouble.startswith("history: The store refused 1 points, the last because")
    assert "already exists as type string" in trouble

"""A real `wardkeeper serve` whose points are on a real server: from the wire to the API, and its faults."""

import subprocess
import sys

import pytest

from tests.wardkeeper.conftest import until

pytestmark = pytest.mark.dialects("sqlite")  # what is tested is the store, not the database

AIR = "zigbee2mqtt/OR-2/air"
STORE = "store:\n  kind: store.influx\n  dialect: influxdb1\n  url: {url}\n  bucket: {bucket}\n  timeout_s: 2\n"


@pytest.fixture
def influx(influxd):
    """An InfluxDB of one's own, which can be stopped."""
    return influxd()


@pytest.fixture
def house(server_of, publisher, influx):
    server = server_of(publisher.port)
    with server.config.open("a") as config:
        config.write(STORE.format(url=influx.url, bucket=influx.database()))
    return server


def readings(server):
    found = server.all("/api/v1/readings?device=mqtt%3Azigbee2mqtt%2FOR-2%2Fair&metric=temperature&limit=1000")
    return sorted(round(one["value"] * 100) for one in found)


def publish(publisher, numbers):
    for number in numbers:
        last = publisher(AIR, {"temperature": number / 100})
    last.wait_for_publish(30)


def test_a_message_is_a_point_with_the_site_of_the_settings_and_comes_back_by_the_api(house, publisher, influx):
    house.start()
    publish(publisher, [2150])
    until(lambda: readings(house) == [2150], 20)
    text = influx.statement('SELECT * FROM "db1"."autogen"."environment"').decode()
    assert '"mqtt:zigbee2mqtt/OR-2/air","test",21.5' in text


def test_while_the_server_is_away_the_spool_keeps_everything_and_then_all_arrive_once(house, publisher, influx):
    house.start()
    publish(publisher, range(100))
    until(lambda: readings(house) == list(range(100)), 20)
    influx.stop()
    publish(publisher, range(100, 400))
    until(lambda: any("store" in line and "does not answer" in line for line in house.said), 20)
    house.kill()
    house.start_unready()  # it listens all the same, with its server still away
    publish(publisher, range(400, 500))
    influx.start()
    until(lambda: readings(house) == list(range(500)), 60)
    assert not [line for line in house.said if line.startswith("Traceback")]


def test_what_a_killed_victoriametrics_had_confirmed_and_lost_is_there_again(server_of, publisher, victoria_metrics):
    metrics = victoria_metrics()
    house = server_of(publisher.port)
    with house.config.open("a") as config:
        config.write(f"store:\n  kind: store.influx\n  dialect: victoriametrics\n  url: {metrics.url}\n")
    house.start()
    publish(publisher, range(100))
    until(lambda: house.get("/readyz")["ready"] and readings(house), 20)
    metrics.kill()
    publish(publisher, range(100, 200))
    metrics.start()
    publish(publisher, range(200, 300))
    until(lambda: readings(house) == list(range(300)), 60)
    assert not [line for line in house.said if line.startswith("Traceback")]


def mistakes(server, *lines):
    """What `wardkeeper check` says when these lines stand under `store`."""
    kept = server.config.read_text()
    server.config.write_text("\n".join([kept.partition("store:")[0], "store:", "  kind: store.influx", *lines, ""]))
    command = [sys.executable, "-m", "wardkeeper.cli", "check", "--config", str(server.config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    server.config.write_text(kept)
    assert done.returncode == 2, done
    return done.stdout + done.stderr


def test_check_names_a_secret_in_the_open_and_a_dialect_that_is_none(house):
    url = "  url: http://127.0.0.1:8086"
    said = mistakes(house, "  dialect: influxdb1", url, "  user: ward", "  password: in-the-open")
    assert "store.password: secrets do not stand in this file: write !env NAME or !file PATH" in said
    said = mistakes(house, "  dialect: influxdb9", url, "  buckett: x")
    assert "store.dialect: Input should be 'influxdb1', 'influxdb2', 'influxdb3' or 'victoriametrics'" in said
    assert "store.buckett: unknown; did you mean bucket?" in said
    assert "store: influxdb2 needs an org and a token" in mistakes(house, "  dialect: influxdb2", url)
    assert "store.url: secrets do not stand" in mistakes(house, "  dialect: influxdb1", "  url: http://a:b@influx:8086")

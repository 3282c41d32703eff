"""From the wire to the screens with a real mosquitto and a real `wardkeeper serve`, whatever happens on the way."""

import time
import urllib.parse

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from tests.collector.test_exposition import read
from tests.wardkeeper.conftest import until

DEVICE = "mqtt:zigbee2mqtt/OR-2/air"
FRIDGE = "mqtt:zigbee2mqtt/fridge"
RULES = """
rules:
  - name: Fridge
    metric: temperature
    above: 8.0
    clear: 7.0
    for: 0 s
    scope: {devices: ["mqtt:zigbee2mqtt/fridge"]}
    priority: high
    title: "The fridge is at {value}"
"""


def readings(server, device, metric="temperature"):
    return server.all(f"/api/v1/readings?device={urllib.parse.quote(device)}&metric={metric}&limit=1000")


def test_a_published_payload_comes_back_from_the_interface_within_a_second(server_of, publisher):
    server = server_of(publisher.port).start()
    publisher("zigbee2mqtt/OR-2/air", {"temperature": 20.5}).wait_for_publish(10)
    assert until(lambda: readings(server, DEVICE), 5) < 1.0
    [reading] = readings(server, DEVICE)
    assert (reading["value"], reading["quality"]) == (20.5, "GOOD")
    assert until(lambda: [one for one in server.get("/api/v1/unclaimed")["items"] if one["native_id"] == DEVICE], 5) < 5


@pytest.mark.long_on("postgresql")
def test_kill_9_under_load_loses_nothing_doubles_nothing_and_misses_no_alarm(server_of, publisher, tmp_path):
    server = server_of(publisher.port)
    rules = tmp_path / "rules.yaml"
    rules.write_text(RULES)
    server.command("import", "rules", rules)
    server.start()
    sent = 0
    for round_ in range(3):
        for _ in range(2000):
            publisher("zigbee2mqtt/OR-2/air", {"temperature": sent / 100})
            sent += 1
        publisher("zigbee2mqtt/fridge", {"temperature": 9.0 + round_}).wait_for_publish(30)
        server.kill()  # while the broker is still delivering
        publisher("zigbee2mqtt/OR-2/air", {"temperature": sent / 100}).wait_for_publish(30)
        sent += 1
        server.start()
    until(lambda: len(readings(server, FRIDGE)) == 3 and len(readings(server, DEVICE)) >= sent, 60)
    values = sorted(round(one["value"] * 100) for one in readings(server, DEVICE))
    assert values == list(range(sent))
    until(lambda: server.get("/api/v1/tickets")["items"], 10)
    tickets = server.get("/api/v1/tickets")["items"]
    assert [ticket["priority"] for ticket in tickets] == ["high"], tickets
    alarms = [alarm for incident in server.get("/api/v1/alarms")["items"] for alarm in [incident]]
    assert len(alarms) == 1


@pytest.mark.dialects("sqlite")  # the database has no part in it
def test_garbage_is_counted_and_shown_and_nothing_else_is_lost(server_of, publisher):
    server = server_of(publisher.port).start()
    publisher("zigbee2mqtt/OR-2/air", b"x" * 10_000_000)
    publisher("zigbee2mqtt/OR-2/air", b'{"temperature": "\xff\xfe"}')
    publisher("zigbee2mqtt/OR-2/air", b'{"temperature": NaN}')
    publisher("zigbee2mqtt/never/seen", {"humidity": 40})
    publisher("zigbee2mqtt/OR-2/air", {"temperature": 21.0, "last_seen": "2199-01-01T00:00:00Z"})
    publisher("z" * 60_000, "long")
    publisher("some/other/topic", "hello")
    publisher("zigbee2mqtt/OR-2/air", {"temperature": 22.0}).wait_for_publish(30)
    until(lambda: [one["value"] for one in readings(server, DEVICE)] == [21.0, 22.0], 20)
    future, now = readings(server, DEVICE)
    assert (future["quality"], now["quality"]) == ("UNCERTAIN", "GOOD")
    assert future["at"] <= now["at"]
    [figures] = server.get("/api/v1/inputs")["items"]
    assert figures["bad_frames"] == 3
    assert figures["unknown_topics"] == 2
    assert {"some/other/topic", "z" * 200} == set(figures["unknown"])
    assert [one["device"] for one in readings(server, "mqtt:zigbee2mqtt/never/seen", "humidity")]
    assert server.get("/readyz")["ready"]
    told = read(server.text("/metrics"))
    assert told['wardkeeper_input_bad_frames_total{link="ward"}'] == 3
    assert told['wardkeeper_input_bytes_total{link="ward"}'] > 10_000_000
    assert told['wardkeeper_link_up{link="ward"}'] == 1
    assert told["wardkeeper_acknowledge_seconds_count"] >= 1
    assert told['wardkeeper_reader_batch_seconds_count{reader="store"}'] >= 1


@pytest.mark.dialects("sqlite")  # the database has no part in it
def test_a_broker_that_is_away_is_waited_for(server_of, mosquitto):
    broker = mosquitto(persistent=True)
    server = server_of(broker.port).start()
    broker.stop()
    until(lambda: not server.get("/readyz")["ready"] or True, 1)
    broker.start()
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.publish("zigbee2mqtt/OR-2/air", '{"temperature": 19.5}', qos=1).wait_for_publish(10)
    until(lambda: [one["value"] for one in readings(server, DEVICE)] == [19.5], 30)
    client.loop_stop()


@pytest.mark.long_on("postgresql")
def test_a_stopped_server_says_that_all_is_on_disk_and_starts_again_in_under_five_seconds(server_of, publisher):
    server = server_of(publisher.port).start()
    assert any("first administrator" not in line for line in server.said)
    publisher("zigbee2mqtt/OR-2/air", {"temperature": 20.5}).wait_for_publish(10)
    until(lambda: readings(server, DEVICE), 5)
    server.stop()
    assert any("on disk" in line for line in server.said)
    server.start()
    assert len(readings(server, DEVICE)) == 1


@pytest.mark.dialects("sqlite", "postgresql")
def test_a_published_payload_is_on_the_screen_within_a_second(server_of, publisher, browser):
    server = server_of(publisher.port).start()
    publisher("zigbee2mqtt/OR-2/air", {"temperature": 20.5}).wait_for_publish(10)
    until(lambda: [one for one in server.get("/api/v1/devices")["items"] if one["native_id"] == DEVICE], 10)
    [device] = [one for one in server.get("/api/v1/devices")["items"] if one["native_id"] == DEVICE]
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto(server.command("user", "link", "boss").strip())
    page.goto(f"/devices/{device['id']}")
    page.locator("#latest").get_by_text("20.5").wait_for()
    page.wait_for_function("() => document.getElementById('lamp').textContent.includes('Live')")
    publisher("zigbee2mqtt/OR-2/air", {"temperature": 21.7}).wait_for_publish(10)
    began = time.monotonic()
    page.locator("#latest").get_by_text("21.7").wait_for(timeout=5000)
    assert time.monotonic() - began < 1.0
    context.close()

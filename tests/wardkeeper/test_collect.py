"""`wardkeeper collect`, a process of its own: from an edge to the centre, and one of several at one broker.

Edge and centre have a real mosquitto each. The centre is what `collect` is made of, in this process, so that its store
can be asked.
"""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from collector.clock import SystemClock
from collector.points import readings_of
from collector.ports import Selection
from tests.wardkeeper.conftest import until
from wardkeeper import catalog
from wardkeeper.collect import Edge
from wardkeeper.settings import load

SCRIPT = "wardkeeper/script/readings"

EDGE = """
site: test
data: {data}
web: {{port: 0}}
links:
  ward: {{kind: mqtt, port: {here}, client_id: edge, dialects: [{{kind: mqtt.wardkeeper}}]}}
forward: {{host: 127.0.0.1, port: {there}, client_id: clinic}}
"""
ONE_OF_SEVERAL = """
site: test
data: {data}
web: {{port: 0}}
links:
  ward: {{kind: mqtt, port: {port}, client_id: {name}, share: "{share}", dialects: [{{kind: mqtt.wardkeeper}}]}}
stores:
  history: {{kind: store.influx, dialect: influxdb1, url: "{url}", bucket: {bucket}}}
"""
CENTRE = """
site: test
data: {data}
store: {{kind: store.memory}}
links:
  edges: {{kind: mqtt, port: {port}, client_id: centre, dialects: [{{kind: mqtt.wardkeeper}}]}}
"""


class Process:
    """`wardkeeper collect`: `start`, `kill` (as a power cut does it) and `stop` it."""

    def __init__(self, folder, text):
        folder.mkdir()
        self.config = folder / "edge.yaml"
        self.config.write_text(text)
        self.said, self.process = [], None

    def start(self):
        command = [sys.executable, "-m", "wardkeeper.cli", "collect", "--config", str(self.config)]
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen(command, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}, **pipe)
        begun = threading.Event()
        threading.Thread(target=self._listen, args=(self.process, begun), daemon=True).start()
        assert begun.wait(20), self.said
        return self

    def _listen(self, process, begun):
        for line in process.stdout:
            self.said.append(line.rstrip())
            if here := re.search(r"Wardkeeper collects.*(http://[^/]+)/readyz", line):
                self.url = here[1]
                begun.set()

    def get(self, path):
        """Status and body, whatever the status."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as no:
            return no.code, no.read().decode()

    def ready(self):
        return self.get("/readyz")[0] == 200

    def troubles(self):
        return json.loads(self.get("/readyz")[1])["troubles"]

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        return self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process is None:
            return None
        self.process.send_signal(how)
        code = self.process.wait(30)
        self.process = None
        return code


@pytest.fixture
def collect(tmp_path):
    """A function that starts `wardkeeper collect`, which listens then; `{data}` is a folder of its own."""
    running = []

    def start(folder, text, **values):
        running.append(Process(tmp_path / folder, text.format(data=tmp_path / folder / "data", **values)).start())
        until(lambda: "link ward" not in running[-1].troubles(), 20)  # now the broker keeps what is said
        return running[-1]

    yield start
    for one in running:
        one.kill()


class Centre:
    """What the centre has of the edge, in a store in memory."""

    def __init__(self, folder, port):
        folder.mkdir(exist_ok=True)
        config = folder / "centre.yaml"
        config.write_text(CENTRE.format(data=folder / "data", port=port))
        self._edge = Edge(load(config, catalog.config_of, catalog.kinds()), SystemClock())
        self._edge.start()
        self.stop = self._edge.stop
        until(lambda: not self._edge.troubles(), 20)

    def points(self, **selected):
        """(value, at, received, gateway, quality) of the points of device `d`, in order of their values."""
        every = Selection(datetime(2020, 1, 1, tzinfo=UTC), datetime(2050, 1, 1, tzinfo=UTC), ("d",), ("temperature",))
        found = readings_of(self._edge.collecting.stores["store"].query(every))
        return sorted((one.value, one.at, one.received, one.gateway, one.quality) for one in found)

    def values(self):
        return [round(point[0]) for point in self.points()]

    def latest(self, device, metric):
        found = self._edge.collecting.latest.get(device, metric)
        return None if found is None else found.value


@pytest.fixture
def centre_at(tmp_path):
    """A function that starts the centre beside a broker."""
    running = []

    def start(port):
        running.append(Centre(tmp_path / "centre", port))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def say(publisher, numbers, *, devices=0, wait=True, **more):
    for number in numbers:
        device = f"d{number % devices}" if devices else "d"
        last = publisher(SCRIPT, {"device": device, "metric": "temperature", "value": number, **more})
    if wait:
        last.wait_for_publish(30)


def heard(collector):
    """How many readings its link has heard."""
    found = re.search(r'wardkeeper_input_readings_total\{link="ward"\} (\d+)', collector.get("/metrics")[1])
    return int(found[1]) if found else 0


# ---------------------------------------------------------------- the process


def test_it_says_how_it_is_and_stops_in_order(collect, centre_at, publisher, mosquitto, tmp_path):
    broker = mosquitto()
    centre_at(broker.port)
    edge = collect("edge", EDGE, here=publisher.port, there=broker.port)
    assert edge.get("/healthz") == (200, "ok\n")
    until(edge.ready, 20)
    say(publisher, [20])
    until(lambda: heard(edge) == 1, 10)
    assert edge.get("/")[0] == 404
    publisher.broker.stop()
    until(lambda: edge.troubles().get("link ward"), 20)
    assert edge.stop() == 0
    assert edge.said[-1] == "Stopped; everything that was acknowledged is on disk."
    assert [path.name for path in sorted((tmp_path / "edge" / "data").iterdir())] == ["forward.json", "spool"]


def test_without_forwarding_or_a_store_nobody_would_get_anything(tmp_path):
    config = tmp_path / "edge.yaml"
    config.write_text(f"site: test\ndata: {tmp_path / 'data'}\n")
    command = [sys.executable, "-m", "wardkeeper.cli", "collect", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (2, "Nobody would get what is heard: give `forward`, or a `store`\n")


# ---------------------------------------------------------------- from the edge to the centre


def test_what_nobody_at_the_centre_heard_is_kept_and_arrives_as_it_was_at_the_edge(
    collect, centre_at, publisher, mosquitto
):
    broker = mosquitto()
    edge = collect("edge", EDGE, here=publisher.port, there=broker.port)
    at = datetime.now(UTC).replace(microsecond=123_000) - timedelta(hours=2)
    received = at + timedelta(seconds=7)
    say(publisher, [4], at=at.isoformat(), received=received.isoformat(), gateway="mqtt:hall", quality="UNCERTAIN")
    until(lambda: any("Nobody at the centre listens" in line for line in edge.said), 20)
    assert edge.troubles()["forward"] == "waiting"
    centre = centre_at(broker.port)
    until(centre.points, 20)
    assert centre.points() == [(4.0, at, received, "mqtt:hall", "UNCERTAIN")]
    until(lambda: centre.latest("link:clinic/ward", "link_up") is True, 10)
    until(edge.ready, 20)


def test_the_centres_broker_is_killed_and_forgets_all_and_the_edge_too_and_nothing_is_lost(
    collect, centre_at, publisher, mosquitto
):
    broker = mosquitto()  # keeps nothing on disk: at its end it forgets what it had acknowledged and who listened
    centre = centre_at(broker.port)
    edge = collect("edge", EDGE, here=publisher.port, there=broker.port)
    say(publisher, range(500))
    until(centre.values, 20)
    broker.kill()
    say(publisher, range(500, 1000))
    edge.kill()
    edge.start()
    broker.start()
    say(publisher, range(1000, 1500))
    until(lambda: centre.values() == list(range(1500)), 60)
    assert [point[1] for point in centre.points()] == sorted(point[1] for point in centre.points())


# ---------------------------------------------------------------- several at one broker, killed under load


def stored(influx, what="temperature"):
    """What an InfluxDB has of all devices."""
    text = influx.statement(f"SELECT {what} FROM db1.autogen.environment")
    [series] = json.loads(text)["results"][0].get("series", [{"values": []}])
    return [round(value) for _, value in series["values"]]


def test_what_a_killed_broker_had_kept_for_a_collector_that_was_away_is_not_lost(centre_at, publisher):
    centre_at(publisher.port).stop()
    say(publisher, range(500))
    kept = publisher.broker.folder / "mosquitto.db"
    publisher.broker.process.send_signal(signal.SIGUSR1)  # write down what you have, as every autosave_interval
    until(kept.exists, 10)
    publisher.broker.kill()
    publisher.broker.start()
    centre = centre_at(publisher.port)
    until(lambda: centre.values() == list(range(500)), 20)


DEVICES = 500
"""Two collectors may hear two messages in one millisecond; of one device they would be one point."""


def everything_once(influx, total):
    """Every message has its own time from when it was heard: one that was taken twice would be two points."""
    until(lambda: sum(stored(influx, "count(temperature)")) >= total, 60)
    assert sorted(stored(influx)) == list(range(total))


def test_one_of_two_collectors_that_share_a_subscription_is_killed_and_every_message_is_stored_once(
    collect, publisher, influxd
):
    influx = influxd()
    there = {"port": publisher.port, "share": "wards", "url": influx.url, "bucket": influx.database()}
    one, other = (collect(which, ONE_OF_SEVERAL, name=which, **there) for which in ("left", "right"))
    until(lambda: one.ready() and other.ready(), 20)
    say(publisher, range(2000), devices=DEVICES, wait=False)
    until(lambda: heard(one) and heard(other), 20)
    one.kill()
    say(publisher, range(2000, 3000), devices=DEVICES)
    one.start()
    everything_once(influx, 3000)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_collector_is_killed_fifty_times_under_load_and_every_message_is_stored_once(collect, publisher, influxd):
    influx, chance, each = influxd(), random.Random(50), 4000
    edge = collect(
        "edge", ONE_OF_SEVERAL, name="edge", port=publisher.port, share="", url=influx.url, bucket=influx.database()
    )
    until(edge.ready, 20)
    for round_ in range(50):
        say(publisher, range(round_ * each, (round_ + 1) * each), wait=False)
        time.sleep(chance.uniform(0, 1))  # there is no event to wait for: any moment may be the one that hurts
        edge.kill()
        edge.start()
    everything_once(influx, 50 * each)

"""The settings of deploy/compose, word for word but for hosts and folders, on servers of this machine.

Containers cannot be started where there is no image to be had; what they would be told can. InfluxDB 2 is played by
the InfluxDB 1 of Debian.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time
from types import MappingProxyType
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tools.tree import ROOT

COMPOSE = ROOT / "deploy" / "compose"
PASSWORD = "secret of the broker"
pytestmark = [pytest.mark.long, pytest.mark.mosquitto]


def until(condition, seconds=60.0):
    """Ask until it is so: the other sides are processes of their own."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds} s"
        time.sleep(0.1)


@pytest.fixture
def broker(mosquitto, tmp_path):
    """The broker of the compose file, with its passwords and its access list."""
    running = mosquitto()
    running.stop()
    for path in (COMPOSE / "broker").iterdir():
        text = path.read_text().replace("/mosquitto/config/", f"{tmp_path}/").replace("/mosquitto/data", str(tmp_path))
        listener = f"listener {running.port} 127.0.0.1\n{'user root' if os.geteuid() == 0 else ''}"
        (tmp_path / path.name).write_text(text.replace("listener 1883", listener))
    subprocess.run(["mosquitto_passwd", "-c", "-b", tmp_path / "passwords", "wardkeeper", PASSWORD], check=True)
    running.config = tmp_path / "mosquitto.conf"
    return running.start()


@pytest.fixture
def run(tmp_path, broker, free_port):
    """A function that runs one service's settings; its address."""
    running = []

    def start(command, name, replace=MappingProxyType({}), **secrets):
        folder, port = tmp_path / name, free_port()
        folder.mkdir()
        text = (COMPOSE / f"{name}.yaml").read_text()
        here = {
            "host: 0.0.0.0": f"host: 127.0.0.1\n  port: {port}",
            "host: broker": f"host: 127.0.0.1\n    port: {broker.port}",
            "forward:\n  host: 127.0.0.1\n    port": "forward:\n  host: 127.0.0.1\n  port",
            "/var/lib/wardkeeper": str(folder),
            "  https: true\n": "",
            **replace,
        }
        for theirs, ours in here.items():
            text = text.replace(theirs, ours)
        (folder / "settings.yaml").write_text(text)
        environment = {**os.environ, "MQTT_PASSWORD": PASSWORD, **secrets}
        words = [sys.executable, "-m", "wardkeeper.cli", command, "--config", folder / "settings.yaml"]
        with (folder / "log").open("ab") as log:
            running.append(subprocess.Popen(words, env=environment, stdout=log, stderr=log))
        return f"http://127.0.0.1:{port}"

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
    assert [process.wait(60) for process in running] == [0] * len(running)


def ready(address):
    try:
        with urlopen(f"{address}/readyz", timeout=10) as answer:
            return answer.status == 200
    except URLError:
        return False


def messages(collector):
    """How many it has heard from its broker."""
    with urlopen(f"{collector}/metrics", timeout=10) as answer:
        said = answer.read().decode()
    return sum(
        float(n) for n in re.findall(r'^wardkeeper_input_messages_total{link="wards"} (\S+)', said, re.MULTILINE)
    )


def test_what_a_ward_says_is_in_the_history_once_whichever_collector_heard_it(run, broker, postgres, influxd):
    influx = influxd()
    influx.statement("CREATE DATABASE wardkeeper")

    theirs = {"dialect: influxdb2": "dialect: influxdb1", "http://influxdb:8086": influx.url, "    org: hospital\n": ""}
    centre = run("serve", "wardkeeper", {**theirs, "    token: !env INFLUX_TOKEN\n": ""}, DATABASE=postgres.make())
    collectors = [run("collect", f"collect-{which}") for which in "ab"]
    until(lambda: all(map(ready, [centre, *collectors])))
    for number in range(200):
        said = json.dumps({"temperature": 20 + number / 10})
        words = ["-p", str(broker.port), "-u", "wardkeeper", "-P", PASSWORD, "-q", "1"]
        subprocess.run(["mosquitto_pub", *words, "-t", f"zigbee2mqtt/room-{number}", "-m", said], check=True)

    def stored():
        text = influx.statement("SELECT temperature FROM wardkeeper.autogen.environment")
        [series] = json.loads(text)["results"][0].get("series", [{"values": []}])
        return sorted(value for _, value in series["values"])

    until(lambda: len(stored()) >= 200)
    assert stored() == [20 + number / 10 for number in range(200)]
    assert all(messages(each) > 0 for each in collectors)  # each had its share

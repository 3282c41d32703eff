"""A real `wardkeeper serve` as a process of its own, and a program that talks to its API."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from typer.testing import CliRunner

from wardkeeper.cli import application

_CONFIG = """
site: test
site_name: Test house
timezone: Europe/Berlin
data: {data}
database: {database}
web:
  port: {port}
links:
  ward:
    kind: mqtt
    port: {broker}
    client_id: wardkeeper-test
    dialects:
      - kind: mqtt.zigbee2mqtt
      - kind: mqtt.tasmota
      - kind: mqtt.espresense
    topics: ["some/#", "+"]
"""


class Server:
    """`start`, `kill` (as a power cut does it) and `stop` it; `get` and `post` use an administrator's token."""

    def __init__(self, folder, port, broker_port, database_url):
        self.url = f"http://127.0.0.1:{port}"
        self.config = folder / "wardkeeper.yaml"
        self.config.write_text(
            _CONFIG.format(data=folder / "data", port=port, broker=broker_port, database=database_url)
        )
        self.process = None
        self.said = []
        password = folder / "password"
        password.write_text("correct horse battery\n")
        self.command("user", "add", "boss", "--role", "admin", "--password-file", password)
        self.token = self.command("token", "create", "boss", "tests").strip()

    def command(self, *words):
        """What a command prints. It runs in this process: one of its own takes a second to begin."""
        done = CliRunner().invoke(application(), [*map(str, words), "--config", str(self.config)])
        assert done.exit_code == 0, done.output
        return done.stdout

    def start(self):
        self.start_unready()
        until(lambda: self.get("/readyz")["ready"], 20)
        return self

    def start_unready(self):
        """It listens, though something that it needs is away."""
        ready = threading.Event()
        command = [sys.executable, "-m", "wardkeeper.cli", "serve", "--config", str(self.config)]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        threading.Thread(target=self._listen, args=(self.process, ready), daemon=True).start()
        assert ready.wait(30), "\n".join(self.said)

    def _listen(self, process, ready):
        for line in process.stdout:
            self.said.append(line.rstrip())
            if "Wardkeeper is at" in line:
                ready.set()

    def kill(self):
        self._end(signal.SIGKILL)

    def stop(self):
        self._end(signal.SIGTERM)

    def _end(self, how):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def get(self, path):
        return self._ask(urllib.request.Request(self.url + path, headers=self._headers))

    def text(self, path):
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, headers=self._headers), timeout=20
        ) as answer:
            return answer.read().decode()

    def post(self, path, body):
        headers = {**self._headers, "Content-Type": "application/json"}
        return self._ask(urllib.request.Request(self.url + path, json.dumps(body).encode(), headers))

    def all(self, path):
        """Every item of a paged answer."""
        join = "&" if "?" in path else "?"
        items, cursor = [], None
        while True:
            page = self.get(path + (f"{join}cursor={cursor}" if cursor else ""))
            items += page["items"]
            cursor = page["next"]
            if not cursor:
                return items

    @property
    def _headers(self):
        return {"Authorization": f"Bearer {self.token}"}

    @staticmethod
    def _ask(request):
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)


def until(condition, seconds):
    """Ask until it is so; what it took in seconds. The other side is another process: there is no event to wait for."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not so after {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - started


@pytest.fixture
def server_of(tmp_path, free_port, new_database):
    """A function that makes a Server for a broker's port; it is stopped at the end."""
    servers = []

    def make(broker_port, database_url=""):
        server = Server(tmp_path, free_port(), broker_port, database_url or new_database(tables=False))
        servers.append(server)
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def publisher(mosquitto):
    """A running broker, and a client that publishes to it at QoS 1."""
    broker = mosquitto(persistent=True)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.max_queued_messages_set(0)
    client.max_inflight_messages_set(1000)
    client.connect(broker.host, broker.port)
    client.loop_start()

    def publish(topic, payload, retain=False):
        body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload)
        return client.publish(topic, body, qos=1, retain=retain)

    publish.port, publish.broker, publish.connected = broker.port, broker, client.is_connected
    yield publish
    client.loop_stop()
    client.disconnect()

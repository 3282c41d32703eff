"""The simulator as a process, on a real broker: live within seconds, history once, gone with its parent."""

import json
import queue
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import serial
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from collector.clock import SystemClock
from drivers.links.broker import EmbeddedBroker
from tests.wardkeeper.conftest import until
from wardkeeper.demo.hospital import DemoHospital
from wardkeeper.demo.process import Memory
from wardkeeper.demo.scene import scenes

PATIENCE_S = 30


@pytest.fixture
def broker(tmp_path):
    broker = EmbeddedBroker(0, tmp_path / "broker")
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def heard(broker):
    """What a subscriber hears, as (topic, payload)."""
    messages: queue.Queue[tuple[str, bytes]] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2)
    ready = threading.Event()
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _client, _data, message: messages.put((message.topic, message.payload))
    client.connect(broker.host, broker.port)
    client.loop_start()
    client.subscribe("#", qos=1)
    assert ready.wait(PATIENCE_S)
    yield messages
    client.disconnect()
    client.loop_stop()


@pytest.fixture
def hospital(tmp_path, request):
    """Its time runs as fast as the test asks for."""
    hospital = DemoHospital(tmp_path, SystemClock(getattr(request, "param", 1)))
    yield hospital
    hospital.stop()


def wait_for(messages, wanted):
    """The first message that `wanted` accepts."""
    while True:
        topic, payload = messages.get(timeout=PATIENCE_S)
        if wanted(topic, payload):
            return topic, payload


def test_the_present_comes_first_and_the_past_behind_it(broker, heard, hospital):
    hospital.start(broker.port)
    began = datetime.now(UTC)
    _, payload = wait_for(heard, lambda topic, _: topic.startswith("zigbee2mqtt/") and topic.endswith("/climate"))
    assert datetime.fromisoformat(json.loads(payload)["last_seen"]) > began - timedelta(minutes=1)
    wait_for(heard, lambda topic, _: topic.startswith("espresense/devices/"))
    old = began - timedelta(hours=20)
    wait_for(
        heard,
        lambda topic, payload: (
            topic.endswith("/climate") and datetime.fromisoformat(json.loads(payload)["last_seen"]) < old
        ),
    )


def test_a_scene_begins_when_it_is_played_and_ends_when_it_is_ended(broker, heard, hospital):
    """Devices report at once, though their own interval is ten minutes."""
    hospital.start(broker.port)
    door = "zigbee2mqtt/4.12/door"
    wait_for(heard, lambda topic, _: topic == door)
    hospital.stage.play("door_propped_open", None)
    wait_for(heard, lambda topic, payload: topic == door and not json.loads(payload)["contact"])
    hospital.stage.end()
    wait_for(heard, lambda topic, payload: topic == door and json.loads(payload)["contact"])


@pytest.mark.parametrize("hospital", [10], indirect=True)
def test_a_gateway_without_power_leaves_its_will_and_hears_no_tag_until_it_is_back(broker, heard, hospital):
    hospital.start(broker.port)
    slug = scenes()["silent_gateway"].targets[0]
    wait_for(heard, lambda topic, _: topic.endswith(f"/{slug}"))
    hospital.stage.play("silent_gateway", None)
    status = f"espresense/rooms/{slug}/status"
    wait_for(heard, lambda topic, payload: topic == status and payload == b"offline")
    hospital.stage.end()
    wait_for(heard, lambda topic, payload: topic == status and payload == b"online")
    wait_for(heard, lambda topic, _: topic.startswith("espresense/devices/") and topic.endswith(f"/{slug}"))


def test_it_says_goodbye_and_remembers_how_much_of_the_past_it_told(broker, heard, hospital, tmp_path):
    hospital.start(broker.port)
    wait_for(heard, lambda topic, _: topic == "zigbee2mqtt/bridge/devices")
    assert hospital.running
    hospital.stop()
    assert not hospital.running
    wait_for(heard, lambda topic, payload: topic == "zigbee2mqtt/bridge/state" and b"offline" in payload)
    assert json.loads((tmp_path / "demo.json").read_text())["told"] >= 0


def test_the_beds_have_their_serial_ports_as_long_as_it_runs(broker, heard, hospital, tmp_path):
    hospital.start(broker.port)
    port = Path(hospital.serial_config()["ports"]["bed-4-07"]["address"])
    wait_for(heard, lambda topic, _: topic == "zigbee2mqtt/bridge/devices")
    until(port.exists, PATIENCE_S)
    with serial.Serial(str(port), 9600, timeout=PATIENCE_S) as line:
        assert len(line.read(125)) == 125
    hospital.stop()
    assert not port.is_symlink()


def test_the_names_of_ports_do_not_outlive_a_process_that_was_killed(broker, hospital):
    hospital.start(broker.port)
    port = Path(hospital.serial_config()["ports"]["bed-4-07"]["address"])
    until(port.exists, PATIENCE_S)
    hospital._process.kill()
    until(lambda: not port.is_symlink(), PATIENCE_S)


def test_a_second_run_goes_on_where_the_first_one_stopped(tmp_path):
    first = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
    Memory(tmp_path / "demo.json", first).keep(4321)
    again = Memory(tmp_path / "demo.json", first + timedelta(hours=5))
    assert (again.start, again.told) == (first, 4321)


def test_it_dies_with_its_parent(broker, tmp_path):
    """The parent is killed; nothing but the closed pipe tells the child."""
    script = (
        "import sys, time, pathlib; from collector.clock import SystemClock;"
        "from wardkeeper.demo.hospital import DemoHospital;"
        f"h = DemoHospital(pathlib.Path({str(tmp_path)!r}), SystemClock()); h.start({broker.port});"
        "print(h._process.pid, flush=True); time.sleep(60)"
    )
    gone = threading.Event()
    watcher = Client(CallbackAPIVersion.VERSION2)
    watcher.on_connect = lambda client, *_: client.subscribe("zigbee2mqtt/bridge/state", qos=1)
    up = threading.Event()
    watcher.on_message = lambda _c, _d, message: (gone if b"offline" in message.payload else up).set()
    watcher.connect(broker.host, broker.port)
    watcher.loop_start()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert up.wait(PATIENCE_S)
        parent.send_signal(signal.SIGKILL)
        assert gone.wait(PATIENCE_S)
    watcher.disconnect()
    watcher.loop_stop()


def test_without_a_broker_it_says_so_and_ends(free_port):
    command = [sys.executable, "-m", "wardkeeper.demo.process", "--port", str(free_port())]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 1
    assert "No broker at 127.0.0.1:" in done.stderr

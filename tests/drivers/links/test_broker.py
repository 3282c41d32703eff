"""The embedded broker: on loopback, with our link, gone with its parent."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from collector.errors import ConfigError
from collector.reading import Quality, Reading
from drivers.links.broker import EmbeddedBroker


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    one = EmbeddedBroker(0, tmp_path_factory.mktemp("broker"))
    one.start()
    yield one
    one.stop()


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_listens_on_loopback_only(broker):
    addresses = subprocess.run(["ss", "-Hltn", f"sport = :{broker.port}"], capture_output=True, text=True, check=False)
    if addresses.returncode:
        pytest.skip("ss is not installed (Debian: apt-get install iproute2)")
    assert [line.split()[3] for line in addresses.stdout.splitlines()] == [f"127.0.0.1:{broker.port}"]


def test_takes_messages_to_the_link(broker, link, intake, peer):
    link(broker.port, name="through")
    sender = peer(broker.port)
    for n in range(50):
        sender.publish(f"zigbee2mqtt/room {n}/air", b'{"temperature": %d}' % n)
    intake.wait(lambda memory: sorted(memory.values("temperature")) == list(range(50)))


def test_a_retained_message_comes_as_state(broker, link, intake, peer):
    peer(broker.port).publish("zigbee2mqtt/kept", b'{"humidity": 40}', retain=True)
    link(broker.port, name="later")
    intake.wait(lambda memory: 40 in memory.values("humidity"))  # amqtt may say it twice
    kept = [one for one in intake.items if isinstance(one, Reading) and one.metric == "humidity"]
    assert {one.quality for one in kept} == {Quality.UNCERTAIN}


def test_a_will_is_published_when_a_client_dies(broker, link, intake, peer):
    link(broker.port, name="heir")
    dying = peer(broker.port)
    dying.client.disconnect()
    dying.client.loop_stop()
    dying.client.will_set("tele/pump/LWT", "Offline", qos=1)
    dying.client.reconnect()
    dying.client.loop_start()
    dying.publish("tele/pump/LWT", b"Online")
    intake.wait(lambda memory: memory.values("available") == [True])
    dying.client.loop_stop()
    dying.client.socket().close()
    intake.wait(lambda memory: memory.values("available") == [True, False])


def test_a_taken_port_is_named(broker, tmp_path):
    with pytest.raises(ConfigError, match=f"Port {broker.port} on 127.0.0.1 is taken"):
        EmbeddedBroker(broker.port, tmp_path).start()


def test_stops_when_told_to(tmp_path):
    one = EmbeddedBroker(0, tmp_path)
    one.start()
    assert one.running
    assert listens(one.port)
    one.stop()
    assert not one.running
    assert not listens(one.port)


def test_ends_with_its_parent_even_when_that_is_killed(tmp_path, free_port):
    port = free_port()
    program = (
        "import pathlib, sys, time\nfrom drivers.links.broker import EmbeddedBroker\n"
        f"one = EmbeddedBroker({port}, pathlib.Path({str(tmp_path)!r})); one.start(); print('up', flush=True)\n"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert parent.stdout.readline() == "up\n"
    assert listens(port)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(port)

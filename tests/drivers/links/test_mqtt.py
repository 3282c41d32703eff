"""The MQTT link against a real mosquitto."""

import json
import os
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from pydantic import ValidationError

from collector.errors import ConfigError
from collector.reading import Announcement, Quality, Reading, Sighting
from drivers.dialects import DialectChoice, open_dialects
from drivers.links.link import House
from drivers.links.mqtt import Config, open_link

AIR = "zigbee2mqtt/ward 3/air"


@pytest.fixture(scope="module")
def broker(mosquitto):
    """One broker for the tests that do not hurt it; each uses topics and a client of its own."""
    return mosquitto()


def until(wanted, seconds=15):
    """Wait for what no callback announces: the state of a link."""
    tick = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if wanted():
            return
        tick.wait(0.02)
    raise AssertionError("it did not happen")


def figures(counters, link="house"):
    return next(one for one in counters.inputs() if one.link == link)


def test_readings_sightings_and_announcements_arrive(broker, link, intake, peer):
    link(broker.port, name="all")
    sender = peer(broker.port)
    sender.publish(AIR, json.dumps({"temperature": 21.5}))
    sender.publish("espresense/devices/pump-17/office", json.dumps({"id": "pump-17", "rssi": -70}))
    sender.publish("tele/pump/INFO1", json.dumps({"Info1": {"Module": "Sonoff", "Version": "12"}}))
    intake.wait(lambda memory: any(isinstance(one, Announcement) for one in memory.items))
    kinds = [type(one) for one in intake.items if getattr(one, "metric", "") != "link_up"]
    assert kinds == [Reading, Sighting, Announcement]


def test_retained_messages_are_state_not_news(broker, link, intake, peer):
    peer(broker.port).publish("zigbee2mqtt/kept", b'{"humidity": 40}', retain=True)
    link(broker.port, name="later")
    intake.wait(lambda memory: memory.values("humidity") == [40])
    assert [one.quality for one in intake.items if one.metric == "humidity"] == [Quality.UNCERTAIN]
    peer(broker.port).publish("zigbee2mqtt/kept", b"", retain=True)


def test_says_that_it_is_there_and_the_broker_says_when_it_is_not(mosquitto, link, peer):
    broker = mosquitto()
    watcher = peer(broker.port)
    watcher.listen("wardkeeper/+/available")
    one = link(broker.port, client_id="ward-box")
    watcher.wait(("wardkeeper/ward-box/available", b"online"))
    one.stop()
    watcher.wait(("wardkeeper/ward-box/available", b"offline"))
    assert one.status.state == "stopped"


def test_its_last_will(mosquitto, link, peer):
    broker = mosquitto()
    watcher = peer(broker.port)
    watcher.listen("wardkeeper/+/available")
    one = link(broker.port, client_id="ward-box")
    watcher.wait(("wardkeeper/ward-box/available", b"online"))
    one._client.socket().shutdown(socket.SHUT_RDWR)
    watcher.wait(("wardkeeper/ward-box/available", b"offline"))


def test_comes_back_after_the_broker_and_hears_what_was_kept(mosquitto, link, intake, peer):
    broker = mosquitto(persistent=True)
    one = link(broker.port)
    broker.stop()
    intake.wait(lambda memory: memory.values("link_up") == [True, False])
    until(lambda: one.status.state == "down")
    assert "Nobody listens there" in one.status.error or "lost" in one.status.error
    broker.start()
    peer(broker.port).publish(AIR, b'{"co2": 640}')
    intake.wait(lambda memory: memory.values("co2") == [640] and memory.values("link_up") == [True, False, True])


def test_what_is_not_durable_is_sent_again(mosquitto, link, intake, peer):
    broker = mosquitto(persistent=True)
    intake.slow = True
    one = link(broker.port)
    sender = peer(broker.port)
    for n in range(20):
        sender.publish(AIR, b'{"co2": %d}' % n)
    intake.wait(lambda memory: len(memory.values("co2")) == 20)
    one._client.socket().shutdown(socket.SHUT_RDWR)
    intake.slow = False
    intake.wait(lambda memory: len([key for key in memory.keys if key]) == 40)
    keys = [key for key in intake.keys if key]
    first, again = keys[:20], keys[20:]
    assert [key.redelivered for key in again] == [True] * 20
    assert [(key.session, key.mid, key.digest) for key in again] == [
        (key.session, key.mid, key.digest) for key in first
    ]


def test_a_full_intake_pauses_the_link_and_loses_nothing(broker, link, intake, peer):
    one = link(broker.port, name="paused")
    sender = peer(broker.port)
    intake.full = True
    for n in range(500):
        sender.publish(AIR, b'{"co2": %d}' % n, qos=n % 2)
    until(lambda: one.status.state == "paused")
    assert intake.values("co2") == []
    intake.full = False
    intake.wait(lambda memory: memory.values("co2") == list(range(500)))
    until(lambda: one.status.state == "up")


KILLED = """
import sys, threading
from collector.clock import SystemClock
from collector.counters import Counters
from drivers.links.link import House
from drivers.links.mqtt import Config, open_link

class Intake:
    def offer_all(self, parts, durable=None):
        for part in parts:
            for item in part.items:
                if item.metric == "co2":
                    print(item.value, part.key.mid, part.key.digest.hex(), int(part.key.redelivered), flush=True)
        if durable and all(item.metric == "co2" and item.value < 5 for part in parts for item in part.items):
            durable()
        return True

config = Config(port=int(sys.argv[1]), client_id="killed")
clock = SystemClock()
house = House(Intake(), Counters(clock), clock, lambda link, present: "s")
open_link("house", config, house).run(threading.Event())
"""


def test_killed_in_the_middle_nothing_is_lost(mosquitto, peer):
    broker = mosquitto(persistent=True)

    def child():
        return subprocess.Popen([sys.executable, "-c", KILLED, str(broker.port)], stdout=subprocess.PIPE, text=True)

    watcher = peer(broker.port)
    watcher.listen("wardkeeper/killed/available")
    first = child()
    watcher.wait(("wardkeeper/killed/available", b"online"))
    sender = peer(broker.port)
    for n in range(10):
        sender.publish(AIR, b'{"co2": %d}' % n)
    heard = [first.stdout.readline().split() for _ in range(10)]
    sender.publish("zigbee2mqtt/barrier", b"{}")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    first.stdout.close()
    sender.publish(AIR, b'{"co2": 10}')  # while nobody is there
    second = child()
    again = []
    while not again or again[-1][0] != "10.0":
        again.append(second.stdout.readline().split())
    second.kill()
    second.wait()
    second.stdout.close()
    assert [float(value) for value, *_ in heard] == list(range(10))
    missing = {float(value) for value, *_ in again}
    assert set(map(float, range(5, 11))) <= missing  # what was not durable, and what came meanwhile
    known = {(mid, digest) for _value, mid, digest, _again in heard}
    redelivered = [one for one in again if one[3] == "1"]
    assert {(mid, digest) for _value, mid, digest, _again in redelivered} <= known  # so the spool can drop them
    assert [one[0] for one in again if one[3] == "0"] == ["10.0"]


def test_a_wrong_password_is_named_and_the_right_one_works(mosquitto, link, intake, peer):
    broker = mosquitto(users={"ward": "right", "nurse": "other"})
    wrong = link(broker.port, name="wrong", up=False, username="ward", password="wrong")
    until(lambda: "refused" in wrong.status.error)
    assert "check username, password" in wrong.status.error
    assert wrong.status.state in {"down", "connecting"}
    link(broker.port, name="right", username="ward", password="right")
    peer(broker.port, username="nurse", password="other").publish(AIR, b'{"co2": 1}')
    intake.wait(lambda memory: memory.values("co2") == [1])
    assert "wrong" not in repr(Config(username="ward", password="wrong"))


def test_tls_with_an_authority_of_ones_own(mosquitto, link, intake, counters):
    broker = mosquitto(tls=True)
    link(broker.port, name="safe", tls={"ca": str(broker.ca)})
    context = ssl.create_default_context(cafile=broker.ca)
    with context.wrap_socket(socket.create_connection(("127.0.0.1", broker.port)), server_hostname="127.0.0.1") as raw:
        raw.sendall(connect_packet() + publish_packet(AIR.encode(), b'{"co2": 1}' + b" " * 100_000))
        intake.wait(lambda memory: memory.values("co2") == [1])
    stranger = link(broker.port, name="stranger", up=False, tls={})
    until(lambda: stranger.status.error)
    assert "certificate is not trusted" in stranger.status.error
    plain = link(broker.port, name="plain", up=False)
    until(lambda: plain.status.error)


def test_tls_files_that_are_not_there(counters, clock, intake):
    config = Config.model_validate({"tls": {"ca": "/nowhere/ca.pem"}})
    with pytest.raises(ConfigError, match="Link house: the files under tls"):
        open_link("house", config, House(intake, counters, clock, lambda _link, _present: ""))


def test_an_access_list_that_lets_nobody_listen(mosquitto, link, tmp_path):
    folder = tmp_path / "acl"
    folder.write_text("topic readwrite wardkeeper/#\n")
    folder.chmod(0o644)
    broker = mosquitto(f"acl_file {folder}")
    one = link(broker.port)
    # mosquitto 2 grants such a subscription and then delivers nothing; others refuse it, which is what is tested here
    one._on_subscribe(one._client, None, 1, [Refused()] * len(one._filters), None)
    assert "lets nobody listen to zigbee2mqtt/#" in one.status.error
    assert one.status.state == "up"


class Refused:
    is_failure = True


GARBAGE = [
    ("zigbee2mqtt/huge", b'{"co2": 1, "x": "' + b"x" * 10_000_000 + b'"}'),
    ("zigbee2mqtt/utf8", b'{"co2": "\xff\xfe"}'),
    ("zigbee2mqtt/nan", b'{"co2": NaN}'),
    ("zigbee2mqtt/deep", b"[" * 200_000),
    ("tele/pump/SENSOR", b"not json"),
    ("espresense/rooms/office/telemetry", b"[]"),
]


def test_garbage_is_counted_and_stops_nothing(broker, link, intake, counters, peer):
    link(broker.port, name="garbage", client_id="garbage")
    sender = peer(broker.port)
    for topic, payload in GARBAGE:
        sender.publish(topic, payload)
    long = "zigbee2mqtt/" + "x" * 59_988
    sender.publish(long, b'{"co2": 3}')
    sender.publish("zigbee2mqtt/future", b'{"co2": 4, "last_seen": "2099-01-01T00:00:00Z"}')
    sender.publish("zigbee2mqtt/never seen before", b'{"co2": 5}')
    intake.wait(lambda memory: memory.values("co2") == [3, 4, 5])
    assert figures(counters, "garbage").bad_frames == len(GARBAGE)
    whys = {record.topic: record.why for record in figures(counters, "garbage").bad}
    assert whys["zigbee2mqtt/huge"] == "The payload has more than 8388608 bytes"
    assert whys["zigbee2mqtt/utf8"] == "The payload is not UTF-8"
    assert next(one.device for one in intake.items if one.metric == "co2") == f"mqtt:{long}"


def test_nothing_of_the_garbage_comes_again(broker, link, intake, counters, peer):
    one = link(broker.port, name="once", client_id="once")
    sender = peer(broker.port)
    sender.publish("zigbee2mqtt/nan", b'{"co2": NaN}')
    sender.publish("zigbee2mqtt/none", b"{}")
    sender.publish(AIR, b'{"co2": 1}')
    intake.wait(lambda memory: memory.values("co2") == [1])
    until(lambda: not one._delivery._window and not one._client.want_write())
    one._client.socket().shutdown(socket.SHUT_RDWR)
    intake.wait(lambda memory: memory.values("link_up") == [True, False, True])
    sender.publish(AIR, b'{"co2": 2}')
    intake.wait(lambda memory: memory.values("co2") == [1, 2])
    assert figures(counters, "once").bad_frames == 1
    assert figures(counters, "once").frames == 4


def test_topics_nobody_understands_are_counted_when_asked_for(broker, link, intake, counters, peer):
    link(broker.port, name="curious", topics=["shelly/#"])
    sender = peer(broker.port)
    sender.publish("shelly/plug/status", b"{}")
    sender.publish(AIR, b'{"co2": 1}')
    intake.wait(lambda memory: memory.values("co2") == [1])
    assert figures(counters, "curious").unknown == {"shelly/plug/status": 1}


# ---------------------------------------------------------------------- a broker that misbehaves


def utf8(raw):
    return struct.pack("!H", len(raw)) + raw


def packet(kind, body):
    length, size = b"", len(body)
    while True:
        length += bytes([size % 128 | (128 if size > 127 else 0)])
        size //= 128
        if not size:
            return bytes([kind]) + length + body


def connect_packet():
    return packet(0x10, utf8(b"MQTT") + b"\x04\x02\x00\x3c" + utf8(b"raw"))


def publish_packet(topic, payload, mid=0, duplicate=False):
    kind = 0x30 | (0x02 if mid else 0) | (0x08 if duplicate else 0)
    return packet(kind, utf8(topic) + (struct.pack("!H", mid) if mid else b"") + payload)


@pytest.fixture
def crooked():
    """A broker that sends what it likes: `crooked(*packets)`; gives its port and what it was sent."""
    server = socket.create_server(("127.0.0.1", 0))
    sent = []
    threads = []

    def serve(packets):
        with suppress(OSError), server.accept()[0] as client:
            client.recv(1000)
            granted = packet(0x90, b"\x00\x01" + b"\x01" * 4)
            client.sendall(packet(0x20, b"\x00\x00") + granted + b"".join(packets))
            while said := client.recv(1000):
                sent.append(said)

    def start(*packets):
        """It grants every subscription and then sends `packets`."""
        threads.append(threading.Thread(target=serve, args=(packets,), daemon=True))
        threads[-1].start()
        return server.getsockname()[1], sent

    yield start
    server.close()


def test_a_topic_that_is_not_utf8_is_a_bad_frame(crooked, link, intake, counters):
    port, sent = crooked(
        publish_packet(b"zigbee2mqtt/\xff\xfe", b"{}", 1), publish_packet(AIR.encode(), b'{"co2": 1}', 2)
    )
    link(port)
    intake.wait(lambda memory: memory.values("co2") == [1])
    assert figures(counters).bad[0].topic == "zigbee2mqtt/\\xff\\xfe"
    until(lambda: b"\x40\x02\x00\x01" in b"".join(sent) and b"\x40\x02\x00\x02" in b"".join(sent))


def test_a_broker_that_hangs_up_is_tried_again(crooked, link):
    port, _sent = crooked()
    one = link(port)
    one._client.socket().shutdown(socket.SHUT_RDWR)
    until(lambda: one.status.state in {"down", "connecting"})
    assert "lost" in one.status.error


def test_a_host_that_cannot_be_one(link):
    one = link(1883, up=False, host="ward..hospital")
    until(lambda: one.status.state == "down")
    assert "ward..hospital:1883" in one.status.error


@pytest.mark.parametrize("topics", [["#"], ["+/status", "a/+/b/#"], ["a b/c"]])
def test_filters_to_listen_to(topics):
    assert Config.model_validate({"topics": topics}).topics == topics


def test_nobody_there(link, free_port):
    one = link(free_port(), up=False)
    until(lambda: one.status.state == "down")
    assert "Nobody listens there" in one.status.error


@pytest.mark.parametrize(
    "settings",
    [
        {"port": 0},
        {"client_id": "a/b"},
        {"host": ""},
        {"passwort": "x"},
        {"tls": {"insecure": True}},
        {"topics": ["a/#/b"]},
    ],
)
def test_wrong_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        Config.model_validate(settings)


def test_a_dialect_takes_its_settings_beside_its_kind():
    config = Config.model_validate({"dialects": [{"kind": "mqtt.zigbee2mqtt", "base_topic": "z"}]})
    assert [one.claims for one in open_dialects(config.dialects)] == [("z/#",)]
    with pytest.raises(ConfigError, match="base"):
        open_dialects([DialectChoice.model_validate({"kind": "mqtt.zigbee2mqtt", "base": "z"})])

"""What the tests of links share: an intake in memory, a publisher, a link that is up."""

import socket
import threading

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from collector.clock import SystemClock
from collector.counters import Counters
from collector.reading import Reading
from drivers.links import ble as ble_links
from drivers.links.link import House
from drivers.links.mqtt import Config, open_link


class Memory:
    """An intake that keeps everything in memory, a redelivered message once, and the keys of all.

    `full` refuses, `slow` does not confirm until told.
    """

    def __init__(self):
        self.items, self.keys, self.waiting, self.known = [], [], [], set()
        self.full = self.slow = False
        self.changed = threading.Condition()

    def offer(self, items, durable=None, key=None):
        with self.changed:
            if self.full:
                self.changed.notify_all()
                return False
            name = (key.session, key.mid, key.digest) if key else None
            if not (key and key.redelivered and name in self.known):
                self.items += items
            self.known.add(name)
            self.keys.append(key)
            if durable and self.slow:
                self.waiting.append(durable)
            elif durable:
                durable()
            self.changed.notify_all()
        return True

    def offer_all(self, parts, durable=None):
        if self.full:
            return self.offer(())
        *before, last = parts
        for part in before:
            self.offer(part.items, None, part.key)
        return self.offer(last.items, durable, last.key)

    def confirm(self):
        with self.changed:
            self.slow = False
            for durable in self.waiting:
                durable()

    def wait(self, wanted, timeout=15):
        """Wait until `wanted(self)`, then say what it is."""
        with self.changed:
            assert self.changed.wait_for(lambda: wanted(self), timeout), self.items[-5:]
            return wanted(self)

    def values(self, metric):
        return [one.value for one in self.items if isinstance(one, Reading) and one.metric == metric]


class Peer:
    """Another client of the broker."""

    def __init__(self, port, version=4, **credentials):
        self.heard = []
        self.changed = threading.Condition()
        self.client = paho.Client(CallbackAPIVersion.VERSION2, protocol=version)
        if credentials:
            self.client.username_pw_set(**credentials)
        self.client.on_message = self._on_message
        connected = threading.Event()
        self.client.on_connect = lambda *_: connected.set()
        self.client.connect("127.0.0.1", port)
        self.client.socket().setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client.loop_start()
        assert connected.wait(15)

    def publish(self, topic, payload=b"", *, qos=1, retain=False, properties=None):
        said = Properties(PacketTypes.PUBLISH) if properties else None
        for name, value in (properties or {}).items():
            setattr(said, name, value)
        self.client.publish(topic, payload, qos, retain, said).wait_for_publish(15)

    def listen(self, topic):
        self.client.subscribe(topic, 1)

    def wait(self, wanted, timeout=15):
        with self.changed:
            assert self.changed.wait_for(lambda: wanted in self.heard, timeout), self.heard

    def _on_message(self, _client, _userdata, message):
        with self.changed:
            self.heard.append((message.topic, bytes(message.payload)))
            self.changed.notify_all()

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def intake():
    return Memory()


@pytest.fixture
def clock():
    return SystemClock()


@pytest.fixture
def counters(clock):
    return Counters(clock)


@pytest.fixture
def peer():
    peers = []

    def connect(port, version=4, **credentials):
        peers.append(Peer(port, version, **credentials))
        return peers[-1]

    yield connect
    for one in peers:
        one.close()


@pytest.fixture
def link(intake, counters, clock):
    """A function that starts a link: `link(port, name="house", **settings)`."""
    links = []

    def start(port, *, name="house", up=True, into=None, **settings):
        config = Config.model_validate({"port": port, **settings})
        into = into or intake
        sessions = iter(range(1000))
        tokens = {}

        def session_of(name, present):
            if not present or name not in tokens:
                tokens[name] = f"session {next(sessions)}"
            return tokens[name]

        one = open_link(name, config, House(into, counters, clock, session_of))
        one.start()
        links.append(one)
        if up:
            into.wait(lambda memory: True in memory.values("link_up"))
        return one

    yield start
    for one in links:
        one.stop()


@pytest.fixture
def ble(bluez, ble_alone):
    """A function that starts a BLE link on the test's own `org.bluez`: `ble(up=True, **settings)`."""
    return ble_alone


@pytest.fixture
def ble_alone(intake, counters, clock):
    """The same, whatever D-Bus there is."""
    ends = []

    def start(*, up=True, **settings):
        house = House(intake, counters, clock, lambda *_: "")
        one = ble_links.open_link("house", ble_links.Config.model_validate(settings), house)
        stop = threading.Event()
        thread = threading.Thread(target=one.run, args=(stop,), daemon=True)
        ends.append((thread, stop))
        thread.start()
        if up:
            intake.wait(lambda memory: "link:house" in [one.device for one in memory.items if isinstance(one, Reading)])
        return one

    def end():
        for thread, stop in ends:
            stop.set()
            thread.join(15)
            assert not thread.is_alive()
        ends.clear()

    start.end = end
    yield start
    end()

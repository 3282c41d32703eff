"""Forwarding to a real mosquitto, and what it says when the broker will not."""

import threading
from datetime import timedelta

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from pydantic import SecretStr

from collector.clock import ManualClock
from collector.errors import ConfigError, Unreachable
from collector.reading import Announcement, Frame, Quality, Reading, Sighting
from collector.tls import Tls
from drivers.links.forward import Config, Forward, payloads
from drivers.mqtt.wardkeeper import Wardkeeper

T0 = ManualClock().now()
TOPIC = "wardkeeper/clinic/readings"


def reading(n, device="d", value=1.0):
    return Reading(device, "temperature", value, T0, T0 + timedelta(milliseconds=n), "g", Quality.UNCERTAIN)


def said(payload):
    return Wardkeeper().decode(Frame("edges", TOPIC, payload, T0 + timedelta(days=1)))


class Listener:
    """Somebody at the centre: `items` in the order in which they came."""

    def __init__(self, broker, **account):
        self.items, self.sizes, self._came = [], [], threading.Condition()
        client = self._client = paho.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(**account) if account else None
        listens = threading.Event()
        client.on_message = self._hear
        client.on_subscribe = lambda *_: listens.set()
        client.connect(broker.host, broker.port)
        client.loop_start()
        client.subscribe("wardkeeper/+/readings/#", 1)
        assert listens.wait(10)

    def _hear(self, _client, _userdata, message):
        with self._came:
            self.items += said(message.payload)
            self.sizes.append(len(message.payload))
            self._came.notify_all()

    def wait(self, number):
        with self._came:
            assert self._came.wait_for(lambda: len(self.items) >= number, 10), len(self.items)
        return self.items

    def stop(self):
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def centre(mosquitto):
    """A function that listens at a broker."""
    listeners = []

    def listen(broker, **account):
        listeners.append(Listener(broker, **account))
        return listeners[-1]

    yield listen
    for one in listeners:
        one.stop()


@pytest.fixture
def forward_to(tmp_path, seconds):
    """A function that makes a Forward to a broker; all of them are one edge."""
    made = []

    def make(broker, **settings):
        made.append(
            Forward(Config(host=broker.host, port=broker.port, client_id="clinic", **settings), tmp_path, seconds)
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def seconds():
    class Time:
        now = 0.0

        def __call__(self):
            return self.now

    return Time()


def test_everything_arrives_in_order_as_it_was_in_payloads_that_the_broker_allows(mosquitto, centre, forward_to):
    broker = mosquitto("max_packet_size 20000")
    listener, forward = centre(broker), forward_to(broker)
    items = [reading(n) for n in range(1200)]
    items[700:700] = [Sighting("ble:t", "g", -70.0, T0, 3), Announcement("d", {"model": "x"}, T0)]
    forward.consume(items, 7)
    assert listener.wait(1202) == items
    assert max(listener.sizes) <= 20_000
    assert (forward.position(), forward.settled(7)) == (7, 0)


def test_the_last_minute_comes_again_after_a_new_connection_and_after_a_restart(
    mosquitto, centre, forward_to, seconds, tmp_path
):
    broker = mosquitto()
    listener, forward = centre(broker), forward_to(broker)
    forward.consume([reading(1)], 1)
    seconds.now = 61
    forward.consume([reading(2)], 2)
    assert (forward.position(), forward.settled(2)) == (2, 1)
    forward.close()
    assert forward_to(broker).position() == 1
    broker.stop()
    with pytest.raises(Unreachable, match=f"127.0.0.1:{broker.port}: Nobody listens there; is the broker running?"):
        forward.consume([reading(3)], 3)
    assert forward.position() == 1
    listener.wait(2)


def test_what_the_broker_may_not_pass_on_or_nobody_hears_is_not_forwarded(mosquitto, centre, forward_to, tmp_path):
    access = tmp_path / "access"
    access.write_text("user wardkeeper\ntopic read #\nuser clinic\ntopic write wardkeeper/clinic/#\n")
    broker = mosquitto(f"acl_file {access}", users={"clinic": "c", "wardkeeper": "w"})
    account = {"username": "clinic", "password": SecretStr("c")}
    with pytest.raises(Unreachable, match="Nobody at the centre listens"):
        forward_to(broker, **account).consume([reading(1)], 1)
    centre(broker, username="wardkeeper", password="w")
    forward_to(broker, **account).consume([reading(1)], 1)
    with pytest.raises(Unreachable, match="Not authorized; check its access list"):
        forward_to(broker, topic="elsewhere", **account).consume([reading(1)], 1)
    with pytest.raises(Unreachable, match=r"refused the connection: .*; check username, password and client_id"):
        forward_to(broker, username="clinic", password=SecretStr("wrong")).consume([reading(1)], 1)


def test_over_tls(mosquitto, centre, forward_to):
    broker = mosquitto(tls=True)
    with pytest.raises(Unreachable, match="certificate is not trusted"):
        forward_to(broker, tls=Tls()).consume([reading(1)], 1)
    with pytest.raises(Unreachable, match="Nobody at the centre listens"):  # it got as far as an acknowledgement
        forward_to(broker, tls=Tls(ca=str(broker.ca))).consume([reading(1)], 1)
    with pytest.raises(ConfigError, match="forward: the files under tls cannot be used"):
        forward_to(broker, tls=Tls(ca="/nowhere.pem"))


def test_one_item_that_is_larger_than_what_is_allowed_goes_alone():
    items = [reading(1), Announcement("d", {"name": "x" * 500}, T0), reading(3)]
    assert [said(one) for one in payloads(items, "clinic", 200)] == [[one] for one in items]


def test_an_edges_own_links_have_its_name_at_the_centre():
    up = Reading("link:ward", "link_up", True, T0, T0)
    [payload] = payloads([up], "clinic", 1000)
    assert [one.device for one in said(payload)] == ["link:clinic/ward"]

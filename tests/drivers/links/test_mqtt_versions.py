"""MQTT 5 and shared subscriptions, against a real mosquitto."""

import pytest


@pytest.fixture
def broker(mosquitto):
    return mosquitto("max_inflight_messages 1000\nmax_queued_messages 0", persistent=True)


AIR = "zigbee2mqtt/air"


def test_mqtt_5_keeps_its_session_and_what_was_not_durable_is_sent_again(broker, link, intake, peer):
    intake.slow = True
    one = link(broker.port, protocol="5")
    sender = peer(broker.port)
    for n in range(20):
        sender.publish(AIR, b'{"co2": %d}' % n)
    intake.wait(lambda memory: len(memory.values("co2")) == 20)
    one.stop()
    sender.publish(AIR, b'{"co2": 20}')
    intake.slow = False
    one.start()
    intake.wait(lambda memory: memory.values("co2") == list(range(21)))
    again = [key.redelivered for key in intake.keys if key][20:]
    assert again[:20] == [True] * 20
    assert len(again) == 21, "the broker may have sent the last one too, before it knew that the link was gone"
    assert len({key.session for key in intake.keys if key}) == 1


def test_mqtt_5_says_what_else_a_message_carries_and_the_reading_is_the_same(broker, link, intake, peer):
    link(broker.port, protocol="5")
    sender = peer(broker.port, version=5)
    sender.publish(AIR, b'{"co2": 600}', properties={"ContentType": "application/json", "MessageExpiryInterval": 60})
    sender.publish(AIR, b'{"co2": 601}')
    intake.wait(lambda memory: memory.values("co2") == [600, 601])


def test_two_that_share_hear_everything_once_between_them(broker, link, intake, peer):
    for name in ("one", "other"):
        link(broker.port, name=name, share="ward")
    intake.wait(lambda memory: memory.values("link_up") == [True, True])
    sender = peer(broker.port)
    for n in range(100):
        sender.publish(AIR, b'{"co2": %d}' % n)
    intake.wait(lambda memory: sorted(memory.values("co2")) == list(range(100)))
    assert {key.link for key in intake.keys if key} == {"one", "other"}


def test_many_at_once_are_acknowledged_and_none_comes_again(broker, link, intake, peer):
    one = link(broker.port)
    sender = peer(broker.port)
    for n in range(5000):
        sender.client.publish(AIR, b'{"co2": %d}' % n, 1)
    intake.wait(lambda memory: memory.values("co2") == list(range(5000)))
    one.stop()
    sender.publish(AIR, b'{"co2": 5000}')
    one.start()
    intake.wait(lambda memory: memory.values("co2")[-1] == 5000)
    assert intake.values("co2") == list(range(5001))
    keys = [key for key in intake.keys if key]
    assert not {key.mid for key in keys[:5000]} & {key.mid for key in keys[5000:]}


@pytest.mark.parametrize("window", [1, 20])
def test_a_broker_with_a_small_window_waits_for_nothing_else(mosquitto, link, intake, peer, window):
    broker = mosquitto(f"max_inflight_messages {window}\nmax_queued_messages 0")
    link(broker.port)
    sender = peer(broker.port)
    for n in range(500):
        sender.client.publish(AIR, b'{"co2": %d}' % n, 1)
    intake.wait(lambda memory: memory.values("co2") == list(range(500)))

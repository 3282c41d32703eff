"""The shared fixtures do what they promise."""

import ssl

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion


def talk(broker, *, client_id="", clean=True, user=None, tls=False):
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean)
    if user:
        client.username_pw_set(*user)
    if tls:
        client.tls_set(ca_certs=str(broker.ca), cert_reqs=ssl.CERT_REQUIRED)
    answers = []
    client.on_connect = lambda _client, _data, _flags, reason, _properties: answers.append(reason)
    client.connect(broker.host, broker.port)
    while not answers:
        client.loop(0.1)
    return client, answers[0]


def published(client, topic, payload):
    message = client.publish(topic, payload, qos=1)
    while not message.is_published():
        client.loop(0.1)


def heard(client, count):
    messages = []
    client.on_message = lambda _client, _data, message: messages.append(message.payload)
    for _ in range(50):
        client.loop(0.1)
        if len(messages) >= count:
            break
    return messages


def test_a_persistent_broker_keeps_a_queue_over_a_stop(mosquitto):
    with mosquitto(persistent=True) as broker:
        reader, _ = talk(broker, client_id="reader", clean=False)
        reader.subscribe("air/#", qos=1)
        heard(reader, 1)
        reader.disconnect()
        published(talk(broker)[0], "air/1", "21.5")
        broker.restart()
        reader, _ = talk(broker, client_id="reader", clean=False)
        assert heard(reader, 1) == [b"21.5"]


def test_a_killed_broker_comes_back_on_its_port(mosquitto):
    with mosquitto() as broker:
        broker.kill()
        with pytest.raises(ConnectionRefusedError):
            talk(broker)
        broker.start()
        assert talk(broker)[1] == "Success"


def test_tls_and_passwords(mosquitto):
    with mosquitto(users={"ward": "secret"}, tls=True) as broker:
        assert talk(broker, user=("ward", "secret"), tls=True)[1] == "Success"
        assert talk(broker, user=("ward", "wrong"), tls=True)[1] == "Not authorized"


def test_a_page_that_leaves_the_machine_is_caught(page, foreign_requests):
    page.goto("about:blank")
    page.evaluate("fetch('http://cdn.example/x.js').catch(() => 0)")
    page.wait_for_timeout(200)
    assert foreign_requests == ["http://cdn.example/x.js"]
    foreign_requests.clear()

"""A real broker and devices that announce themselves: what their states mean is known again after every restart."""

import json

from collector.reading import Reading

CONFIG = {
    "state_topic": "fridge/3/state",
    "device_class": "temperature",
    "unit_of_measurement": "°C",
    "value_template": "{{ value_json.temperature | float }}",
    "device": {"identifiers": ["fridge-3"], "name": "Fridge 3"},
}
HOME = {"kind": "mqtt.home_assistant", "topics": ["fridge/#"]}


def test_what_the_broker_kept_meanwhile_is_read_though_its_config_comes_later(mosquitto, link, intake, peer):
    """The broker sends the session's messages before the new process has subscribed to the retained configs."""
    broker = mosquitto(persistent=True)
    device = peer(broker.port)
    device.publish("homeassistant/sensor/fridge-3/t/config", json.dumps(CONFIG).encode(), retain=True)
    first = link(broker.port, client_id="ward-box", dialects=[HOME])
    device.publish("fridge/3/state", b'{"temperature": "4.5"}')
    intake.wait(lambda memory: memory.values("temperature") == [4.5])
    first.stop()
    for value in (4.6, 4.7):
        device.publish("fridge/3/state", b'{"temperature": "%.1f"}' % value)
    link(broker.port, client_id="ward-box", name="again", dialects=[HOME])
    intake.wait(lambda memory: memory.values("temperature") == [4.5, 4.6, 4.7])
    measured = {one.device for one in intake.items if isinstance(one, Reading) and one.metric == "temperature"}
    assert measured == {"mqtt:homeassistant/fridge-3"}


def test_names_of_a_sparkplug_node_that_the_broker_keeps_are_known_after_a_restart(mosquitto, link, intake, peer):
    """As a "Sparkplug Aware" server does: births are not retained, but kept under `$sparkplug/certificates/`."""
    broker = mosquitto()
    node = peer(broker.port)
    topic = "spBv1.0/Linden Plant/{}/AHU 3"
    temperature = b'{"name": "temp_c", "alias": 7, "dataType": "Float", "value": 21.5}'
    node.publish(
        f"$sparkplug/certificates/{topic.format('NBIRTH')}", b'{"metrics": [%b], "seq": 0}' % temperature, retain=True
    )
    link(broker.port, dialects=[{"kind": "mqtt.sparkplug"}])
    node.publish(topic.format("NDATA"), b'{"metrics": [{"alias": 7, "value": 21.7}], "seq": 1}')
    intake.wait(lambda memory: memory.values("temperature") == [21.7])

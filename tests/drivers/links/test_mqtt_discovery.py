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

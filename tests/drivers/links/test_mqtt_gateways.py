"""Gateways and descriptions of JSON, through a real mosquitto and a link as it comes."""

import json

from collector.reading import Sighting

S1 = "0201060303E1FF1016E1FFA1016419F8394AE53F390000C3"
"""Of a Minew S1, captured by a gateway MG3."""


def test_a_link_without_settings_hears_the_tags_that_gateways_hear(mosquitto, link, intake, peer):
    broker = mosquitto()
    link(broker.port, name="ward")
    rows = [
        {"type": "Gateway", "mac": "AC233FC001EA"},
        {"timestamp": "2026-09-23T06:42:00Z", "mac": "C30000393FE5", "rssi": -62, "rawData": S1},
        {"timestamp": "2026-09-23T06:42:30Z", "mac": "C30000393FE5", "rssi": -60, "rawData": S1},
    ]
    peer(broker.port).publish("/gw/AC233FC001EA/status", json.dumps(rows))
    intake.wait(lambda memory: len(memory.values("temperature")) == 2)
    heard = [one for one in intake.items if isinstance(one, Sighting)]
    assert [(one.tag, one.gateway, one.rssi_dbm) for one in heard] == [
        ("ble:C3:00:00:39:3F:E5", "mqtt:minew/AC:23:3F:C0:01:EA", rssi) for rssi in (-62, -60)
    ]
    assert (heard[1].received - heard[0].received).total_seconds() == 30


def test_a_description_hears_only_what_it_names(mosquitto, link, intake, peer):
    broker = mosquitto()
    readings = [{"metric": "temperature", "path": "t", "unit": "°F"}]
    messages = [{"topic": "plant/{unit}/state", "device": "plant/{unit}", "readings": readings}]
    link(broker.port, name="plant", dialects=[{"kind": "mqtt.plain_json", "messages": messages}])
    sender = peer(broker.port)
    sender.publish("plant/ahu 1/other", '{"t": 212}')
    sender.publish("plant/ahu 1/state", '{"t": "71.6"}')
    intake.wait(lambda memory: memory.values("temperature") == [22])
    assert {one.device for one in intake.items if getattr(one, "metric", "") == "temperature"} == {"mqtt:plant/ahu 1"}

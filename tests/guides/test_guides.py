"""Whoever follows a guide to its end has what it promises."""

import json
import re
import tomllib

import pytest
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS

from tests.guides.guide import until
from tools.tree import ROOT
from wardkeeper.settings import load


@pytest.mark.mosquitto
def test_a_first_gateway(follow):
    assert follow("first-gateway.md").run() == 1


@pytest.mark.mosquitto
def test_a_fridge_behind_zigbee(follow):
    assert follow("zigbee-fridge.md").run() == 1


def test_a_bedside_oximeter(follow, tmp_path):
    plugged = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A5XK3RJT-if00-port0"
    here = f"{tmp_path}/oximeter"
    guide = follow("bedside-oximeter.md", **{plugged: here, "usb:0403:6001:A5XK3RJT": here})
    assert guide.run() == 3


@pytest.mark.mosquitto
def test_what_an_edge_box_kept_arrives_once(follow):
    guide = follow("edge-to-centre.md", **{"centre.example": "127.0.0.1"})
    assert guide.run() == 1
    guide.stop_broker("centre")
    said = [(20.0 + second, f"2026-03-01T09:00:0{second}.000Z") for second in range(5)]
    publish = guide.here("mosquitto_pub -p 1884 -q 1 -t clinic/zigbee2mqtt/room-4 -m")
    for value, at in said:
        guide.shell(f"{publish} '{json.dumps({'temperature': value, 'last_seen': at})}'")
    collect = "wardkeeper collect --config edge.yaml"
    guide.cut(collect)  # what it has not passed on is on its disk, or waits at the box's broker
    guide.start_broker("centre")
    guide.serve(collect)
    until(lambda: len(heard(guide)) >= len(said))
    assert heard(guide) == said


def heard(guide):
    """(value, at) of the clinic's room 4, as the centre has them."""
    question = "metric=temperature&device=mqtt:clinic/zigbee2mqtt/room-4&from=2026-03-01T00:00:00Z"
    token = guide.shell("wardkeeper token create admin more --config wardkeeper.yaml").strip()
    address = guide.here("http://127.0.0.1:8080/api/v1/readings")
    answer = guide.shell(f"curl -s -H 'Authorization: Bearer {token}' '{address}?{question}'")
    return [(one["value"], one["at"]) for one in json.loads(answer)["items"]]


def test_rooms(follow):
    assert follow("../rooms.md").run() == 1


def test_alerts(follow, alertmanager, free_port, tmp_path):
    """Its two halves at once: `serve` is told of an alert by the Alertmanager that it tells of its alarms."""
    text = (ROOT / "docs/alerts.md").read_text()
    told, out = (re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for kind in ("yml", "yaml"))
    port = free_port()
    server = alertmanager(told[0].replace("gateway-token", f"{tmp_path}/gateway-token").replace("8080", str(port)))
    guide = follow("../alerts.md", **{"8080": str(port), "9093": server.url.rpartition(":")[2]})
    guide.append("wardkeeper.yaml", out[-1])
    assert guide.run() == 1

    token = guide.shell("wardkeeper token create admin reader --config wardkeeper.yaml").strip()
    address = guide.here("http://127.0.0.1:8080/api/v1/alarms")

    def standing():
        found = json.loads(guide.shell(f"curl -s -H 'Authorization: Bearer {token}' {address}"))["items"]
        return {one["title"]: one["priority"] for one in found}

    wanted = {"UpsOnBattery: UPS 3 is on battery": "high", "Battery: 10 % left": "high"}
    until(lambda: standing() == wanted)
    assert [alert["labels"]["alertname"] for alert in server.alerts()] == ["UpsOnBattery"]


def test_line_protocol(follow, tmp_path):
    guide = follow("../line-protocol.md")
    assert guide.run() == 2
    text = guide.here((ROOT / "docs/line-protocol.md").read_text())
    told = {kind: re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL) for kind in ("toml", "python")}
    token = (tmp_path / "gateway-token").read_text().strip()
    [script] = told["python"]
    names = {"InfluxDBClient": InfluxDBClient, "Point": Point, "SYNCHRONOUS": SYNCHRONOUS, "TOKEN": token}
    exec(compile(script, "docs/line-protocol.md", "exec"), names)
    outputs = [output for block in told["toml"] for output in tomllib.loads(block)["outputs"].items()]
    assert [name for name, _ in outputs] == ["influxdb_v2", "influxdb"]
    for name, [settings] in outputs:
        assert "$WARDKEEPER_TOKEN" in (settings.get("token"), settings.get("password"))
        [url] = settings["urls"]
        path = "/api/v2/write?org=any&bucket=any" if name == "influxdb_v2" else "/write?db=any"
        guide.shell(f"curl -sf -u any:{token} --data-binary 'cpu,host=h busy=1' '{url}{path}'")
    assert load(tmp_path / "other-tags.yaml", lambda kind: None, []).line_protocol.device_tags == ["name", "agent_host"]

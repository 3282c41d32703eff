"""Line protocol in: clients as they are, and requests as the sources of Telegraf and Home Assistant make them."""

import gzip
import http.client
import json
from base64 import b64encode
from datetime import timedelta

import msgspec
import pytest
from influxdb_client import InfluxDBClient, Point
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from pydantic import SecretStr

from collector.reading import Quality, Reading, Sighting
from collector.stores.influx import Config, open_store

pytestmark = pytest.mark.dialects("sqlite")  # the database only says whose token it is: test_access asks both

V1, V2 = "/write?db=any", "/api/v2/write?org=any&bucket=any"


@pytest.fixture
def token(hospital):
    return hospital.token("gateway")


@pytest.mark.parametrize("zipped", [False, True])
def test_influxdb_client(server, collector, token, hospital, zipped):
    with InfluxDBClient(server.url, token, org="any", enable_gzip=zipped) as client:
        assert client.ping()
        assert client.version() == "0"
        at = hospital.clock.now() - timedelta(minutes=1)
        point = Point("rack").tag("device", "fridge 7").field("probe_temperature", 4.5).field("doors", 2).time(at)
        client.write_api(write_options=SYNCHRONOUS).write("any", record=[point, "rack,device=r door_open=t"])
    assert collector.said == [
        ("lp:fridge 7", "rack_doors", 2.0),
        ("lp:fridge 7", "probe_temperature", 4.5),
        ("lp:r", "door_open", True),
    ]
    assert collector.on_disk[0].at == at


def telegraf(server, path, body, **headers):
    """As Go's client sends a body whose length it does not know: chunked."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=10)
    headers = {"User-Agent": "Telegraf/1.30.0 Go/1.22.0", **headers}
    connection.request("POST", path, iter([body]), headers, encode_chunked=True)
    answer = connection.getresponse()
    said = answer.status, answer.read()
    connection.close()
    return said


LINES = "text/plain; charset=utf-8"
CPU = b"cpu,cpu=cpu0,host=ward-3 usage_idle=97.5,usage_user=2i 1795502520000000000\n"


def test_telegraf_outputs_influxdb(server, collector, token):
    """plugins/outputs/influxdb/http.go: a form that makes the database, then lines; Basic, gzip."""
    basic = {"Authorization": "Basic " + b64encode(f"telegraf:{token}".encode()).decode()}
    form = {"Content-Type": "application/x-www-form-urlencoded", **basic}
    status, said = telegraf(server, "/query", b"q=CREATE+DATABASE+%22telegraf%22", **form)
    assert (status, json.loads(said)) == (200, {"results": [{"statement_id": 0}]})
    more = {"Content-Type": LINES, "Content-Encoding": "gzip", **basic}
    path = "/write?consistency=any&db=telegraf&rp=autogen"
    assert telegraf(server, path, gzip.compress(CPU), **more) == (204, b"")
    assert collector.said == [
        ("lp:ward-3,cpu=cpu0", "cpu_usage_idle", 97.5),
        ("lp:ward-3,cpu=cpu0", "cpu_usage_user", 2.0),
    ]


def test_telegraf_outputs_influxdb_v2(server, collector, token):
    """plugins/outputs/influxdb_v2/http.go: `Authorization: Token`, org and bucket, gzip of its own making."""
    headers = {"Authorization": f"Token {token}", "Content-Type": LINES, "Content-Encoding": "gzip"}
    assert telegraf(server, "/api/v2/write?bucket=b&org=o", gzip.compress(CPU), **headers) == (204, b"")
    assert len(collector.said) == 2


def test_home_assistant_looks_whether_it_may_write_before_it_does(server, collector, token):
    """homeassistant/components/influxdb/__init__.py: version 2 writes b"" and wants 400, version 1 writes no points."""
    with InfluxDBClient(server.url, token, org="any") as client:
        writer = client.write_api(write_options=SYNCHRONOUS)
        with pytest.raises(ApiException) as empty:
            writer.write(bucket="any", record=b"")
        assert (empty.value.status, json.loads(empty.value.body)["code"]) == (400, "invalid")
        record = {
            "measurement": "°C",
            "tags": {"domain": "sensor", "entity_id": "or_2_air"},
            "time": "2026-11-24T06:41:00+00:00",
            "fields": {"value": 21.4, "device_class_str": "temperature", "friendly_name_str": "OR 2 air"},
        }
        writer.write(bucket="any", record=record)
    name, reading = collector.on_disk
    assert name.facts == {"name": "OR 2 air"}
    assert (reading.device, reading.metric, reading.value) == ("lp:sensor.or_2_air", "temperature", 21.4)
    basic = {"Authorization": "Basic " + b64encode(f"homeassistant:{token}".encode()).decode()}
    assert telegraf(server, V1, b"", **basic) == (204, b"")


POINTS = (
    ("mqtt:ward 4,=%\n", "temperature", 21.5, "", Quality.GOOD, 0),
    ("mqtt:ward 4,=%\n", "temperature", 22.0, "ble:hci0", Quality.BAD, 250),
    ("ble:tag", "room", '4."12"', "wardkeeper", Quality.GOOD, 0),
    ("d", "door_open", True, "", Quality.UNCERTAIN, 0),
    ("d", "co2", "off", "", Quality.GOOD, 0),
)


@pytest.mark.parametrize(
    "protocol, signed",
    [("influxdb2", lambda token: {"token": token}), ("influxdb1", lambda token: {"user": "edge", "password": token})],
    ids=["influxdb2", "influxdb1"],
)
def test_a_wardkeeper_at_the_edge_writes_its_store_here_and_it_is_the_same(
    server, collector, token, hospital, tmp_path, protocol, signed
):
    now = hospital.clock.now()
    sent = [
        Reading(device, metric, value, now, now + timedelta(milliseconds=late), gateway, quality)
        for device, metric, value, gateway, quality, late in POINTS
    ]
    sent.append(Sighting("ble:tag", "ble:hci0", -61.0, now))
    given = Config(url=server.url, dialect=protocol, org="o", site="linden", bucket="b", **signed(SecretStr(token)))
    store = open_store(given, tmp_path)
    store.write(sent, 7)
    *readings, sighting = collector.on_disk
    tick = timedelta(milliseconds=1)  # between measured and heard: what is sent again keeps its time
    assert readings == [msgspec.structs.replace(each, received=max(each.received, now + tick)) for each in sent[:-1]]
    assert sighting == sent[-1]
    assert (store.position(), store.refused()) == (7, "")
    other = open_store(given.model_copy(update={"site": "cedar"}), tmp_path)
    other.write(sent[:1], 8)
    assert "it is of the site cedar, and this is linden" in other.refused()
    assert len(collector.on_disk) == len(sent)
    store.close()
    other.close()

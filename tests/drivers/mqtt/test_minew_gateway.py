"""Minew gateways: rows that people captured and published in, readings of the tags in them out."""

from datetime import UTC, datetime, timedelta

import pytest

from collector.errors import BadFrame
from collector.reading import Announcement, Sighting

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
TOPIC = "/gw/AC233FC001EA/status"
GATEWAY = "mqtt:minew/AC:23:3F:C0:01:EA"
SELF = Announcement(GATEWAY, {"maker": "Minew", "kind": "gateway", "address": "AC:23:3F:C0:01:EA"}, HEARD)

LONG = (
    '[{"timestamp":"2019-08-01T05:54:25Z","type":"Gateway","mac":"AC233FC001EA","gatewayFree":98,"gatewayLoad":0.05},'
    '{"timestamp":"2019-08-01T05:54:25Z","type":"Unknown","mac":"AC233FA03208","bleName":"","rssi":-79,'
    '"rawData":"0201060303E1FF0D16E1FFA10264000832A03F23AC"},'
    '{"timestamp":"2019-08-01T05:54:26Z","type":"S1","mac":"AC233FA018E7","bleName":"S1","rssi":-40,"battery":100,'
    '"temperature":27.34,"humidity":63.04},'
    '{"timestamp":"2019-08-01T05:54:26Z","type":"Unknown","mac":"AC233FA018E7","bleName":"","rssi":-39,"rawData":""}]'
)
RAW = (
    '[{"gateway":"ac233fc26fb0","timestamp":1782556716937,"seq":146},{"mac":"c3000076542a","timestamp":1782556717035,'
    '"rssi":-35,"raw":"AgEGGv9MAAIV4sVttd/7SNKwYND1pxCW4AAAAADF"}]'
)
PREPARSED = (
    '{"tm":"2026-07-19T15:24:23.975Z","gw":"ac233fc27092","seq":1,"adv":[{"type":"ht","temperature":27.15,'
    '"humidity":71.1,"battery":100,"rssi":-44,"tm":"2026-07-19T15:24:28.928Z","mac":"c3000071fb47"},'
    '{"type":"tlm","battery":3171,"temperature":null,"mac":"c300002a772a","rssi":-28},'
    '{"type":"ib","uuid":"e2c56db5dffb48d2b060d0f5a71096e0","major":101,"minor":1,"mac":"c300002a772a","rssi":-28}]}'
)
S1 = "0201060303E1FF1016E1FFA1016419F8394AE53F390000C3"
"""Of a tag C3:00:00:39:3F:E5, captured by an MG3."""


def row(mac, seconds, raw=S1, rssi=-62, **more):
    return {"mac": mac, "rawData": raw, "rssi": rssi, "timestamp": f"2026-09-23T06:42:{seconds:02}Z", **more}


def test_rows_with_bytes_and_rows_that_the_gateway_understood(heard):
    said = heard(TOPIC, LONG, also=["ble.minew"])
    assert said.by_device == {
        "ble:AC:23:3F:A0:32:08": {"battery": 100},
        "ble:AC:23:3F:A0:18:E7": {"battery": 100, "temperature": 27.34, "humidity": 63.04},
    }
    assert {one.gateway for one in said.readings} == {GATEWAY}
    a_second_before = HEARD - timedelta(seconds=1)
    assert [one for one in said.others if isinstance(one, Sighting)] == [
        Sighting("ble:AC:23:3F:A0:32:08", GATEWAY, -79, a_second_before),
        Sighting("ble:AC:23:3F:A0:18:E7", GATEWAY, -40, HEARD),
        Sighting("ble:AC:23:3F:A0:18:E7", GATEWAY, -39, HEARD),
    ]
    assert SELF in said.others


def test_an_ibeacon_in_base64_is_its_tag_whatever_its_address(heard):
    said = heard("/gw/a/status", RAW, also=["ble.ibeacon"])
    tag = "ble:iBeacon:e2c56db5-dffb-48d2-b060-d0f5a71096e0-0-0"
    assert [one for one in said.others if isinstance(one, Sighting)] == [
        Sighting(tag, "mqtt:minew/AC:23:3F:C2:6F:B0", -35, HEARD)
    ]


def test_what_the_gateway_decoded_already(heard):
    said = heard(TOPIC, PREPARSED)
    assert said.by_device == {
        "ble:C3:00:00:71:FB:47": {"temperature": 27.15, "humidity": 71.1, "battery": 100},
        "ble:C3:00:00:2A:77:2A": {"battery_voltage": 3.171},
    }
    tags = [one.tag for one in said.others if isinstance(one, Sighting)]
    assert sorted(tags) == [
        "ble:C3:00:00:2A:77:2A",
        "ble:C3:00:00:71:FB:47",
        "ble:iBeacon:e2c56db5-dffb-48d2-b060-d0f5a71096e0-101-1",
    ]


def test_rows_count_as_old_as_the_gateways_clock_says_however_wrong_it_goes(heard):
    rows = [{"type": "Gateway", "mac": "AC233FC001EA"}, row("C30000393FE5", 58), row("C30000393FE5", 13)]
    said = heard(TOPIC, rows, also=["ble.minew"])
    at = [one.at for one in said.readings if one.metric == "temperature"]
    assert at == [HEARD - timedelta(seconds=45), HEARD]


def test_one_bad_row_takes_no_other_with_it(heard):
    rows = [
        {"type": "Gateway", "mac": "AC233FC001EA"},
        row("C30000393FE5", 1, "zz"),
        row("C30000393FE5", 1, S1[:-2]),
        row("C30000393FE6", 2, rssi="-71"),
        "no row",
        {"mac": 112233445566, "rawData": S1},
    ]
    with pytest.raises(BadFrame, match=r"C3:00:00:39:3F:E5: rawData is not hexadecimal \(and 1 more\)") as trouble:
        heard(TOPIC, rows, also=["ble.minew"])
    sightings = [one for one in trouble.value.said if isinstance(one, Sighting)]
    assert [(one.tag, one.rssi_dbm) for one in sightings] == [
        ("ble:C3:00:00:39:3F:E5", -62),
        ("ble:C3:00:00:39:3F:E5", -62),
        ("ble:C3:00:00:39:3F:E6", -71),
    ]
    assert {one.metric for one in trouble.value.said if one not in sightings} == {"temperature", "humidity", "battery"}


def test_what_the_broker_kept_is_no_sighting(heard):
    said = heard(TOPIC, LONG, retained=True, also=["ble.minew"])
    assert not [one for one in said.others if isinstance(one, Sighting)]


@pytest.mark.parametrize("payload", ["", "[]", "{}", "7", '[{"mac":"AC233FA03208","rssi":-79}]', '{"adv":[]}'])
def test_what_names_no_gateway_says_nothing(heard, payload):
    assert heard(TOPIC, payload).items == []


def test_topics_are_those_of_the_settings(heard):
    assert heard.claimed("/gw/x/status")
    assert not heard.claimed("gw/x/status")
    assert not heard.claimed("/gw/x/action")
    assert heard.claimed("ward/minew/3", topics=["ward/minew/#"])

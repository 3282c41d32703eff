r"""InfluxDB 2 cannot run here: requests and answers in the forms of the vendor's documents, replayed by a real server.

- writing, status codes: https://docs.influxdata.com/influxdb/v2/write-data/developer-tools/api/,
  https://docs.influxdata.com/influxdb/v2/write-data/troubleshoot/
- querying: https://docs.influxdata.com/influxdb/v2/query-data/execute-queries/influx-api/, answers:
  https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/
- deleting: https://docs.influxdata.com/influxdb/v2/write-data/delete-data/,
  buckets: https://docs.influxdata.com/influxdb/v2/api/buckets/
"""

import json
from datetime import UTC, datetime

import pytest

from collector.errors import Refused, Unreachable
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Quality, Reading, Sighting

AT = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
LATER = AT.replace(second=1)
MS = 1795502520000
WRITE = "/api/v2/write?org=Linden+General&bucket=ward&precision=ms"
QUERY = "/api/v2/query?org=Linden+General"
DIALECT = {"header": True, "annotations": ["datatype", "group", "default"], "dateTimeFormat": "RFC3339"}


@pytest.fixture
def store(replay, store_at):
    return store_at(replay.url, "influxdb2", org="Linden General", bucket="ward", token="s3cret")


def asked(flux):
    return json.dumps({"query": flux.strip(), "type": "flux", "dialect": DIALECT}).encode()


def test_points_are_written_with_token_precision_and_gzip(store, replay):
    replay.expect(
        "POST",
        WRITE,
        (
            f"environment,site=linden,device=mqtt:air temperature=21.5 {MS}\n"
            "environment,site=linden,device=mqtt:air "
            f'humidity=99.0,humidity_quality="BAD",humidity_delay_ms=1000i {MS}\n'
            f"door,site=linden,device=mqtt:d\\ 1 door_open=true {MS}\n"
            f'location,site=linden,device=ble:t,gateway=wardkeeper room="4.12" {MS}\n'
            f"location,site=linden,device=ble:t,gateway=g rssi=-60.0 {MS}"
        ).encode(),
    )
    store.write(
        [
            Reading("mqtt:air", "temperature", 21.5, AT, AT),
            Reading("mqtt:air", "humidity", 99.0, AT, LATER, quality=Quality.BAD),
            Reading("mqtt:d 1", "door_open", True, AT, AT),
            Reading("ble:t", "room", "4.12", AT, AT, gateway="wardkeeper"),
            Sighting("ble:t", "g", -60, AT),
        ],
        7,
    )
    [headers] = replay.headers
    assert headers["Authorization"] == "Token s3cret"
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert headers["Content-Encoding"] == "gzip"
    assert store.position() == store.settled() == 7


CSV = b"""#datatype,string,long,dateTime:RFC3339,double,string,string,string\r
#group,false,false,false,false,true,true,true\r
#default,_result,,,,,,\r
,result,table,_time,_value,_field,_measurement,device\r
,,0,2026-11-24T06:42:00Z,21.5,temperature,environment,mqtt:air\r
,,0,2026-11-24T06:42:01.001Z,22,temperature,environment,mqtt:air\r
\r
#datatype,string,long,dateTime:RFC3339,long,string,string,string\r
#group,false,false,false,false,true,true,true\r
#default,_result,,,,,,\r
,result,table,_time,_value,_field,_measurement,device\r
,,1,2026-11-24T06:42:01.001Z,1500,temperature_delay_ms,environment,mqtt:air\r
\r
#datatype,string,long,dateTime:RFC3339,string,string,string,string,string\r
#group,false,false,false,false,true,true,true,true\r
#default,_result,,,,,,,\r
,result,table,_time,_value,_field,_measurement,device,gateway\r
,,2,2026-11-24T06:42:00Z,"4.12, ""OR""\nnorth",room,location,ble:t%25,wardkeeper\r
,,2,2026-11-24T06:42:01Z,,room,location,ble:t%25,wardkeeper\r
\r
#datatype,string,long,dateTime:RFC3339,boolean,string,string,string\r
#group,false,false,false,false,true,true,true\r
#default,_result,,,,,,\r
,result,table,_time,_value,_field,_measurement,device\r
,,3,2026-11-24T06:42:00Z,true,door_open,door,mqtt:d\r
\r
"""


def test_a_selection_is_one_flux_query_and_its_annotated_csv_gives_numbers_texts_and_booleans(store, replay):
    flux = """
from(bucket: "ward")
  |> range(start: 2026-11-24T06:42:00.000Z, stop: 2026-11-24T06:43:00.000Z)
  |> filter(fn: (r) => r._measurement == "door" or r._measurement == "environment" or r._measurement == "location")
  |> filter(fn: (r) => r.site == "linden")
  |> filter(fn: (r) => r._field =~ /^(door_open|room|temperature)"""
    flux += "(|_number|_boolean|_text|_quality|_delay_ms|_kind|_high|_low)$/)\n"
    flux += r"""  |> filter(fn: (r) => r.device == "a\"\${x}" or r.device == "ble:t%25")
  |> keep(columns: ["_time", "_value", "_field", "_measurement", "device", "gateway"])
"""
    replay.expect("POST", QUERY, asked(flux), 200, CSV, Content_Type="text/csv; charset=utf-8")
    chosen = Selection(
        AT, AT.replace(minute=43), devices=('a"${x}', "ble:t%"), metrics=("temperature", "room", "door_open")
    )
    assert readings_of(store.query(chosen)) == [
        Reading("ble:t%", "room", '4.12, "OR"\nnorth', AT, AT, gateway="wardkeeper"),
        Reading("ble:t%", "room", "", LATER, LATER, gateway="wardkeeper"),
        Reading("mqtt:air", "temperature", 21.5, AT, AT),
        Reading(
            "mqtt:air",
            "temperature",
            22.0,
            LATER.replace(microsecond=1000),
            LATER.replace(second=2, microsecond=501000),
        ),
        Reading("mqtt:d", "door_open", True, AT, AT),
    ]
    assert replay.headers[0]["Accept"] == "application/csv"


def test_the_latest_are_the_last_of_every_field_at_any_time(store, replay):
    flux = """
from(bucket: "ward")
  |> range(start: 1678-01-01T00:00:00.000Z, stop: 2262-01-01T00:00:00.000Z)
  |> filter(fn: (r) => r._measurement == "environment")
  |> filter(fn: (r) => r.site == "linden")
  |> filter(fn: (r) => r._field =~ /^(temperature)(|_number|_boolean|_text|_quality|_delay_ms|_kind|_high|_low)$/)
  |> keep(columns: ["_time", "_value", "_field", "_measurement", "device", "gateway"])
  |> last()"""
    replay.expect("POST", QUERY, asked(flux), 200, b"\r\n".join(CSV.split(b"\r\n")[:4] + CSV.split(b"\r\n")[5:7]))
    [latest] = readings_of(store.latest(metrics=["temperature"]))
    assert latest.value == 22.0


def test_a_family_is_counted_and_deleted(store, replay):
    flux = """
from(bucket: "ward")
  |> range(start: 1678-01-01T00:00:00.000Z, stop: 2026-11-24T06:42:00.000Z)
  |> filter(fn: (r) => r._measurement == "environment")
  |> filter(fn: (r) => r.site == "linden")
  |> filter(fn: (r) => r._field =~ /^.+(|_number|_boolean|_text)$/)
  |> keep(columns: ["_time", "_value", "_field", "_measurement", "device", "gateway"])
  |> count()
  |> group()
  |> sum()"""
    csv = b"#datatype,string,long,long\r\n#group,false,false,false\r\n#default,_result,,\r\n"
    csv += b",result,table,_value\r\n,,0,12\r\n"
    replay.expect("POST", QUERY, asked(flux), 200, csv)
    body = {
        "start": "1678-01-01T00:00:00.000Z",
        "stop": "2026-11-24T06:42:00.000Z",
        "predicate": '_measurement="environment" AND site="linden"',
    }
    replay.expect("POST", "/api/v2/delete?org=Linden+General&bucket=ward", json.dumps(body).encode())
    assert store.drop("environment", AT) == 12


def test_a_malformed_line_refuses_the_whole_batch_so_the_good_lines_are_sent_without_it(store, replay):
    first, second, third = (f"environment,site=linden,device=d co2={n}.0 {MS + n}" for n in (1, 2, 3))
    answer = json.dumps({"code": "invalid", "message": f"unable to parse '{second}': bad timestamp"}).encode()
    replay.expect("POST", WRITE, f"{first}\n{second}\n{third}".encode(), 400, answer)
    replay.expect("POST", WRITE, first.encode())
    replay.expect("POST", WRITE, f"{second}\n{third}".encode(), 400, answer)
    replay.expect("POST", WRITE, second.encode(), 400, answer)
    replay.expect("POST", WRITE, third.encode())
    store.write([Reading("d", "co2", float(n), *[AT.replace(microsecond=n * 1000)] * 2) for n in (1, 2, 3)], 5)
    assert store.position() == 5
    assert "refused 1 points, the last because" in store.refused()
    assert "says 400: unable to parse" in store.refused()


@pytest.mark.parametrize(
    "status, answer, says",
    [
        (
            401,
            {"code": "unauthorized", "message": "unauthorized access"},
            "says 401: unauthorized access; may this token",
        ),
        (
            404,
            {"code": "not found", "message": 'bucket "ward" not found'},
            '404: bucket "ward" not found; are the bucket',
        ),
        (500, {"code": "internal error", "message": "timeout"}, "says 500: timeout"),
    ],
)
def test_what_is_not_the_points_fault_is_waited_for(store, replay, status, answer, says):
    replay.expect(
        "POST", WRITE, f"environment,site=linden,device=d co2=1.0 {MS}".encode(), status, json.dumps(answer).encode()
    )
    with pytest.raises(Unreachable, match=says):
        store.write([Reading("d", "co2", 1.0, AT, AT)], 5)
    assert store.position() == 0


def test_too_many_requests_are_followed_by_the_quiet_that_was_asked_for(store, replay, seconds):
    point = [Reading("d", "co2", 1.0, AT, AT)]
    replay.expect(
        "POST", WRITE, f"environment,site=linden,device=d co2=1.0 {MS}".encode(), 429, b"{}", Retry_After="30"
    )
    with pytest.raises(Unreachable, match=r"429"):
        store.write(point, 5)
    with pytest.raises(Unreachable, match=r"says 429.*not asked again for 30 s"):
        store.write(point, 5)  # nothing is sent
    seconds.now = 30.0
    line = f'environment,site=linden,device=d co2=1.0,co2_quality="GOOD",co2_delay_ms=0i,co2_kind="number" {MS}'
    replay.expect("POST", WRITE, line.encode())  # whole: nobody knows whether it is there
    store.write(point, 5)


def test_troubles_are_a_bucket_that_is_not_there_or_keeps_points_too_short_a_time(replay, store_at):
    store = store_at(replay.url, "influxdb2", org="o", bucket="ward", token="t", keep_days=1095)
    path = "/api/v2/buckets?org=o&name=ward"
    replay.expect("GET", path, b"", 200, b'{"buckets": []}')
    rules = [{"type": "expire", "everySeconds": 2592000, "shardGroupDurationSeconds": 86400}]
    found = {"buckets": [{"id": "0b9f", "orgID": "1", "name": "ward", "retentionRules": rules}]}
    replay.expect("GET", path, b"", 200, json.dumps(found).encode())
    rules[0]["everySeconds"] = 0  # for ever
    replay.expect("GET", path, b"", 200, json.dumps(found).encode())
    assert store.troubles() == ["there is no bucket ward: influx bucket create --name ward --org o"]
    [short] = store.troubles()
    assert "keeps 720 h, the settings ask for 1095 days: influx bucket update --id 0b9f --retention 1095d" in short
    assert store.troubles() == []


def test_with_a_limit_devices_are_asked_for_and_then_fetched_until_there_is_enough(store, replay):
    flux = """
import "influxdata/influxdb/schema"
schema.tagValues(bucket: "ward", tag: "device", start: 2026-11-24T06:42:00.000Z, stop: 2026-11-24T06:43:00.000Z, """
    flux += 'predicate: (r) => r.site == "linden")'
    csv = b"#datatype,string,long,string\r\n#group,false,false,false\r\n#default,_result,,\r\n"
    csv += b",result,table,_value\r\n,,0,b\r\n,,0,mqtt:air\r\n,,0,a\r\n"
    replay.expect("POST", QUERY, asked(flux), 200, csv)
    flux = """
from(bucket: "ward")
  |> range(start: 2026-11-24T06:42:00.000Z, stop: 2026-11-24T06:43:00.000Z)
  |> filter(fn: (r) => r._measurement == "environment")
  |> filter(fn: (r) => r.site == "linden")
  |> filter(fn: (r) => r._field =~ /^(temperature)(|_number|_boolean|_text|_quality|_delay_ms|_kind|_high|_low)$/)
  |> filter(fn: (r) => %s)
  |> keep(columns: ["_time", "_value", "_field", "_measurement", "device", "gateway"])
  |> limit(n: 2)"""
    replay.expect("POST", QUERY, asked(flux % 'r.device == "a"'), 200, b"\r\n")
    replay.expect("POST", QUERY, asked(flux % 'r.device == "b" or r.device == "mqtt:air"'), 200, CSV)
    chosen = Selection(AT, AT.replace(minute=43), metrics=("temperature",), limit=2)
    assert store.query(chosen)["number"].to_pylist() == [None, None]  # the rooms of "ble:t%" in the recorded answer


def test_a_query_that_fails_after_it_began_says_why(store, replay):
    csv = b"#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n,error,reference\r\n"
    csv += b",memory allocation limit reached,897\r\n"
    flux = json.loads(asked(""))
    flux["query"] = store._dialect._chosen(Selection(AT, LATER))
    replay.expect("POST", QUERY, json.dumps(flux).encode(), 200, csv)
    with pytest.raises(Refused, match=r"the query failed: memory allocation limit reached"):
        store.query(Selection(AT, LATER))

"""InfluxDB 3 cannot run here: requests and answers in the forms of the vendor's documents, replayed by a real server.

- writing: https://docs.influxdata.com/influxdb3/core/api/write-data/,
  https://docs.influxdata.com/influxdb3/core/write-data/troubleshoot/
- querying: https://docs.influxdata.com/influxdb3/core/api/query-data/ (`/query`, one statement a request; tags that a
  row lacks are null, as in github.com/influxdata/influxdb influxdb3_server/src/http/v1.rs)
"""

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from collector.errors import Refused, Unreachable
from collector.points import readings_of
from collector.ports import Selection
from collector.reading import Quality, Reading

AT = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
MS = 1795502520000


@pytest.fixture
def store(replay, store_at):
    return store_at(f"{replay.url}/influx/", "influxdb3", bucket="ward", token="s3cret")


def expect(replay, statement, *series):
    body = urlencode({"db": "ward", "epoch": "ms", "q": statement}).encode()
    answer = {"results": [{"statement_id": 0, **({"series": series} if series else {})}]}
    replay.expect("POST", "/influx/query", body, 200, json.dumps(answer).encode() + b"\r\n")


def test_points_are_written_behind_the_path_of_the_url(store, replay):
    line = f"environment,site=linden,device=d co2=1.0 {MS}".encode()
    replay.expect("POST", "/influx/api/v2/write?bucket=ward&precision=ms", line)
    store.write([Reading("d", "co2", 1.0, AT, AT)], 3)
    assert replay.headers[0]["Authorization"] == "Token s3cret"


def test_a_partial_write_keeps_what_was_good(store, replay):
    path = "/influx/api/v2/write?bucket=ward&precision=ms"
    lines = [f"environment,site=linden,device=d co2={n}.0 {MS + n}" for n in (1, 2)]
    failed = {"original_line": lines[1][:40], "line_number": 2, "error_message": "invalid column type for column 'co2'"}
    answer = json.dumps({"error": "partial write of line protocol occurred", "data": [failed]}).encode()
    replay.expect("POST", path, "\n".join(lines).encode(), 400, answer)
    replay.expect("POST", path, lines[0].encode())
    replay.expect("POST", path, lines[1].encode(), 400, answer)
    store.write([Reading("d", "co2", float(n), *[AT.replace(microsecond=n * 1000)] * 2) for n in (1, 2)], 3)
    assert "refused 1 points" in store.refused()
    assert "partial write" in store.refused()


def test_a_selection_is_one_influxql_statement(store, replay):
    statement = (
        "SELECT /^(co2|room)(|_number|_boolean|_text|_quality|_delay_ms|_kind|_high|_low)$/ "
        'FROM "environment","location" WHERE "site"=\'linden\' AND ("device"=\'it\\\'s\')'
        " AND time >= '2026-11-24T06:42:00.000Z' AND time < '2026-11-24T06:43:00.000Z'"
        ' GROUP BY "site","device","gateway"'
    )
    tags = {"site": "linden", "device": "it's", "gateway": None}
    expect(
        replay,
        statement,
        {"name": "environment", "tags": tags, "columns": ["time", "co2", "co2_quality"], "values": [[MS, 7, "BAD"]]},
        {
            "name": "location",
            "tags": tags | {"gateway": "wardkeeper"},
            "columns": ["time", "room", "room_delay_ms"],
            "values": [[MS, "", None], [MS + 1, "4.12", -1]],
        },
    )
    chosen = Selection(AT, AT.replace(minute=43), devices=("it's",), metrics=("co2", "room"))
    later = AT.replace(microsecond=1000)
    assert readings_of(store.query(chosen)) == [
        Reading("it's", "co2", 7.0, AT, AT, quality=Quality.BAD),
        Reading("it's", "room", "", AT, AT, gateway="wardkeeper"),
        Reading("it's", "room", "4.12", later, AT, gateway="wardkeeper"),
    ]


def test_the_latest_are_asked_for_field_by_field(store, replay):
    fields = [["co2", "float"], ["co2_quality", "string"], ["humidity", "float"]]
    expect(
        replay,
        'SHOW FIELD KEYS FROM "environment"',
        {"name": "environment", "columns": ["fieldKey", "fieldType"], "values": fields},
    )
    for field, value, at in (("co2", 7, MS), ("co2_quality", "BAD", MS - 5)):
        statement = f'SELECT last("{field}") AS "{field}" FROM "environment" WHERE "site"=\'linden\''
        statement += ' GROUP BY "device","gateway"'
        tags = {"device": "d", "gateway": None}
        series = {"name": "environment", "tags": tags, "columns": ["time", field], "values": [[at, value]]}
        expect(replay, statement, series)
    assert readings_of(store.latest(metrics=["co2"])) == [Reading("d", "co2", 7.0, AT, AT)]


def test_a_statement_that_fails_says_why(store, replay):
    body = urlencode({"db": "ward", "epoch": "ms", "q": 'SHOW FIELD KEYS FROM "environment"'}).encode()
    replay.expect("POST", "/influx/query", body, 200, b'{"results":[{"statement_id":0,"error":"not supported"}]}')
    with pytest.raises(Refused, match=r"SHOW FIELD KEYS .*: not supported"):
        store.latest(metrics=["co2"])


def test_points_cannot_be_deleted(store):
    with pytest.raises(Refused, match=r"InfluxDB 3 cannot delete points.*retention period"):
        store.drop("environment", AT)


def test_troubles_are_a_database_that_is_not_there(store, replay):
    for names in ([["other"]], [["other"], ["ward"]]):
        expect(replay, "SHOW DATABASES", {"name": "databases", "columns": ["name"], "values": names})
    assert store.troubles() == ["there is no database ward: influxdb3 create database ward"]
    assert store.troubles() == []


def test_a_page_of_something_else_is_no_success_and_no_answer(store, replay):
    line = f"environment,site=linden,device=d co2=1.0 {MS}".encode()
    page = b"<html>Please sign in</html>"
    replay.expect("POST", "/influx/api/v2/write?bucket=ward&precision=ms", line, 200, page)
    with pytest.raises(Unreachable, match=r"says 200 to a write, and not 204; is it the server itself"):
        store.write([Reading("d", "co2", 1.0, AT, AT)], 3)
    assert store.position() == 0
    body = urlencode({"db": "ward", "epoch": "ms", "q": "SHOW DATABASES"}).encode()
    replay.expect("POST", "/influx/query", body, 200, page)
    [trouble] = store.troubles()
    assert "answers what no influxdb3 says" in trouble

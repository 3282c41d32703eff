"""Line protocol in: whatever can write to an InfluxDB can write here, and 204 means that it is on disk."""

import gzip
import threading
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from asset_registry.consumer import RegistryConsumer
from collector.pipeline import Limits
from collector.points import ms_of
from collector.reading import Reading
from dashboards import write
from dashboards.context import SpoolState
from tests.collector.test_spool_disk import disk_full_at

pytestmark = pytest.mark.dialects("sqlite")  # the database only says whose token it is: test_access asks both

V1, V2 = "/write?db=any", "/api/v2/write?org=any&bucket=any"


@pytest.fixture
def token(hospital):
    return hospital.token("gateway")


@pytest.fixture
def gateway(program):
    return program("gateway")


@pytest.fixture
def figures(hospital):
    def of_line_protocol():
        return next(each for each in hospital.context.counters.inputs() if each.link == "line protocol")

    return of_line_protocol


# ---------------------------------------------------------------- who may


def basic(user, password):
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("path", [V1, V2])
def test_a_token_is_said_in_any_way_that_influxdb_lets_it_be_said(nobody, collector, token, path):
    for header in (f"Bearer {token}", f"Token {token}", f"Token anyone:{token}", basic("anyone", token)):
        assert nobody.post(path, content="a co2=1", headers={"Authorization": header}).status_code == 204, header
    assert nobody.post(f"{path}&u=anyone&p={token}", content="a co2=1").status_code == 204
    assert len(collector.on_disk) == 5


def test_without_one_it_is_unauthorized_in_the_words_of_the_version(nobody, collector):
    for header in (None, "Bearer wrong", "Basic !", basic("gateway", "wrong"), "Digest x", "Token "):
        headers = header and {"Authorization": header}
        first, second = (nobody.post(path, content="a co2=1", headers=headers) for path in (V1, V2))
        assert (first.status_code, first.json()) == (401, {"error": "authorization failed"})
        assert (second.status_code, second.json()) == (401, {"code": "unauthorized", "message": "unauthorized access"})
    assert collector.on_disk == []


def test_a_person_signed_in_at_a_browser_sends_nothing_that_another_site_could_forge(signed_in, collector):
    browser = signed_in("admin")
    assert browser.post(V1, content="a co2=1", headers={"X-CSRF-Token": browser.csrf}).status_code == 401
    assert collector.on_disk == []


def test_a_token_of_another_role_is_told_which_one_it_needs(program, collector):
    answer = program("it_agent").post(V2, content="a co2=1")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "role gateway" in answer.json()["message"]


def test_a_gateway_may_do_nothing_else(gateway):
    assert {gateway.get(path).status_code for path in ("/", "/devices", "/api/v1/latest", "/api/v1/tokens")} == {403}


# ---------------------------------------------------------------- what was said


def test_the_precision_of_times(gateway, collector, hospital):
    at = hospital.clock.now() - timedelta(hours=2)
    units = [(V1, "n", 10**9), (V1, "u", 10**6), (V2, "ns", 10**9), (V2, "us", 10**6)]
    units += [(path, precision, per_s) for path in (V1, V2) for precision, per_s in (("ms", 1000), ("s", 1))]
    for path, precision, per_s in units:
        line = f"a co2=1 {ms_of(at) // 1000 * per_s}"
        assert gateway.post(f"{path}&precision={precision}", content=line).status_code == 204, precision
    assert [item.at for item in collector.on_disk] == [at] * len(units)


def test_minutes_and_hours_are_known_to_version_1_only(gateway, collector):
    assert gateway.post(f"{V1}&precision=h", content="a co2=1 1").status_code == 204
    assert gateway.post(f"{V1}&precision=m", content="a co2=1 60").status_code == 204
    assert len({item.at for item in collector.on_disk}) == 1
    assert gateway.post(f"{V1}&precision=d", content="a co2=1 1").status_code == 400
    answer = gateway.post(f"{V2}&precision=m", content="a co2=1 1")
    assert answer.json() == {
        "code": "invalid",
        "message": "invalid precision; valid precision units are ns, us, ms, and s",
    }


def test_good_lines_are_kept_and_bad_ones_told_and_shown(gateway, collector, figures, signed_in):
    answer = gateway.post(V1, content="a co2=1\nbad\na co2=2,\na co2=3")
    assert answer.status_code == 400
    first, second = "unable to parse 'bad': missing fields", "unable to parse 'a co2=2,': invalid field format"
    assert answer.json() == {"error": f"partial write: {first}\n{second} dropped=0"}
    assert [value for _, _, value in collector.said] == [1.0, 3.0]
    again = gateway.post(V2, content="a co2=1\nbad")
    assert again.json() == {"code": "invalid", "message": f"partial write: {first} dropped=0"}
    seen = figures()
    assert (seen.frames, seen.readings, seen.bad_frames) == (6, 3, 3)
    assert (seen.bad[0].why, seen.bad[0].topic, seen.bad[0].head) == ("missing fields", "/api/v2/write by gateway", "")
    page = signed_in("it_agent").get("/inputs").text
    assert ">line protocol</a></h2>" in page
    assert "One input up" in page
    assert "missing fields" in page


def test_only_bad_lines_are_no_partial_write(gateway, collector, figures):
    assert gateway.post(V1, content="bad").json() == {"error": "unable to parse 'bad': missing fields"}
    told = gateway.post(V1, content="\n".join(["bad" * 200] * 30)).json()["error"].split("\n")
    assert (len(told), told[-1]) == (21, "and 10 more lines")
    assert max(map(len, told)) < 320
    assert figures().bad_frames == 31
    assert collector.on_disk == []


def test_nothing_but_comments_is_taken(gateway, collector):
    assert gateway.post(V1, content="").status_code == 204
    assert gateway.post(V2, content="# nothing\n\n").status_code == 204
    assert collector.on_disk == []


def test_what_influxdb_wants_to_be_told(gateway):
    first, second = (gateway.post(path, content="a co2=1") for path in ("/write", "/api/v2/write"))
    assert (first.status_code, first.json()) == (400, {"error": "database is required"})
    assert (second.status_code, second.json()) == (404, {"code": "not found", "message": "bucket not found"})


def test_queries_are_answered_only_as_far_as_clients_need_them(gateway):
    assert (
        gateway.get("/query", params={"q": "SHOW DATABASES;"}).json()["results"][0]["series"][0]["name"] == "databases"
    )
    assert gateway.post("/query", data={"q": "SELECT * FROM cpu"}).status_code == 400
    assert gateway.post("/query").json() == {"error": 'missing required parameter "q"'}


# ---------------------------------------------------------------- too much


def test_a_body_that_is_too_large_is_refused_as_it_comes_and_unpacked(gateway, collector, monkeypatch):
    monkeypatch.setattr(write, "LARGEST", 10_000)
    line = b"# " + b"x" * 20_000
    for body, headers in ((line, {}), (gzip.compress(line), {"Content-Encoding": "gzip"})):
        answer = gateway.post(V1, content=body, headers=headers)
        assert answer.status_code == 413
        assert answer.json()["error"].startswith("Request Entity Too Large")
    assert gateway.post(V2, content=line).json()["code"] == "request too large"


def test_a_bomb_is_unpacked_no_further_than_allowed(gateway, collector):
    bomb = gzip.compress(bytes(50 << 20), 1)
    assert len(bomb) < 1 << 20
    assert gateway.post(V1, content=bomb, headers={"Content-Encoding": "gzip"}).status_code == 413


def test_too_many_lines_are_refused_whole(gateway, collector):
    answer = gateway.post(V2, content="a co2=1\n" * 20_001)
    assert (answer.status_code, answer.json()["code"]) == (413, "request too large")
    assert collector.on_disk == []


def test_a_damaged_gzip_is_named_and_nothing_of_it_taken(gateway, collector):
    whole = gzip.compress(b"a co2=1")
    for body in (b"no gzip", whole[:-9], whole + b"more"):
        answer = gateway.post(V2, content=body, headers={"Content-Encoding": "gzip"})
        assert (answer.status_code, "gzip" in answer.json()["message"]) == (400, True)
    assert collector.on_disk == []


def test_two_members_of_gzip_are_one_body(gateway, collector):
    body = gzip.compress(b"a co2=1\na c") + gzip.compress(b"o2=2")
    assert gateway.post(V1, content=body, headers={"Content-Encoding": "gzip"}).status_code == 204
    assert [value for _, _, value in collector.said] == [1.0, 2.0]


def test_an_encoding_nobody_knows(gateway, collector):
    assert gateway.post(V1, content=b"x", headers={"Content-Encoding": "br"}).status_code == 400


# ---------------------------------------------------------------- on disk, or not 204


def test_it_is_not_answered_before_it_is_on_disk(app, collector, token):
    inside, go_on = threading.Event(), threading.Event()
    append = collector.spool.append

    def slowly(parts):
        inside.set()
        assert go_on.wait(10)
        return append(parts)

    collector.spool.append = slowly
    answers = []
    client = TestClient(app, headers={"Authorization": f"Token {token}"})
    asking = threading.Thread(target=lambda: answers.append(client.post(V1, content="a co2=1").status_code))
    asking.start()
    assert inside.wait(10)
    assert (answers, collector.on_disk) == ([], [])
    go_on.set()
    asking.join(10)
    assert answers == [204]
    assert len(collector.on_disk) == 1


def put_off(answer):
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    return answer.json()


def test_a_disk_that_does_not_answer_is_503_and_what_is_sent_again_is_there_once(
    gateway, make_collector, hospital, monkeypatch
):
    monkeypatch.setattr(write, "DURABLE_WITHIN_S", 0.1)
    collector = make_collector()  # its writer does not run
    line = f"a co2=1 {ms_of(hospital.clock.now()) - 1000}000000\nbad"
    assert put_off(gateway.post(V2, content=line))["code"] == "unavailable"
    assert "send them again" in put_off(gateway.post(V1, content=line))["error"]
    assert hospital.context.counters.inputs() == []
    assert hospital.context.counters.get("line_protocol_put_off") == 2
    collector.start()
    monkeypatch.setattr(write, "DURABLE_WITHIN_S", 10)
    assert gateway.post(V1, content=line).status_code == 400
    assert len({(item.device, item.metric, item.at) for item in collector.on_disk}) == 1


def test_a_full_disk_is_503_until_there_is_room_again(gateway, collector, monkeypatch):
    monkeypatch.setattr(write, "DURABLE_WITHIN_S", 0.5)
    assert gateway.post(V1, content="a co2=1 1").status_code == 204
    [segment] = collector.spool.directory.glob("*.spool")
    with disk_full_at(segment.stat().st_size + 9):
        put_off(gateway.post(V1, content="a co2=2 2"))
    monkeypatch.setattr(write, "DURABLE_WITHIN_S", 10)
    assert gateway.post(V1, content="a co2=3 3").status_code == 204
    assert [value for _, _, value in collector.said] == [1.0, 2.0, 3.0]


def test_no_room_is_503_at_once_and_nothing_of_it_is_taken(gateway, make_collector, hospital):
    collector = make_collector(limits=Limits(queued=2))
    assert collector.pipeline.offer([Reading("d", "co2", 1.0, *[hospital.clock.now()] * 2)])
    put_off(gateway.post(V1, content="a co2=1\na co2=2"))
    assert collector.pipeline.queued == 1


def test_without_an_intake_it_is_503(gateway):
    put_off(gateway.post(V1, content="a co2=1"))


def test_health_says_whether_anything_can_be_taken(nobody, hospital):
    assert nobody.get("/health").json()["status"] == "pass"
    hospital.context.inside = replace(hospital.context.inside, spool=lambda: SpoolState(1, 1, 1.0, ()))
    answer = nobody.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "fail")


# ---------------------------------------------------------------- shown


def test_a_metric_that_wardkeeper_does_not_know_breaks_no_page(gateway, collector, hospital, signed_in):
    assert gateway.post(V1, content='cpu,host=ward-3 usage=1.5,temperature=21,note="x"').status_code == 204
    RegistryConsumer(hospital.database, "linden", hospital.clock).consume(collector.on_disk, 1)
    hospital.hear(*collector.on_disk)
    hospital.snapshots.refresh()
    [device] = [each.id for each in hospital.snapshots.current.devices.values() if each.native_id == "lp:ward-3"]
    client = signed_in("admin")
    for path in ("/unclaimed", "/devices", f"/devices/{device}", "/", "/api/v1/latest?device=lp:ward-3"):
        assert client.get(path).status_code == 200, path
    assert "lp:ward-3" in client.get("/unclaimed").text

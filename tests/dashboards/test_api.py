"""The interface under /api/v1: cursor paging, problem+json, integer ids, times in UTC with milliseconds."""

import base64
import json
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from asset_registry.audit import Audit
from collector.counters import bad_frame
from collector.reading import Quality, Reading
from dashboards.paging import decode, encode, listed
from dashboards.problems import Wrong
from service_desk import rulebook
from service_desk.alarms import book
from service_desk.incidents.book import Custom
from service_desk.ports import Subject, Verdict
from service_desk.rules_yaml import Draft

AIR = "mqtt:zigbee2mqtt/4.12/air"
PUMP_TAG = "ble:iBeacon:117"
OXIMETER = "serial:bed-12/nonin"
NEW = "mqtt:tasmota/never-seen"


@pytest.fixture
def biomed(program):
    return program("biomed")


# ---------------------------------------------------------------- readings


def test_a_published_value_comes_back(biomed, hospital):
    hospital.measure(AIR, "temperature", 22.4, ago_s=60)
    answer = biomed.get("/api/v1/readings", params={"device": AIR})
    assert answer.json() == {
        "items": [
            {
                "device": AIR,
                "metric": "temperature",
                "value": 22.4,
                "unit": "Cel",
                "quality": "GOOD",
                "at": "2026-11-24T06:41:00.000Z",
                "received": "2026-11-24T06:41:00.000Z",
                "gateway": "",
            }
        ],
        "next": None,
    }
    by_id = biomed.get("/api/v1/readings", params={"device": hospital.devices[AIR]})
    assert by_id.json() == answer.json()


def test_switches_words_and_doubt_come_back_as_they_were(biomed, hospital):
    at = hospital.clock.now()
    hospital.hear(
        Reading(AIR, "door_open", True, at, at),
        Reading(AIR, "action", "double", at, at),
        Reading(AIR, "humidity", 41.0, at, at, quality=Quality.UNCERTAIN),
    )
    items = biomed.get("/api/v1/readings", params={"device": AIR}).json()["items"]
    assert [(item["value"], item["quality"]) for item in items] == [
        ("double", "GOOD"),
        (True, "GOOD"),
        (41.0, "UNCERTAIN"),
    ]


def test_pages_follow_each_other_without_loss_though_more_arrives(biomed, hospital):
    for second in range(25):
        hospital.measure(AIR, "temperature", float(second), ago_s=100 - second)
    seen, cursor = [], None
    while True:
        page = biomed.get("/api/v1/readings", params={"device": AIR, "limit": 10, "cursor": cursor}).json()
        seen += [item["value"] for item in page["items"]]
        hospital.clock.advance(1)
        hospital.measure(AIR, "temperature", 99.0)
        if page["next"] is None:
            break
        cursor = page["next"]
    assert seen == [float(second) for second in range(25)]


def test_from_and_to_hold_the_window(biomed, hospital):
    for ago in (30, 20, 10):
        hospital.measure(AIR, "temperature", float(ago), ago_s=ago)
    now = hospital.clock.now()
    window = {"from": (now - timedelta(seconds=20)).isoformat(), "to": (now - timedelta(seconds=10)).isoformat()}
    answer = biomed.get("/api/v1/readings", params={"device": AIR, **window})
    assert [item["value"] for item in answer.json()["items"]] == [20.0]


def test_windows_show_their_aggregate(biomed, hospital):
    for ago, value in ((110, 10.0), (100, 20.0), (10, 40.0)):
        hospital.measure(AIR, "temperature", value, ago_s=ago)
    ask = {"device": AIR, "metric": "temperature", "every": "1 min"}
    means = biomed.get("/api/v1/readings", params=ask).json()["items"]
    assert [(item["at"], item["value"]) for item in means] == [
        ("2026-11-24T06:40:00.000Z", 15.0),
        ("2026-11-24T06:41:00.000Z", 40.0),
    ]
    counts = biomed.get("/api/v1/readings", params={**ask, "aggregate": "count"}).json()["items"]
    assert [(item["value"], item["unit"]) for item in counts] == [(2.0, ""), (1.0, "")]


@pytest.mark.parametrize(
    "ask, field",
    [
        ({}, "device"),
        ({"device": AIR, "metric": "tempreature"}, "metric"),
        ({"device": AIR, "every": "soon"}, "every"),
        ({"device": AIR, "every": "1000000000000000 days"}, "every"),
        ({"device": AIR, "from": "2026-11-24T06:00:00"}, "from"),
        ({"device": AIR, "limit": 0}, "limit"),
        ({"device": AIR, "cursor": "!"}, "cursor"),
        ({"device": AIR, "aggregate": "median"}, "aggregate"),
    ],
)
def test_what_is_not_understood_is_named_by_its_field(biomed, ask, field):
    answer = biomed.get("/api/v1/readings", params=ask)
    assert answer.status_code == 422
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["status"] == 422
    assert [error["field"] for error in problem["errors"]] == [field]
    assert problem["errors"][0]["why"]


def test_latest_has_one_reading_a_series(biomed, hospital):
    hospital.measure(AIR, "temperature", 21.0, ago_s=10)
    hospital.measure(AIR, "temperature", 22.0)
    answer = biomed.get("/api/v1/latest", params={"device": AIR})
    assert [item["value"] for item in answer.json()["items"]] == [22.0]


# ---------------------------------------------------------------- vitals


def test_vitals_are_told_of_one_device_that_is_named(biomed, hospital):
    hospital.hear(hospital.reading(OXIMETER, "spo2", 97.0), hospital.reading(AIR, "temperature", 22.0))
    for path in ("readings", "latest"):
        one = biomed.get(f"/api/v1/{path}", params={"device": OXIMETER}).json()["items"]
        assert [item["metric"] for item in one] == ["spo2"]
        two = biomed.get(f"/api/v1/{path}", params={"device": [OXIMETER, AIR]}).json()["items"]
        assert [item["metric"] for item in two] == ["temperature"]
        for ask in ({"metric": "spo2"}, {"metric": "spo2", "device": [OXIMETER, AIR]}):
            refused = biomed.get(f"/api/v1/{path}", params=ask)
            assert refused.status_code == 422
            assert refused.json()["errors"][0]["field"] == "device"


def test_vitals_are_told_to_those_who_may_see_them(program, hospital):
    hospital.hear(hospital.reading(OXIMETER, "spo2", 97.0), hospital.reading(OXIMETER, "battery", 80.0))
    facilities = program("facilities")
    items = facilities.get("/api/v1/readings", params={"device": OXIMETER}).json()["items"]
    assert [item["metric"] for item in items] == ["battery"]
    assert facilities.get("/api/v1/readings", params={"device": OXIMETER, "metric": "spo2"}).status_code == 403
    clinician = program("clinician").get("/api/v1/readings", params={"device": OXIMETER, "metric": "spo2"})
    assert [item["value"] for item in clinician.json()["items"]] == [97.0]


# ---------------------------------------------------------------- assets


def test_an_asset_says_where_it_is_and_whether_it_can_be_taken(biomed, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.13"], 0.8)
    asset = biomed.get(f"/api/v1/assets/{hospital.assets['P-117']}").json()
    assert (asset["number"], asset["usable"], asset["why"]) == ("P-117", True, "")
    assert asset["fix"]["place"]["number"] == "4.13"
    assert asset["fix"]["words"] == "likely"
    assert asset["home"]["number"] == "4.19"
    soiled = biomed.get("/api/v1/assets", params={"number": "P-118"}).json()["items"][0]
    assert (soiled["usable"], soiled["why"]) == (False, "Soiled")
    assert soiled["fix"] == {"place": None, "confidence": 0.0, "words": "unknown", "at": None}
    fridge = biomed.get("/api/v1/assets", params={"number": "F-07"}).json()["items"][0]
    assert fridge["fix"]["place"]["number"] == "4.18"


def test_a_claim_lasts_a_quarter_of_an_hour_and_keeps_others_off(program, hospital):
    path = f"/api/v1/assets/{hospital.assets['P-117']}"
    taken = program("clinician").post(f"{path}/claim").json()
    assert (taken["usable"], taken["claimed_by"]) == (False, "Clinician Person")
    assert taken["claimed_until"] == "2026-11-24T06:57:00.000Z"
    second = program("biomed").post(f"{path}/claim")
    assert second.status_code == 409
    assert "Claimed by Clinician Person to 07:57" in second.json()["detail"]
    hospital.clock.advance(15 * 60)
    assert program("biomed").post(f"{path}/claim").status_code == 200


def test_a_claim_can_be_given_back(program, hospital):
    path = f"/api/v1/assets/{hospital.assets['P-117']}"
    program("clinician").post(f"{path}/claim")
    assert program("pharmacy_lab").post(f"{path}/release").status_code == 403
    assert program("clinician").post(f"{path}/release").json()["usable"] is True


def test_a_status_is_set_all_or_none(program, hospital):
    path = f"/api/v1/assets/{hospital.assets['P-117']}/status"
    mixed = program("clinician").post(path, json={"hygiene": "soiled", "condition": "in_repair"})
    assert mixed.status_code == 403
    assert hospital.snapshots.current.assets[hospital.assets["P-117"]].hygiene == "clean"
    assert program("clinician").post(path, json={"hygiene": "soiled"}).json()["status"]["hygiene"] == "soiled"
    assert program("clinician").post(path, json={"hygiene": "sparkling"}).status_code == 422
    assert program("clinician").post(path, json={"color": "red"}).json()["errors"][0]["field"] == "color"


@pytest.mark.parametrize("path", ["assets/999", "devices/999", "places/999", "floors/999", "alarms/999", "tickets/999"])
def test_what_is_not_there_is_a_problem(biomed, path):
    answer = biomed.get(f"/api/v1/{path}")
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no")


# ---------------------------------------------------------------- places, floors, devices


def test_a_floor_holds_what_the_plan_shows(biomed, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    hospital.hear(hospital.reading(AIR, "differential_pressure", -0.4), hospital.reading(AIR, "temperature", 22.0))
    floor = biomed.get(f"/api/v1/floors/{hospital.places['floor']}").json()
    assert [room["number"] for room in floor["rooms"]] == ["4.12", "4.13", "4.18", "4.19"]
    isolation = floor["rooms"][0]
    assert (isolation["worst"], isolation["state"]) == ("high", "out")
    assert isolation["sentence"].startswith("4.12 is not isolating")
    pressure = next(m for m in isolation["measures"] if m["metric"] == "differential_pressure")
    assert (pressure["value"], pressure["high"], pressure["state"]) == (-0.4, -2.5, "out")
    assert {(asset["number"], asset["room"]) for asset in floor["assets"]} == {
        ("P-117", hospital.places["4.13"]),
        ("F-07", hospital.places["4.18"]),
    }
    assert [gateway["x_m"] for gateway in floor["gateways"]] == [3.0]
    assert floor["live_version"] == hospital.latest.version


def test_lists_page_by_id(biomed):
    first = biomed.get("/api/v1/places", params={"kind": "room", "limit": 3}).json()
    rest = biomed.get("/api/v1/places", params={"kind": "room", "limit": 3, "cursor": first["next"]}).json()
    assert [place["number"] for place in first["items"] + rest["items"]] == ["4.12", "4.13", "4.18", "4.19"]
    assert rest["next"] is None


def test_an_unclaimed_device_is_claimed_in_one_request(program, hospital):
    client = program("facilities")
    listed_ = client.get("/api/v1/unclaimed").json()["items"]
    assert [device["native_id"] for device in listed_] == [NEW]
    path = f"/api/v1/unclaimed/{hospital.devices[NEW]}/claim"
    assert client.post(path, json={}).json()["errors"][0]["field"] == "asset_id"
    claimed = client.post(path, json={"place_id": hospital.places["4.13"]})
    assert claimed.json()["place"] == hospital.places["4.13"]
    assert client.get("/api/v1/unclaimed").json()["items"] == []


def test_a_device_that_is_not_ours_can_be_dismissed(program, hospital):
    client = program("facilities")
    assert client.post(f"/api/v1/unclaimed/{hospital.devices[NEW]}/dismiss").status_code == 204
    assert client.get("/api/v1/unclaimed").json()["items"] == []


def test_inputs_show_what_was_not_understood(program, hospital):
    counters = hospital.context.counters
    counters.heard("mqtt:main", 3, 2)
    counters.bad(bad_frame("mqtt:main", "zigbee2mqtt/x", b"\xff{", "not JSON", at=hospital.clock.now(), offset=0))
    counters.unknown("mqtt:main", "homeassistant/x")
    item = program("it_agent").get("/api/v1/inputs").json()["items"][0]
    assert (item["frames"], item["readings"], item["bad_frames"], item["unknown"]) == (3, 2, 1, {"homeassistant/x": 1})
    assert item["bad"][0]["why"] == "not JSON"


# ---------------------------------------------------------------- alarms, rules, tickets

WARM = {"metric": "temperature", "above": 26, "title": "{room} is at {value}"}


def raised(hospital):
    """An alarm of a rule about 4.12, as the alarm book writes it."""
    now = hospital.clock.now()
    with hospital.database.write() as session:
        row = rulebook.save(session, Draft("Warm rooms", WARM), "test", now)
        judged = rulebook.built(rulebook.draft_of(row))
        subject = Subject(AIR, place_id=hospital.places["4.12"], room="4.12")
        verdict = Verdict(True, now, now, 27.5, high=26.0)
        return book.raise_(session, book.Cause(row.id, judged, subject), verdict, now, Custom()).id


def test_an_alarm_is_acknowledged_once_and_says_by_whom(program, hospital):
    path = f"/api/v1/alarms/{raised(hospital)}"
    alarm = program("facilities").get(path).json()
    assert (alarm["state"], alarm["value"], alarm["high"], alarm["unit"]) == ("Unacknowledged alarm", 27.5, 26.0, "Cel")
    done = program("facilities").post(f"{path}/acknowledge", json={"note": "On my way"}).json()
    assert (done["state"], done["acknowledged_by"], done["note"]) == ("Acknowledged alarm", "facilities", "On my way")
    again = program("biomed").post(f"{path}/acknowledge").json()
    assert again["acknowledged_by"] == "facilities"
    assert len(program("facilities").get("/api/v1/alarms").json()["items"]) == 1


def test_an_alarm_is_shelved_for_a_time_with_a_reason(program, hospital):
    path = f"/api/v1/alarms/{raised(hospital)}"
    until = (hospital.clock.now() + timedelta(hours=2)).isoformat()
    assert program("facilities").post(f"{path}/shelve", json={"until": until, "why": ""}).status_code == 422
    shelved = program("facilities").post(f"{path}/shelve", json={"until": until, "why": "being repaired"}).json()
    assert (shelved["state"], shelved["shelved_until"]) == ("Shelved", "2026-11-24T08:42:00.000Z")
    assert program("facilities").post(f"{path}/unshelve").json()["state"] == "Unacknowledged alarm"
    year = (hospital.clock.now() + timedelta(days=365)).isoformat()
    assert program("facilities").post(f"{path}/shelve", json={"until": year, "why": "noise"}).status_code == 422


def test_a_rule_is_saved_switched_and_versioned(program):
    client = program("facilities")
    saved = client.post("/api/v1/rules", json={"name": "Warm rooms", "config": WARM}).json()
    assert (saved["kind"], saved["version"], saved["enabled"]) == ("rule.threshold", 1, True)
    off = client.post(f"/api/v1/rules/{saved['id']}/switch", json={"enabled": False}).json()
    assert (off["version"], off["enabled"]) == (2, False)
    assert client.get("/api/v1/rules").json()["items"] == [off]
    assert client.get(f"/api/v1/rules/{saved['id']}").json() == off


@pytest.mark.parametrize("path", ["/api/v1/rules", "/api/v1/rules/validate"])
def test_a_vital_is_never_judged(program, path):
    answer = program("biomed").post(path, json={"name": "SpO2", "config": {"metric": "spo2", "below": 90}}).json()
    assert "never judged: Wardkeeper is not a patient monitor" in answer["errors"][0]["why"]
    assert program("biomed").get("/api/v1/rules").json()["items"] == []


def test_a_misspelt_field_of_a_rule_is_named(program):
    wrong = {"name": "Warm", "config": {"metric": "temperature", "abov": 26}}
    answer = program("biomed").post("/api/v1/rules/validate", json=wrong).json()
    assert answer["valid"] is False
    assert {"field": "config.abov", "why": "there is no such field; did you mean above?"} in answer["errors"]


@pytest.mark.parametrize(
    "path, body",
    [
        ("rules", '{"name": "Warm", "config": {"metric": "temperature", "above": NaN}}'),
        ("rules", '{"name": "Warm", "config": {"metric": "temperature", "above": 1, "title": "\\ud800"}}'),
        ("tickets", '{"title": "\\ud800"}'),
        ("tickets", '{"title": "half'),
        ("tickets", "[]"),
        ("tickets", "null"),
    ],
)
def test_what_json_cannot_say_is_a_problem_and_no_fault(biomed, path, body):
    answer = biomed.post(f"/api/v1/{path}", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["errors"]


def test_a_ticket_goes_its_way(program, hospital):
    asked = program("requester").post("/api/v1/tickets", json={"title": "Pump 117 beeps", "asset_id": 1})
    assert asked.status_code == 201
    ticket = asked.json()
    assert (ticket["number"], ticket["state"], ticket["priority"]) == ("W-1001", "new", "medium")
    path, client = f"/api/v1/tickets/{ticket['id']}", program("biomed")
    taken = client.post(f"{path}/take").json()
    assert (taken["state"], taken["assignee"]) == ("open", "Biomed Person")
    said = client.post(f"{path}/comment", json={"text": "Battery changed"}).json()
    assert (said["comments"][-1]["name"], said["comments"][-1]["text"]) == ("Biomed Person", "Battery changed")
    assert client.post(f"{path}/state", json={"state": "solved"}).json()["state"] == "solved"
    wrong = client.post(f"{path}/state", json={"state": "waiting"})
    assert wrong.status_code == 409
    assert "it can become open or closed" in wrong.json()["detail"]
    assert client.get("/api/v1/tickets").json()["items"] == []
    assert client.get("/api/v1/tickets", params={"state": "solved"}).json()["items"][0]["id"] == ticket["id"]


def test_the_queue_pages_by_priority(program):
    client = program("biomed")
    for priority in ("low", "high", "medium", "high"):
        client.post("/api/v1/tickets", json={"title": f"A {priority} one", "priority": priority})
    first = client.get("/api/v1/tickets", params={"limit": 3}).json()
    rest = client.get("/api/v1/tickets", params={"limit": 3, "cursor": first["next"]}).json()
    assert [t["priority"] for t in first["items"] + rest["items"]] == ["high", "high", "medium", "low"]
    assert rest["next"] is None


def test_a_ticket_about_what_is_not_there_is_refused(program):
    answer = program("biomed").post("/api/v1/tickets", json={"title": "Help", "place_id": 999})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "place_id")


# ---------------------------------------------------------------- find


def test_find_puts_first_what_can_be_taken(biomed, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    found = biomed.get("/api/v1/find", params={"q": "pump", "near": hospital.places["4.12"]}).json()
    assert [hit["asset"]["number"] for hit in found["usable"]] == ["P-117"]
    assert [(hit["asset"]["number"], hit["why"]) for hit in found["doubtful"]] == [("P-119", "Never located")]
    assert [(hit["asset"]["number"], hit["why"]) for hit in found["not_usable"]] == [("P-118", "Soiled")]
    assert 0 < found["usable"][0]["distance_m"] < 30
    assert biomed.get("/api/v1/find", params={"q": "pump", "near": 999}).json()["errors"][0]["field"] == "near"


# ---------------------------------------------------------------- tokens, audit


def test_a_token_is_shown_once_and_narrows_its_person(program, signed_in, nobody):
    client = signed_in("admin")
    made = client.post("/api/v1/tokens", json={"name": "grafana", "roles": ["auditor"]}, headers=csrf(client))
    assert made.status_code == 201
    headers = {"Authorization": f"Bearer {made.json()['secret']}"}
    assert nobody.get("/api/v1/audit", headers=headers).status_code == 200
    assert nobody.get("/api/v1/inputs", headers=headers).status_code == 200
    assert nobody.post("/api/v1/assets/1/claim", headers=headers).status_code == 403
    row = client.get("/api/v1/tokens").json()["items"][-1]
    assert (row["name"], row["roles"], "secret" in row) == ("grafana", ["auditor"], False)
    assert client.post(f"/api/v1/tokens/{row['id']}/revoke", headers=csrf(client)).status_code == 204
    assert nobody.get("/api/v1/audit", headers=headers).status_code == 401


def test_a_token_cannot_make_a_stronger_one(hospital, nobody):
    narrow = hospital.sign_in.api_token(hospital.people["admin"], "narrow", ["facilities"], "test")
    headers = {"Authorization": f"Bearer {narrow}"}
    assert nobody.post("/api/v1/tokens", json={"name": "x", "roles": ["admin"]}, headers=headers).status_code == 403
    same = nobody.post("/api/v1/tokens", json={"name": "x"}, headers=headers).json()["secret"]
    assert hospital.sign_in.principal_of_token(same).roles == {"facilities"}


def test_nobody_revokes_the_token_of_another(program, hospital):
    client = program("biomed")
    hospital.token("clinician")
    others = [t["id"] for t in program("admin").get("/api/v1/tokens").json()["items"] if t["person"] == "clinician"]
    assert client.post(f"/api/v1/tokens/{others[0]}/revoke").status_code == 404
    assert {t["person"] for t in client.get("/api/v1/tokens").json()["items"]} == {"biomed"}


def test_what_was_done_is_in_the_log_newest_first(program, hospital):
    program("clinician").post(f"/api/v1/assets/{hospital.assets['P-117']}/claim")
    log = program("auditor").get("/api/v1/audit", params={"object_kind": "asset", "limit": 1}).json()
    assert (log["items"][0]["who"], log["items"][0]["action"]) == ("clinician", "claim")
    assert log["items"][0]["after"]["use"] == "claimed"
    with hospital.database.read() as session:
        everything = len(session.scalars(select(Audit)).all())
    assert len(program("auditor").get("/api/v1/audit", params={"limit": 500}).json()["items"]) >= everything


def csrf(client):
    return {"X-CSRF-Token": client.csrf}


# ---------------------------------------------------------------- paging


@given(st.lists(st.integers(1, 2**62), unique=True), st.integers(1, 7), st.booleans())
def test_pages_joined_are_the_whole(ids, limit, newest):
    joined, cursor = [], None
    while True:
        rows, cursor = listed(ids, limit, cursor, lambda key: key, newest=newest)
        joined += rows
        if cursor is None:
            break
        assert len(rows) == limit
    assert joined == sorted(ids, reverse=newest)


@given(st.text(min_size=1, max_size=60))
def test_a_foreign_cursor_is_refused_or_means_a_key(text):
    with suppress(Wrong):
        assert isinstance(decode(text, int), int)


def test_a_cursor_fits_only_its_own_question():
    with pytest.raises(Wrong):
        decode(encode("readings"), int)
    forged = base64.urlsafe_b64encode(json.dumps({"a": 1}).encode()).decode()
    with pytest.raises(Wrong):
        decode(forged, int)

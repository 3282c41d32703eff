"""The interface under /api/v1: cursor paging, problem+json, integer ids, times in UTC with milliseconds."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from asset_registry.audit import Audit
from collector.counters import bad_frame
from collector.reading import Quality, Reading
from drivers.links.link import LinkStatus

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
        ({"device": AIR, "from": "0001-01-01T00:00:00+14:00"}, "from"),
        ({"device": AIR, "to": "9999-12-31T23:59:59-14:00"}, "to"),
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


def test_an_asset_and_a_room_are_asked_for_as_what_spoke_for_them_then(biomed, hospital):
    hospital.hear(hospital.reading(AIR, "temperature", 22.0), hospital.reading(PUMP_TAG, "battery", 80.0))

    def asked(**ask):
        return [item["device"] for item in biomed.get("/api/v1/readings", params=ask).json()["items"]]

    assert asked(place=hospital.places["4.12"]) == [AIR]
    assert asked(asset=hospital.assets["P-117"]) == [PUMP_TAG]
    assert asked(asset=hospital.assets["P-117"], metric="temperature") == []
    long_ago = {"from": "2000-01-01T00:00:00Z", "to": "2000-01-02T00:00:00Z"}
    assert asked(place=hospital.places["4.12"], **long_ago) == []
    assert biomed.get("/api/v1/readings", params={"asset": 999_999}).status_code == 404
    assert biomed.get("/api/v1/readings", params={"asset": 1, "place": 1}).status_code == 422
    vital = biomed.get("/api/v1/readings", params={"place": hospital.places["4.12"], "metric": "spo2"})
    assert vital.status_code == 422, "a vital is told of one device at a time"


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
    assert (isolation["worst"], isolation["state"]) == ("medium", "out")
    assert isolation["sentence"].startswith("4.12 is −0.4")
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


def test_inputs_say_how_each_link_and_port_is_and_what_to_do(program, hospital):
    at = hospital.clock.now()
    port = LinkStatus("ttyUSB0", "serial", "/dev/ttyUSB0", "down", at, "Permission denied", None, 0, "Join dialout")
    link = LinkStatus("beds", "serial", "1 port", "up", at, "", at, 7, parts=(port,))
    hospital.context.inside = replace(hospital.context.inside, links=lambda: [link])
    [item] = program("it_agent").get("/api/v1/inputs").json()["items"]
    assert (item["link"], item["kind"], item["state"], item["since"]) == (
        "beds",
        "serial",
        "up",
        "2026-11-24T06:42:00.000Z",
    )
    [told] = item["parts"]
    assert (told["name"], told["state"], told["error"], told["hint"]) == (
        "ttyUSB0",
        "down",
        "Permission denied",
        "Join dialout",
    )


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

"""How equipment is used, what is wanting where, and who was in a room."""

import csv
from datetime import timedelta

import pytest

from asset_registry.assets import Asset
from asset_registry.audit import bump, record
from tests.dashboards.conftest import PUMP_TAG


@pytest.fixture
def used(hospital):
    """Pump 117 was in use for six of the last twelve hours; the log goes back ten days."""
    now, pump = hospital.clock.now(), hospital.assets["P-117"]
    with hospital.database.write() as session:
        record(session, now - timedelta(days=10), "test", "create", ("asset", pump))
        for hours, before, after in ((12, "idle", "in_use"), (6, "in_use", "idle")):
            at = now - timedelta(hours=hours)
            record(session, at, "wardkeeper", "status", ("asset", pump), {"use": before}, {"use": after})


def test_a_fleet_in_figures_and_for_a_spreadsheet(signed_in, program, hospital, used):
    said = program("biomed").get("/api/v1/fleet?days=7")
    pumps, *_ = said.json()
    assert (pumps["category"], pumps["size"], pumps["most"], pumps["enough"]) == ("infusion pump", 3, 1, 0)
    assert pumps["utilization"] == pytest.approx(6 / (3 * 7 * 24), abs=1e-4)
    assert pumps["advice"] == "about right"
    page = signed_in("biomed").get("/fleet?days=7").text
    assert "Infusion pump" in page
    (row, *_) = csv.DictReader(signed_in("biomed").get("/fleet.csv?days=7").text.splitlines())
    assert (row["category"], row["most"]) == ("infusion pump", "1")


def test_what_is_wanting_and_where_to_fetch_it(signed_in, hospital):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    nurse = signed_in("clinician")
    told = {"csrf": nurse.csrf, "where": "4.13 Patient room", "category": "infusion pump", "least": "1"}
    assert nurse.post("/fleet/par", data=told).status_code == 303
    page = nurse.get("/fleet").text
    assert "One place below its par level" in page
    assert "1 wanting" in page
    assert "Pump 117</a> from 4.19" in page
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    assert "Every place has what it should have" in nurse.get("/fleet").text
    assert nurse.post("/fleet/par", data=told | {"where": "nowhere"}).status_code == 422
    assert nurse.post("/fleet/par", data=told | {"least": "3", "most": "2"}).status_code == 422
    auditor = signed_in("auditor")
    assert auditor.post("/fleet/par", data=told | {"csrf": auditor.csrf}).status_code == 403


def test_todays_round(signed_in, hospital):
    today = hospital.clock.now().date()
    with hospital.database.write() as session:
        session.get(Asset, hospital.assets["P-117"]).maintenance_due = today
        session.get(Asset, hospital.assets["F-07"]).condition = "reported"
        session.get(Asset, hospital.assets["P-118"]).maintenance_due = today + timedelta(days=1)
        bump(session)
    hospital.snapshots.refresh()
    page = signed_in("biomed").get("/round?near=4.12").text
    assert "Two visits today" in page
    assert page.index("Fridge F-07") < page.index("Pump 117"), "it stands in 4.18; nobody knows where the pump is"
    assert "maintenance was due on 24 Nov" in page
    assert "nobody knows where" in page
    assert "There is no room 9.99" in signed_in("biomed").get("/round?near=9.99").text


def test_who_was_in_a_room(signed_in, program, hospital):
    start = hospital.clock.now()
    hospital.locate(PUMP_TAG, hospital.places["4.13"])
    hospital.clock.advance(1800)
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    hospital.clock.advance(600)
    page = signed_in("biomed").get(f"/rooms/{hospital.places['4.13']}/stays").text
    assert "1 stay in 4.13" in page
    assert "30\u00a0min" in page
    (stay,) = program("biomed").get(f"/api/v1/rooms/{hospital.places['4.13']}/stays").json()
    assert (stay["asset_id"], stay["going_on"]) == (hospital.assets["P-117"], False)
    told = program("biomed").get(f"/api/v1/assets/{hospital.assets['P-117']}/stays").json()
    assert (len(told["stays"]), told["moves"]) == (2, 1)
    assert told["dwell_s"] == {str(hospital.places["4.13"]): 1800, str(hospital.places["4.19"]): 600}
    answer = signed_in("biomed").get(f"/assets/{hospital.assets['P-117']}/stays.csv")
    rows = list(csv.DictReader(answer.text.splitlines()))
    assert [(row["room"], row["minutes"]) for row in rows] == [("4.13", "30.0"), ("4.19", "10.0")]
    assert rows[0]["start"] == start.isoformat()
    assert signed_in("biomed").get(f"/rooms/{hospital.places['4.13']}/stays?until=yesterday").status_code == 422


def test_a_fleet_is_good_to_look_at(page, server, hospital, used, good_to_look_at):
    hospital.locate(PUMP_TAG, hospital.places["4.19"])
    server.enter(page, "biomed")
    for path in ("/fleet", "/round", f"/rooms/{hospital.places['4.19']}/stays"):
        good_to_look_at(page, f"{server.url}{path}")

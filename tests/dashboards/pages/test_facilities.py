"""Facilities: what is out of range, since when, why; lights left on; what was within its profile, as a report."""

import csv
import io

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from asset_registry.audit import bump
from asset_registry.bindings import Binding, Device
from asset_registry.hvac.rooms import RoomAir, RoomCheck
from asset_registry.places import Serves
from tests.dashboards.conftest import AIR, SITE
from tests.dashboards.pages.test_floors import breathe

OTHER = "mqtt:zigbee2mqtt/4.13/climate"


def plain(text):
    return text.replace("\u00a0", " ").replace("−", "-")


def rows(answer):
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


@pytest.fixture
def second(hospital):
    """A sensor in 4.13 too."""
    with hospital.database.write() as session:
        device = Device(site=SITE, native_id=OTHER, name="Climate 4.13", kind="", first_seen=hospital.clock.now())
        device.interval_s = 60.0
        session.add(device)
        session.flush()
        at = {"place_id": hospital.places["4.13"], "since": hospital.clock.now().replace(year=2020)}
        session.add(Binding(device_id=device.id, role="sensor", **at))
        bump(session)
    hospital.snapshots.refresh()


def test_a_calm_house_says_so(signed_in, hospital):
    breathe(hospital)
    page = plain(signed_in("facilities").get("/facilities").text)
    assert "The one room that reports is in range" in page
    assert "Nothing is out of range." in page
    assert "No light has burned in an empty room" in page


def test_what_is_out_says_value_limit_since_cause_and_what_serves_it(signed_in, hospital, ward, second):
    with hospital.database.write() as session:
        session.add(Serves(asset_id=hospital.assets["F-07"], place_id=hospital.places["4.12"]))
        bump(session)
    hospital.snapshots.refresh()
    hospital.measure(AIR, "door_open", False, ago_s=3600)
    for ago in (600, 540, 360, 240, 120):
        hospital.measure(AIR, "differential_pressure", -4.0 if ago > 500 else 0.8, ago_s=ago)
    breathe(hospital, differential_pressure=0.8)
    hospital.measure(OTHER, "temperature", 25.5)
    ward.alarm(AIR, "humidity", 71.0, above=60.0, priority="high", title="{room} is humid")
    (ticket,) = ward.tickets()
    page = plain(signed_in("facilities").get("/facilities").text)
    assert "Two of 4 rooms are out of range" in page
    pressure, *_, warm = rows(signed_in("facilities").get("/facilities/out.csv"))
    assert (pressure["priority"], pressure["room"], pressure["metric"]) == ("high", "4.12", "differential_pressure")
    assert (pressure["value"], pressure["limit"], pressure["cause"]) == ("0.8", "at most −2.5", "Door closed")
    assert pressure["since"] == "2026-11-24T06:36:00+00:00"
    assert (pressure["ticket"], warm["ticket"]) == (ticket, "")
    assert (warm["priority"], warm["room"], warm["value"]) == ("medium", "4.13", "25.5")
    assert "1 high" in page
    assert "1 medium" in page


def test_a_held_door_is_the_cause(signed_in, hospital):
    hospital.measure(AIR, "door_open", True, ago_s=540)
    breathe(hospital)
    page = plain(signed_in("facilities").get("/facilities").text)
    assert "4.12 by its own door." in page
    (row,) = rows(signed_in("facilities").get("/facilities/out.csv"))
    assert (row["metric"], row["cause"]) == ("door_open", "Door held open")


def test_what_nobody_hears_is_not_in_range(signed_in, hospital):
    hospital.measure(AIR, "differential_pressure", -4.0, ago_s=7200)
    page = plain(signed_in("facilities").get("/facilities").text)
    assert "No room reports its air" in page
    assert "One room has something that nobody hears, for up to 2 h." in page


def test_lights_left_on_tell_what_they_waste(signed_in, hospital):
    breathe(hospital)
    hospital.measure(AIR, "light_on", True, ago_s=7200)
    hospital.measure(AIR, "occupancy", False, ago_s=3600)
    hospital.measure(AIR, "power", 410.0)
    hospital.measure(AIR, "emergency_test", "failed")
    page = plain(signed_in("facilities").get("/facilities").text)
    assert "One empty room is lit. One room has a fault of the light." in page
    assert "410 W, 0.4 kWh" in page
    assert "Emergency light: test failed" in page


def test_the_report_counts_gaps_as_unknown_and_open_doors_as_paused(signed_in, hospital):
    for minute in range(120, 0, -1):
        hospital.measure(AIR, "temperature", 25.0 if 100 < minute <= 112 else 22.0, ago_s=60 * minute)
        hospital.measure(AIR, "differential_pressure", -4.0, ago_s=60 * minute)
    hospital.measure(AIR, "door_open", True, ago_s=3600)
    hospital.measure(AIR, "door_open", False, ago_s=3000)
    found = {row["metric"]: row for row in rows(signed_in("auditor").get("/facilities/compliance/report.csv"))}
    warm, pressure = found["temperature"], found["differential_pressure"]
    assert (warm["room"], warm["standard"], warm["within_share"]) == ("4.12", "ASHRAE 170-2008", "0.9")
    assert float(warm["within_s"]) + float(warm["out_s"]) == 7200
    assert float(warm["unknown_s"]) == 86_400 - 7200
    assert (pressure["paused_s"], pressure["out_s"], pressure["within_share"]) == ("600.0", "0.0", "1.0")
    page = plain(signed_in("auditor").get("/facilities/compliance").text)
    assert "4.12 was within its temperature for 90.0 %" in page


def test_the_report_of_all_rooms_has_those_whose_pressure_protects_nobody_too(signed_in, hospital, second):
    hospital.measure(OTHER, "temperature", 22.0, ago_s=60)
    asked = signed_in("auditor")
    assert rows(asked.get("/facilities/compliance/report.csv")) == []
    assert [row["room"] for row in rows(asked.get("/facilities/compliance/report.csv?rooms=all&days=7"))] == ["4.13"]
    assert asked.get("/facilities/compliance?days=365").status_code == 422


def test_a_check_a_purge_and_a_release_are_signed_on_the_rooms_page(signed_in, hospital):
    breathe(hospital)
    hospital.measure(AIR, "air_changes", 12.0)
    room = f"/rooms/{hospital.places['4.12']}"
    nurse, control = signed_in("clinician"), signed_in("infection_prevention")

    def post(who, act, **fields):
        return who.post(f"{room}/{act}", data={"csrf": who.csrf, "next": room, **fields}).status_code

    assert "not signed yet" in nurse.get("/facilities").text
    assert post(nurse, "check", seen="=smoke went in", agrees="yes") == 303
    assert "signed <time" in nurse.get("/facilities").text
    assert post(nurse, "purge") == 303
    page = plain(nurse.get(room).text)
    assert "104 min for 99.9 % at 12.0 changes/h and mixing factor 3" in page
    assert "Release the room" not in page
    assert post(nurse, "release", note="now") == 403
    assert post(control, "release") == 422, "too early without a word"
    assert post(control, "release", note="terminal cleaning, UV-C") == 303
    assert "Released" in nurse.get(room).text
    (signed,) = rows(nurse.get("/facilities/compliance/checks.csv"))
    assert (signed["room"], signed["name"], signed["seen"]) == ("4.12", "Clinician Person", "'=smoke went in")
    with hospital.database.read() as session:
        assert session.scalars(select(RoomCheck)).one().value == -6.0
    hospital.clock.advance(86_400)
    assert "not signed yet" in signed_in("clinician").get("/facilities").text, "it is another day"


def test_a_room_is_run_another_way(signed_in, hospital):
    breathe(hospital)
    room = f"/rooms/{hospital.places['4.12']}"
    nurse = signed_in("clinician")
    assert nurse.post(f"{room}/mode", data={"csrf": nurse.csrf, "mode": "isolation off"}).status_code == 303
    assert "<dd>isolation off</dd>" in nurse.get(room).text
    assert nurse.post(f"{room}/mode", data={"csrf": nurse.csrf, "mode": "party"}).status_code == 422
    with hospital.database.read() as session:
        assert session.get(RoomAir, hospital.places["4.12"]).said == {"mode": "isolation off"}


def test_facilities_are_good_to_look_at(page, server, hospital, good_to_look_at):
    hospital.measure(AIR, "light_on", True, ago_s=7200)
    hospital.measure(AIR, "occupancy", False, ago_s=3600)
    hospital.measure(AIR, "door_open", True, ago_s=540)
    breathe(hospital)
    hospital.measure(AIR, "temperature", 25.0)
    server.enter(page, "facilities")
    good_to_look_at(page, server.url + "/facilities")
    hospital.clock.advance(5)
    page.goto(server.url + "/facilities")
    page.get_by_role("link", name="Compliance report").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("4.12 was within")

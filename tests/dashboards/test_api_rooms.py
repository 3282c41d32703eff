"""One call gives the desk all of a room; what is set of its air; checks, purge and release by program."""

import pytest

from asset_registry.audit import bump
from asset_registry.places import Serves
from tests.dashboards.conftest import AIR
from tests.dashboards.pages.conftest import Ward
from tests.dashboards.pages.test_floors import breathe


def plain(text):
    return text.replace("\u00a0", " ").replace("−", "-")


@pytest.fixture
def ward(hospital):
    return Ward(hospital)


@pytest.fixture
def room(hospital):
    return f"/api/v1/rooms/{hospital.places['4.12']}"


def test_one_call_gives_all_of_a_room(program, hospital, ward, room):
    with hospital.database.write() as session:
        session.add(Serves(asset_id=hospital.assets["F-07"], place_id=hospital.places["4.12"]))
        bump(session)
    hospital.snapshots.refresh()
    hospital.measure(AIR, "door_open", False, ago_s=7200)
    ward.alarm(AIR, "differential_pressure", 0.8, above=-2.5, minutes=6, priority="high", title="{room}")
    ward.tickets()
    breathe(hospital, differential_pressure=0.8)
    hospital.measure(AIR, "light_on", True)
    hospital.measure(AIR, "occupancy", True)
    found = program("it_agent").get(f"{room}/status").json()
    assert (found["room"]["number"], found["worst"], found["state"]) == ("4.12", "high", "out")
    sentence = "4.12 is +0.8 Pa to the corridor, must be at most -2.5 Pa, for 6 min, door closed"
    assert plain(found["sentence"]) == sentence
    assert found["pressure"] == {
        "value": 0.8,
        "reference": "the corridor",
        "flow": "out",
        "words": "air flows out to the corridor",
    }
    (pressure, *_) = found["measures"]
    assert (pressure["brick"], pressure["high"], pressure["since"]) == (
        "Differential_Pressure_Sensor",
        -2.5,
        "2026-11-24T06:36:00.000Z",
    )
    (notice,) = found["notices"]
    assert (notice["kind"], notice["priority"]) == ("pressure lost", "high")
    assert notice["tell"] == ["facilities", "ward", "infection prevention"]
    assert found["door"] == {"open": False, "since": "2026-11-24T04:42:00.000Z", "held_open": False}
    assert (found["occupied"], found["light"]["on"], found["light"]["left_on_since"]) == (True, True, None)
    assert [each["number"] for each in found["served_by"]] == ["F-07"]
    assert (found["profile"]["standard"], found["profile"]["edition"]) == ("ASHRAE 170", "2008")
    assert found["profile"]["ranges"]["differential_pressure"] == [None, -2.5]
    assert len(found["purge"]["estimates"]) == 2
    assert found["checked_today"] is False
    assert [alarm["ticket"] for alarm in found["alarms"]] == [ticket["number"] for ticket in found["tickets"]]
    assert program("it_agent").get(f"/api/v1/rooms/{hospital.places['floor']}/status").status_code == 404


def test_without_data_a_room_is_unknown_and_never_ok(program, hospital, room):
    found = program("it_agent").get(f"{room}/status").json()
    assert found["state"] == "old"
    assert found["pressure"]["flow"] == ""
    hospital.measure(AIR, "differential_pressure", -6.0, ago_s=3600)
    found = program("it_agent").get(f"{room}/status").json()
    assert (found["state"], plain(found["sentence"])) == ("old", "4.12: unknown since 06:42 CET")
    assert found["pressure"]["value"] is None


def test_checks_purge_and_release(program, hospital, room):
    breathe(hospital)
    nurse, control = program("clinician"), program("infection_prevention")
    checked = nurse.post(f"{room}/checks", json={"seen": "smoke went in", "agrees": True}).json()
    assert checked["checked_today"] is True
    assert checked["checks"][0] == {
        "at": "2026-11-24T06:42:00.000Z",
        "by": "Clinician Person",
        "seen": "smoke went in",
        "agrees": True,
        "value": -6.0,
    }
    begun = nurse.post(f"{room}/purge").json()["purge"]
    assert (begun["running"], round(begun["minutes"])) == (True, 99)
    assert nurse.post(f"{room}/purge").status_code == 409
    assert nurse.post(f"{room}/release", json={}).status_code == 403
    assert control.post(f"{room}/release", json={}).status_code == 422
    released = control.post(f"{room}/release", json={"note": "UV-C"}).json()["purge"]
    assert (released["running"], released["released_by"]) == (False, "Infection_Prevention Person")


def test_what_a_site_says_of_its_air_holds_in_its_rooms(program, hospital, room):
    breathe(hospital)
    site = hospital.snapshots.current.path(hospital.places["4.12"])[0].id
    facilities = program("facilities")
    said = {"door_grace_s": 20, "types": {"isolation_room": {"ranges": {"differential_pressure": [None, -8]}}}}
    assert facilities.put(f"/api/v1/places/{site}/air", json=said).status_code == 200
    assert facilities.get(f"/api/v1/places/{site}/air").json()["door_grace_s"] == 20
    found = facilities.get(f"{room}/status").json()
    assert found["profile"]["door_grace_s"] == 20
    assert plain(found["sentence"]) == "4.12 is -6.0 Pa to the corridor, must be at most -8 Pa"
    assert facilities.put(f"/api/v1/places/{site}/air", json={"ranges": {"co2": [9, 1]}}).status_code == 422
    assert facilities.put("/api/v1/places/987654/air", json={}).status_code == 404
    assert program("clinician").put(f"/api/v1/places/{site}/air", json={}).status_code == 403

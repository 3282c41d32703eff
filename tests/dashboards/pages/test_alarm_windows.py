"""What is silent and why: windows are planned and ended, out of service is approved by another."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from service_desk.alarms import service
from service_desk.alarms.suppression import Window
from tests.dashboards.conftest import OXIMETER

LOW = {"below": 20.0, "priority": "low", "title": "{asset} needs mains"}

pytestmark = pytest.mark.dialects("sqlite")


def windows(hospital):
    with hospital.database.read() as session:
        return list(session.scalars(select(Window)))


def plan(client, hospital, **more):
    begins = hospital.clock.now().astimezone(hospital.context.zone)
    typed = {"starts": f"{begins:%Y-%m-%dT%H:%M}", "ends": f"{begins + timedelta(hours=2):%Y-%m-%dT%H:%M}"}
    form = {"csrf": client.csrf, "why": "Generator test", **typed, **more}
    return client.post("/alarms/windows", data=form)


def ask(hospital, number):
    """The biomed person asks."""
    with hospital.database.write() as session:
        now = hospital.clock.now()
        principal = hospital.sign_in.principal_of_token(hospital.token("biomed"))
        return service.ask(session, number, now + timedelta(days=7), "sensor sent in", principal, now).id


def test_nothing_is_silent(signed_in):
    assert "Nothing is silent" in signed_in("auditor").get("/alarms/windows").text


def test_a_window_is_planned_shown_and_ended(signed_in, hospital):
    client = signed_in("facilities")
    assert plan(client, hospital, place=str(hospital.places["floor"])).status_code == 303
    (row,) = windows(hospital)
    assert (row.why, row.planned_by, row.place_id) == ("Generator test", "facilities", hospital.places["floor"])
    page = client.get("/alarms/windows").text
    assert "One window open" in page
    assert "4 Level 4" in page
    client.post(f"/alarms/windows/{row.id}/end", data={"csrf": client.csrf})
    assert windows(hospital)[0].ended_by == "facilities"
    assert "Nothing is silent" in client.get("/alarms/windows").text


def test_a_room_or_an_asset_is_named_as_people_call_it(signed_in, hospital):
    client = signed_in("biomed")
    plan(client, hospital, about="P-117 Pump 117")
    plan(client, hospital, about="4.12", category="infusion pump")
    one, other = windows(hospital)
    assert (one.asset_id, one.place_id) == (hospital.assets["P-117"], None)
    assert (other.place_id, other.category) == (hospital.places["4.12"], "infusion pump")


def test_what_makes_no_window_is_told(signed_in, hospital):
    client = signed_in("biomed")
    assert "Say what it is about" in plan(client, hospital).text
    assert "is no time" in plan(client, hospital, starts="soon").text
    assert windows(hospital) == []


def test_another_approves_what_one_asked_for(signed_in, ward, hospital):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    biomed, facilities = signed_in("biomed"), signed_in("facilities")
    biomed.post(f"/alarms/{number}/out-of-service", data={"csrf": biomed.csrf, "days": "7", "why": "sent in"})
    own = biomed.get("/alarms/windows").text
    assert "1 waiting for approval" in own
    assert ">Approve<" not in own
    with hospital.database.read() as session:
        (row,) = service.standing(session)
    refused = biomed.post(f"/alarms/out-of-service/{row.id}/decide", data={"csrf": biomed.csrf, "approve": "true"})
    assert "another person" in refused.text
    assert ">Approve<" in facilities.get("/alarms/windows").text
    form = {"csrf": facilities.csrf, "approve": "true"}
    assert facilities.post(f"/alarms/out-of-service/{row.id}/decide", data=form).status_code == 303
    assert "One alarm out of service" in facilities.get("/alarms/windows").text
    assert "Out of service" in biomed.get(f"/alarms/{number}").text
    biomed.post(f"/alarms/out-of-service/{row.id}/back", data={"csrf": biomed.csrf})
    assert "Nothing is silent" in biomed.get("/alarms/windows").text


def test_by_a_program_too_out_of_service_is_asked_for_approved_and_ended(program, ward, hospital):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    biomed, facilities = program("biomed"), program("facilities")
    until = (hospital.clock.now() + timedelta(days=7)).isoformat()
    asked = biomed.post("/api/v1/out_of_service", json={"alarm_id": number, "until": until, "why": "sent in"})
    assert (asked.status_code, asked.json()["state"]) == (201, "asked")
    decide = f"/api/v1/out_of_service/{asked.json()['id']}/decide"
    assert biomed.post(decide, json={"approve": True}).status_code == 403
    assert facilities.post(decide, json={"approve": True}).json()["state"] == "approved"
    assert biomed.get(f"/api/v1/alarms/{number}").json()["state"] == "Out of service"
    assert [row["alarm_id"] for row in biomed.get("/api/v1/out_of_service").json()["items"]] == [number]
    assert biomed.post(f"/api/v1/out_of_service/{asked.json()['id']}/back").json()["state"] == "ended"


def test_the_page_is_good_to_look_at(page, server, ward, hospital, signed_in, good_to_look_at):
    ask(hospital, ward.alarm(OXIMETER, "battery", 12.0, **LOW))
    plan(signed_in("facilities"), hospital, about="4.12")
    server.enter(page, "facilities")
    good_to_look_at(page, f"{server.url}/alarms/windows")

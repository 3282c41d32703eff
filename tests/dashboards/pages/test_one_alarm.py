"""One alarm: its state, why it has its priority, what happened, and what can be done."""

import pytest

from service_desk.alarms.model import Alarm
from tests.dashboards.conftest import OXIMETER

LOW = {"below": 20.0, "priority": "low", "title": "{asset} needs mains", "why": "It stops in an hour without mains"}

pytestmark = pytest.mark.dialects("sqlite")


def test_how_it_stands_and_what_happened(signed_in, ward):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    page = signed_in("auditor").get(f"/alarms/{number}").text
    assert "Unacknowledged alarm. Holds for" in page
    assert "It stops in an hour without mains" in page
    assert "Raised at" in page
    assert ">Acknowledge<" not in page
    assert signed_in("auditor").get("/alarms/999").status_code == 404


def test_it_is_answered_with_a_note_and_shelved_with_a_reason(signed_in, ward):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    client = signed_in("biomed")
    here = {"csrf": client.csrf, "next": f"/alarms/{number}"}
    client.post(f"/alarms/{number}/acknowledge", data={**here, "note": "On my way"})
    assert "Biomed Person answered" in client.get(f"/alarms/{number}").text
    assert "On my way" in client.get(f"/alarms/{number}").text
    client.post(f"/alarms/{number}/shelve", data={**here, "minutes": 15, "why": "being charged"})
    page = client.get(f"/alarms/{number}").text
    assert "Shelved by Biomed Person" in page
    assert "being charged" in page
    assert ">End shelving<" in page


def test_a_latched_alarm_is_reset(signed_in, ward, hospital):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW, latch=True)
    client = signed_in("biomed")
    refused = client.post(f"/alarms/{number}/reset", data={"csrf": client.csrf})
    assert "acknowledge it, and wait" in refused.text
    with hospital.database.write() as session:
        alarm = session.get(Alarm, number)
        alarm.active, alarm.acknowledged = False, True
    assert ">Reset<" in client.get(f"/alarms/{number}").text
    client.post(f"/alarms/{number}/reset", data={"csrf": client.csrf})
    assert "Reset by" in client.get(f"/alarms/{number}").text


def test_by_a_program_too_a_latch_is_reset_and_an_alarm_says_why_its_priority(program, ward, hospital):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW, latch=True)
    client = program("biomed")
    assert client.get(f"/api/v1/alarms/{number}").json()["why"] == LOW["why"]
    assert client.post(f"/api/v1/alarms/{number}/reset").status_code == 409
    with hospital.database.write() as session:
        alarm = session.get(Alarm, number)
        alarm.active, alarm.acknowledged = False, True
    assert client.post(f"/api/v1/alarms/{number}/reset").json()["state"] == "Normal"


def test_it_is_good_to_look_at(page, server, ward, good_to_look_at):
    number = ward.alarm(OXIMETER, "battery", 12.0, **LOW)
    server.enter(page, "biomed")
    good_to_look_at(page, f"{server.url}/alarms/{number}")

"""The desk in the interface: alarms are answered, rules saved and checked, tickets go their way."""

from datetime import timedelta

import pytest

from service_desk import rulebook
from service_desk.alarms import book
from service_desk.incidents.book import Custom
from service_desk.ports import Subject, Verdict
from service_desk.rules_yaml import Draft
from tests.dashboards.conftest import example_rules

AIR = "mqtt:zigbee2mqtt/4.12/air"


@pytest.fixture
def biomed(program):
    return program("biomed")


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


@pytest.mark.dialects("sqlite")
def test_a_rule_of_every_kind_is_checked_and_saved(program):
    client = program("biomed")
    for draft in example_rules().values():
        rule = {"name": draft.name, "kind": draft.kind, "config": draft.config}
        assert client.post("/api/v1/rules/validate", json=rule).json() == {"valid": True, "errors": []}
        assert client.post("/api/v1/rules", json=rule).json()["config"] == draft.config


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

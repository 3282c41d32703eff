"""Alerts in over HTTP: who may, and what is answered. What becomes of them: tests/service_desk/alerts."""

import pytest

from collector.reading import Reading
from service_desk.alerts import inbox
from service_desk.alerts.inbox import Inbox
from service_desk.alerts.incoming import Source

pytestmark = pytest.mark.dialects("sqlite")

ALERT = {"status": "firing", "labels": {"alertname": "Hot"}, "annotations": {}, "fingerprint": "a1"}


@pytest.fixture
def heard(hospital, collector):
    """What is on disk of alerts."""
    here = hospital.context
    here.alerts = Inbox(hospital.database, here.intake, hospital.clock, {"prom": Source()})
    return lambda: [item.value for item in collector.on_disk if isinstance(item, Reading) and item.metric == "alert"]


def test_it_is_answered_for_once_it_is_on_disk(program, heard):
    gateway = program("gateway")
    answer = gateway.post("/api/v1/alerts/prom", json={"alerts": [ALERT]})
    assert (answer.status_code, answer.json(), heard()) == (200, {"firing": 1, "resolved": 0}, ["firing"])
    gateway.post("/api/v1/alerts/prom", json={"alerts": [ALERT | {"status": "resolved"}]})
    assert heard() == ["firing", ""]


def test_what_is_not_understood_is_named_and_nothing_of_it_is_kept(program, heard):
    answer = program("gateway").post("/api/v1/alerts/prom", json={"alerts": [ALERT, ALERT | {"status": "maybe"}]})
    assert (answer.status_code, heard()) == (422, [])
    assert "alerts.1.status" in answer.json()["detail"]
    assert program("gateway").post("/api/v1/alerts/other", json={"alerts": []}).status_code == 404


def test_what_is_not_on_disk_is_to_be_sent_again(program, heard, collector, monkeypatch):
    monkeypatch.setattr(inbox, "DURABLE_WITHIN_S", 0.01)
    collector.pause()
    assert program("gateway").post("/api/v1/alerts/prom", json={"alerts": [ALERT]}).status_code == 503

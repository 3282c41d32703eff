"""Windows for programs; the address refuses what the book refuses."""

from datetime import timedelta

import pytest

pytestmark = pytest.mark.dialects("sqlite")


def test_a_window_is_planned_listed_and_ended(program, hospital):
    client, now = program("facilities"), hospital.clock.now()
    wanted = {"why": "fire alarm test", "starts": now.isoformat(), "ends": (now + timedelta(hours=1)).isoformat()}
    assert client.post("/api/v1/alarm_windows", json=wanted).status_code == 422
    made = client.post("/api/v1/alarm_windows", json={**wanted, "category": "infusion pump"})
    assert made.status_code == 201, made.text
    assert [row["why"] for row in client.get("/api/v1/alarm_windows").json()["items"]] == ["fire alarm test"]
    assert client.post(f"/api/v1/alarm_windows/{made.json()['id']}/end").status_code == 200
    assert client.get("/api/v1/alarm_windows").json()["items"] == []
    assert client.post(f"/api/v1/alarm_windows/{made.json()['id']}/end").status_code == 409
    assert client.post("/api/v1/alarm_windows", json={**wanted, "asset_id": 999}).status_code == 404

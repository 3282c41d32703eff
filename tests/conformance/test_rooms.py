"""Purge times and shipped room profiles against the facts that were collected for them, where they are at hand."""

import json
from pathlib import Path

import pytest

from asset_registry.hvac import Range, load_profiles
from asset_registry.hvac.purge import REMOVED, purge_minutes

ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "data" / "hvac"
PROFILES = load_profiles(ROOT / "config" / "room_profiles.yaml")

pytestmark = pytest.mark.skipif(not FACTS.is_dir(), reason=f"{FACTS} is not there")

SAME = {
    "operating_room": "operating_room",
    "recovery_pacu": "recovery_room",
    "critical_intensive_care": "intensive_care",
    "newborn_intensive_care": "newborn_intensive_care",
    "treatment_room": "treatment_room",
    "trauma_shock_room": "trauma_room",
    "procedure_room_class_a": "procedure_room",
    "er_waiting": "emergency_waiting",
    "triage": "triage",
    "ed_exam_treatment": "emergency_room",
    "patient_room": "patient_room",
    "toilet_room": "toilet",
    "protective_environment": "protective_room",
    "aii_room": "isolation_room",
    "sterile_compounding_buffer_iso7": "sterile_compounding",
    "hazardous_compounding_buffer_iso7": "hazardous_compounding",
}
"""Their names, and those of the shipped profiles."""


def purge_times():
    rows = json.loads((FACTS / "cdc_b1_purge_times.json").read_text())["rows"] if FACTS.is_dir() else []
    return [
        (row["ach"], removed, row[name])
        for row in rows
        for removed, name in zip(REMOVED, ("min99", "min999"), strict=True)
    ]


def requirements():
    text = (FACTS / "ventilation_requirements.jsonl").read_text() if FACTS.is_dir() else ""
    rows = {row["room_type"]: row for row in map(json.loads, text.splitlines())}
    assert not rows or set(SAME) <= set(rows)
    return [pytest.param(rows.get(theirs), PROFILES[ours], id=ours) for theirs, ours in SAME.items()]


def test_all_eighteen_purge_times_of_cdc_table_b1():
    assert len(purge_times()) == 18
    for changes, removed, minutes in purge_times():
        assert round(purge_minutes(changes, removed)) == minutes, (changes, removed)


@pytest.mark.parametrize("theirs, ours", requirements())
def test_a_shipped_profile_agrees_with_its_source(theirs, ours):
    assert "recalled" not in theirs["source"]
    assert ours.ranges["air_changes"] == Range(theirs["min_total_ach"], None)
    if theirs.get("rh_pct"):
        assert ours.ranges["humidity"] == Range(*theirs["rh_pct"])
    if theirs["room_type"] == "newborn_intensive_care":
        assert ours.ranges["temperature"] == Range(22, 26), "as the facts note of the 2017 edition"
    elif theirs.get("temp_c"):
        assert ours.ranges["temperature"] == Range(*theirs["temp_c"])
    pressure, least = ours.ranges.get("differential_pressure"), theirs.get("min_dp_pa") or 0.0
    if "dp_range_pa" in theirs:
        assert pressure == Range(*theirs["dp_range_pa"])
    else:
        signs = {"positive": Range(least, None), "negative": Range(None, -least), "none": None}
        assert pressure == signs[theirs["pressure"]]

"""Body composition scales: values built after the document in, readings out."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from drivers.gatt.body_composition import Config, claims

[COMPOSITION] = claims(Config())
EVERYTHING = "fe0f f500 ea070b18062a00 01 b01a 9001 1027 2028 3029 402a 8813 103a 0e07"


def test_everything_that_has_a_metric(said):
    found = said(COMPOSITION, EVERYTHING, timezone="Europe/Vienna")
    assert found.values == {"body_fat": 24.5, "muscle_mass": 50.0, "body_water": 54.08, "body_weight": 74.32}
    assert found.times == {datetime(2026, 11, 24, 5, 42, tzinfo=UTC)}


def test_pounds_become_kilograms(said):
    assert said(COMPOSITION, "0104f500803e").values == {"body_fat": 24.5, "body_weight": pytest.approx(72.5747792)}


def test_a_measurement_that_did_not_succeed_is_no_reading(said):
    assert said(COMPOSITION, "0004ffffffff").items == []


def test_a_value_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(EVERYTHING)
    for size in range(len(raw)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(COMPOSITION, raw[:size])
        assert trouble.value.offset == size

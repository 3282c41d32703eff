"""Weight scales: values built after the document in, readings out."""

from datetime import UTC, datetime

import pytest

from collector.errors import BadFrame
from drivers.gatt.weight_scale import Config, claims

[WEIGHT] = claims(Config())
EVERYTHING = "0e103a ea070b18062a00 01 eb00 0e07"


def test_kilograms_come_in_steps_of_five_grams(said):
    assert said(WEIGHT, "00103a").values == {"body_weight": 74.32}


def test_pounds_become_kilograms(said):
    assert said(WEIGHT, "01803e").values == {"body_weight": pytest.approx(72.5747792)}


def test_the_time_counts_with_a_zone(said):
    found = said(WEIGHT, EVERYTHING, timezone="Europe/Vienna")
    assert found.times == {datetime(2026, 11, 24, 5, 42, tzinfo=UTC)}
    assert found.values == {"body_weight": 74.32}


def test_a_measurement_that_did_not_succeed_is_no_reading(said):
    assert said(WEIGHT, "00ffff").items == []


def test_a_value_that_ends_too_early_is_bad(said):
    raw = bytes.fromhex(EVERYTHING)
    for size in range(len(raw)):
        with pytest.raises(BadFrame, match="ends inside its") as trouble:
            said(WEIGHT, raw[:size])
        assert trouble.value.offset == size

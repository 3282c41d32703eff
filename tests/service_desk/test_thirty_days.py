"""What the rules said of thirty days against what truly happened; restarts, drops, jitter and reboots included."""

import random

import pytest

from tests.service_desk.thirty_days import house, run, score


@pytest.mark.parametrize(
    "count, days",
    [(12, 4), pytest.param(200, 30, marks=[pytest.mark.long, pytest.mark.timeout(1800)])],
    ids=["short", "whole"],
)
def test_every_excursion_longer_than_its_hold_no_shorter_one_no_false_silence_and_no_flood(count, days):
    devices = house(random.Random(5), count, days)
    told = run(devices, 5, days, restarts_a_day=1)
    found = score(devices, told, days)
    print(found, f"{told.readings} readings, {told.restarts} restarts")
    assert min(found.excursions, found.short) > 3
    assert told.restarts > 1
    assert found.missed == 0
    assert found.alarmed_short == 0
    assert found.missed_silences == 0
    assert found.false_silences <= found.device_days / 1000
    assert found.alarms_an_hour <= 6

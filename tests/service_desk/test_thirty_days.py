"""What the rules said of thirty days against what truly happened; restarts, drops, jitter and reboots included."""

import random

import pytest

from tests.service_desk import thirty_days_of_kinds as of_kinds
from tests.service_desk.thirty_days import house, judged, run, score


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


LONG = [pytest.mark.long, pytest.mark.timeout(1800)]


@pytest.mark.parametrize(
    "count, days, seed",
    [(12, 6, 1), *(pytest.param(120, 30, seed, marks=LONG) for seed in range(1, 6))],
)
def test_tickets_of_other_kinds_are_worth_somebodys_way(count, days, seed):
    scripts = of_kinds.house(random.Random(seed), count, days)
    streams = [of_kinds.words(one, random.Random(f"{seed}/{one.name}"), days) for one in scripts]
    told = judged(streams, of_kinds.RULES, seed, restarts_a_day=1)
    found = of_kinds.score(scripts, told, days)
    print(found, f"{told.readings} readings, {told.restarts} restarts")
    assert found.faults > 3
    assert found.tickets > 3
    assert found.missed == 0
    assert found.actionable >= 0.8
    assert found.false_silences <= found.device_days / 1000
    assert found.alarms_an_hour <= 6

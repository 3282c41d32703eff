"""With little room left, what matters least goes first, and nobody is misled about what is left."""

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.clock import ManualClock
from collector.metrics import METRICS
from collector.reading import Announcement, Quality, Reading, Sighting
from collector.sacrifice import ALARM, DEVICE, Sacrifice, words

T0 = ManualClock().now()
KINDS = {float: 21.0, bool: True, str: "on"}


def reading(metric, value, at=0.0, quality=Quality.GOOD, device="d"):
    moment = T0 + timedelta(seconds=at)
    return Reading(device, metric, value, moment, moment, quality=quality)


def spared(sacrifice, *items):
    return sacrifice.spared(list(items), Counter())


def at(fullness):
    sacrifice = Sacrifice()
    sacrifice.look(fullness)
    return sacrifice


def test_while_there_is_room_everything_is_kept():
    everything = [Sighting("t", "g", -60, T0), *[reading("temperature", 21.0)] * 3, Announcement("d", {}, T0)]
    assert spared(at(0.79), *everything) == everything


def test_sightings_go_first_and_are_counted():
    dropped = Counter()
    room = reading("temperature", 21.0)
    assert at(0.8).spared([Sighting("t", "g", -60, T0), room, room], dropped) == [room, room]
    assert dropped == {"sighting, spool nearly full": 1}


def test_then_of_what_says_the_same_one_a_minute_is_kept_and_the_rest_counted():
    dropped = Counter()
    steady = [reading("temperature", 21.0, at=second) for second in range(0, 180, 10)]
    assert at(0.9).spared(steady, dropped) == [steady[0], steady[6], steady[12]]
    assert dropped == {"thinned, spool nearly full": 15}


@pytest.mark.parametrize("metric", METRICS.values(), ids=lambda metric: metric.name)
def test_only_numbers_of_rooms_plant_light_and_power_are_thinned(metric):
    twice = [reading(metric.name, KINDS[metric.kind])] * 2
    thinned = metric.family in {"environment", "hvac", "lighting", "power"} and metric.kind is float
    assert len(spared(at(0.99), *twice)) == (1 if thinned else 2)


def test_series_are_thinned_apart_and_a_change_of_quality_is_kept():
    items = [
        reading("temperature", 21.0),
        reading("temperature", 21.0, device="e"),
        reading("humidity", 21.0),
        reading("temperature", 21.0, at=1, quality=Quality.UNCERTAIN),
        reading("temperature", 21.0, at=2),
    ]
    assert spared(at(0.9), *items) == items


@given(
    steps=st.lists(st.tuples(st.floats(0, 90), st.floats(-5, 5)), min_size=1, max_size=60),
    start=st.floats(-80, 2000),
)
def test_no_excursion_is_hidden(steps, start):
    """At any time what was kept last is at most a step from what was heard last, and less than a minute older."""
    sacrifice, value, time, kept = at(0.95), start, 0.0, []
    for seconds, change in steps:
        time, value = time + seconds, value + change
        heard = reading("temperature", value, at=time)
        kept += spared(sacrifice, heard)
        assert abs(kept[-1].value - value) <= max(0.1, abs(kept[-1].value) / 100)
        assert timedelta(0) <= heard.received - kept[-1].received < timedelta(minutes=1)


def test_a_step_ends_a_twentieth_below_where_it_began():
    sacrifice, sighting, room = at(0.9), Sighting("t", "g", -60, T0), reading("temperature", 21.0)
    for fullness, kept in ((0.86, 1), (0.84, 2), (0.76, 2), (0.74, 4), (0.79, 4)):
        sacrifice.look(fullness)
        assert len(spared(sacrifice, sighting, room, room, sighting)) == kept


def test_the_alarm_is_said_once_while_there_is_room_for_it_and_taken_back():
    (said,) = at(0.9).says(None, T0)
    assert (said.device, said.metric, said.value) == (DEVICE, "technical_alarm", ALARM)
    assert at(0.95).says(ALARM, T0) == []
    assert [back.value for back in at(0.5).says(ALARM, T0)] == [""]
    assert at(0.5).says("", T0) == at(0.5).says(None, T0) == []


def test_words_say_what_is_given_up():
    assert words(0.5) == ""
    assert "83 % full: sightings are dropped." in words(0.83)
    assert "sightings are dropped and readings of rooms thinned" in words(0.93)
    assert "nothing is acknowledged" in words(1.0)

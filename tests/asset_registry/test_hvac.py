from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.hvac import JUDGED, Range, judge_room, limit_words, load_profiles, span_words
from collector.errors import ConfigError
from collector.reading import Quality, Reading

PROFILES = load_profiles(Path(__file__).parents[2] / "config" / "room_profiles.yaml")
NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
NBSP = "\u00a0"


@dataclass
class Room:
    number: str
    room_type: str


def reading(metric, value, age_s=5, quality=Quality.GOOD, device="mqtt:air"):
    at = NOW - timedelta(seconds=age_s)
    return Reading(device, metric, value, at, at, quality=quality)


def judge(room_type, age_s=5, number="4.12", more=None, **values):
    readings = {metric: reading(metric, value, age_s) for metric, value in values.items()}
    return judge_room(Room(number, room_type), readings | (more or {}), NOW, PROFILES)


def words(status):
    return status.sentence.replace(NBSP, " ")


def test_a_room_in_range_says_two_values():
    status = judge("patient_room", temperature=22.4, air_changes=4.1, humidity=40)
    assert (status.worst, status.state, words(status)) == ("", "ok", "In range: 22.4 °C, 4.1 changes/h")


def test_an_isolation_room_that_does_not_isolate_is_high_and_names_the_pressure():
    status = judge("isolation_room", differential_pressure=-0.4, temperature=22.1)
    assert (status.worst, status.state) == ("high", "out")
    assert words(status) == "4.12 is not isolating: −0.4 Pa to the corridor, must be −2.5 Pa or lower"


def test_an_open_door_is_the_cause():
    at = NOW - timedelta(minutes=9)
    readings = {
        "differential_pressure": reading("differential_pressure", -0.4),
        "door_open": reading("door_open", True, age_s=1),
    }
    status = judge_room(Room("4.12", "isolation_room"), readings, NOW, PROFILES, since={"door_open": at})
    assert words(status) == "4.12 is not isolating: its door has been open for 9 min"


def test_a_protective_room_is_told_apart():
    assert words(judge("operating_room", number="2.07", differential_pressure=1.0)) == (
        "2.07 is not protected by its pressure: 1.0 Pa to the corridor, must be 2.5 Pa or higher"
    )


@pytest.mark.parametrize(
    "room_type, values, sentence",
    [
        ("patient_room", {"temperature": 24.6}, "4.12 is too warm: 24.6 °C, normal 21–24"),
        ("patient_room", {"temperature": 20.94}, "4.12 is too cold: 20.9 °C, normal 21–24"),
        ("operating_room", {"humidity": 18}, "4.12 is too dry: 18 %, normal 20–60"),
        ("patient_room", {"air_changes": 2.6}, "4.12 is short of air: 2.6 changes/h, at least 4"),
        ("patient_room", {"co2": 1180}, "4.12 has stale air: 1,180 ppm, at most 1,000"),
        (
            "patient_room",
            {"co2": 1180, "temperature": 25, "air_changes": 2.6},
            "4.12 is short of air: 2.6 changes/h, at least 4; 2 more out of range",
        ),
        ("soiled_utility", {"differential_pressure": 1.5}, "4.12 has the wrong pressure: 1.5 Pa"),
    ],
)
def test_out_of_range_says_value_and_limit(room_type, values, sentence):
    status = judge(room_type, **values)
    assert status.worst == "medium"
    assert words(status).startswith(sentence)


def test_three_intervals_without_a_reading_are_old():
    assert judge("patient_room", age_s=180, temperature=30).state == "out"
    status = judge("patient_room", age_s=181, temperature=30)
    assert (status.worst, status.state, words(status)) == ("", "old", "Not reporting: last heard 3 min ago")


def test_a_device_that_speaks_seldom_is_given_its_time():
    readings = {"temperature": reading("temperature", 22.0, age_s=1500)}
    room = Room("4.12", "patient_room")
    assert judge_room(room, readings, NOW, PROFILES).state == "old"
    assert judge_room(room, readings, NOW, PROFILES, intervals={"mqtt:air": 600}).state == "ok"


def test_an_isolation_room_whose_pressure_nobody_sees_is_not_in_range():
    old = {"differential_pressure": reading("differential_pressure", -4.0, age_s=7200)}
    status = judge("isolation_room", temperature=22, more=old)
    assert (status.state, words(status)) == ("old", "4.12: its pressure has not been reported for 2 h")
    status = judge("isolation_room", temperature=22)
    assert (status.state, words(status)) == ("old", "4.12: its pressure has not been reported yet")


def test_nothing_heard_and_nothing_usable_are_said():
    assert words(judge("patient_room")) == "No air sensor reports from here"
    bad = {"temperature": reading("temperature", 99.0, quality=Quality.BAD)}
    assert judge("patient_room", more=bad).state == "none"


def test_a_room_without_a_profile_shows_values_and_no_judgement():
    status = judge("chapel", temperature=35.0)
    assert (status.worst, status.state, words(status)) == ("", "ok", "No requirement is set: 35.0 °C")


@given(st.sampled_from(sorted(PROFILES)), st.dictionaries(st.sampled_from(JUDGED), st.floats(-1e4, 1e4)))
def test_worst_and_state_agree_with_the_measures(room_type, values):
    status = judge(room_type, **values)
    out = [measure for measure in status.measures if measure.state == "out"]
    assert bool(status.worst) == bool(out) == (status.state == "out")
    assert all(not Range(m.low, m.high).holds(m.value) for m in out)
    assert status.sentence
    assert "None" not in status.sentence


def test_words():
    assert limit_words(None, None) == ""
    assert limit_words(-7.5, -2.5) == "normal −7.5 to −2.5"
    spans = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")]
    assert [span_words(timedelta(seconds=s)).replace(NBSP, " ") for s, _ in spans] == [word for _, word in spans]


def test_every_shipped_profile_names_its_source_and_none_is_recalled_from_memory():
    assert all(profile.source and profile.ranges for profile in PROFILES.values())
    assert not any("recalled" in profile.source for profile in PROFILES.values())


@pytest.mark.parametrize(
    "text, why",
    [
        ("- 1", "must map room types"),
        ("x: 1", "x: must have ranges"),
        ("x: {temperature: [21, 24]}", "x: source"),
        ("x: {source: s, temprature: [21, 24]}", "unknown temprature; known are"),
        ("x: {source: s, temperature: [24, 21]}", "the lower one first"),
        ("x: {source: s, temperature: [null, null]}", "at least one side"),
        ("x: {source: s, temperature: [a, 2]}", "in numbers"),
        ("x: [", "cannot be read"),
    ],
)
def test_a_wrong_profile_is_named(tmp_path, text, why):
    path = tmp_path / "profiles.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=why):
        load_profiles(path)

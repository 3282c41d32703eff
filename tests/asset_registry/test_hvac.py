"""A room's air: profiles and what places say of them, its status in words, purge times, compliance."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asset_registry.hvac import (
    JUDGED,
    Heard,
    Profile,
    Range,
    judge_room,
    limit_words,
    load_profiles,
    out_since,
    profile_of,
    span_words,
)
from asset_registry.hvac.compliance import open_spans, share
from asset_registry.hvac.purge import purge_minutes
from collector.errors import ConfigError
from collector.reading import Quality, Reading

PROFILES = load_profiles(Path(__file__).parents[2] / "config" / "room_profiles.yaml")
NOW = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


def reading(metric, value, age_s=5, quality=Quality.GOOD, device="mqtt:air"):
    at = NOW - timedelta(seconds=age_s)
    return Reading(device, metric, value, at, at, quality=quality)


def judge(room_type, age_s=5, number="4.12", said=(), since=None, intervals=None, seen=None, more=None, **values):
    """`since` in seconds ago; the door's state is `door_open=`."""
    readings = {metric: reading(metric, value, age_s) for metric, value in values.items()}
    held = {metric: NOW - timedelta(seconds=seconds) for metric, seconds in (since or {}).items()}
    heard = Heard(readings | (more or {}), intervals or {}, held, seen or {}, BERLIN)
    return judge_room(number, profile_of(PROFILES, room_type, said), heard, NOW)


def words(status):
    return status.sentence.replace("\u00a0", " ").replace("−", "-")


def told(status):
    return [(notice.kind, notice.priority, notice.tell) for notice in status.notices]


# ---------------------------------------------------------------- in words


def test_a_room_in_range_says_two_values():
    status = judge("patient_room", temperature=22.4, air_changes=4.1, humidity=40)
    assert (status.worst, status.state, words(status)) == ("", "ok", "In range: 22.4 °C, 4.1 changes/h")


def test_a_lost_pressure_is_said_with_sign_limit_span_and_door():
    values = {"differential_pressure": 0.8, "door_open": False}
    status = judge("isolation_room", since={"differential_pressure": 360, "door_open": 7200}, **values)
    assert words(status) == "4.12 is +0.8 Pa to the corridor, must be at most -2.5 Pa, for 6 min, door closed"
    assert (status.worst, status.state) == ("high", "out")


def test_a_protective_room_is_told_apart():
    assert words(judge("operating_room", number="2.07", differential_pressure=1.0)) == (
        "2.07 is +1.0 Pa to the corridor, must be at least +2.5 Pa"
    )


@pytest.mark.parametrize(
    "room_type, values, sentence",
    [
        ("patient_room", {"temperature": 24.6}, "4.12 is too warm: 24.6 °C, normal 21–24"),
        ("patient_room", {"temperature": 20.94}, "4.12 is too cold: 20.9 °C, normal 21–24"),
        ("operating_room", {"humidity": 18, "differential_pressure": 3}, "4.12 is too dry: 18 %, normal 20–60"),
        ("patient_room", {"air_changes": 2.6}, "4.12 is short of air: 2.6 changes/h, at least 4"),
        ("patient_room", {"co2": 1180}, "4.12 has stale air: 1,180 ppm, at most 1,000"),
        (
            "patient_room",
            {"co2": 1180, "temperature": 25, "air_changes": 2.6},
            "4.12 is short of air: 2.6 changes/h, at least 4; 2 more out of range",
        ),
        ("soiled_utility", {"differential_pressure": 1.5}, "4.12 is +1.5 Pa to the corridor, must be at most 0 Pa"),
    ],
)
def test_out_of_range_says_value_and_limit(room_type, values, sentence):
    status = judge(room_type, **values)
    assert (status.worst, words(status)) == ("medium", sentence)


def test_for_how_long_is_said_where_it_is_known():
    assert words(judge("patient_room", temperature=24.6, since={"temperature": 660})).endswith(", for 11 min")


# ---------------------------------------------------------------- the door


@pytest.mark.parametrize(
    "open_s, kinds, sentence",
    [
        (59, [], "4.12: its door is open, so its pressure is not judged; from 60 s on it is held open"),
        (60, ["door held open"], "4.12 is not isolating: its door has been open for 1 min"),
        (540, ["door held open"], "4.12 is not isolating: its door has been open for 9 min"),
    ],
)
def test_an_open_door_pauses_judging_for_its_grace_and_then_is_held_open(open_s, kinds, sentence):
    status = judge("isolation_room", differential_pressure=-0.4, door_open=True, since={"door_open": open_s})
    assert words(status) == sentence
    assert [notice.kind for notice in status.notices] == kinds
    assert all(notice.tell == ("ward",) for notice in status.notices)


def test_the_grace_is_the_sites():
    said = [{"door_grace_s": 20}]
    status = judge("isolation_room", said=said, differential_pressure=-0.4, door_open=True, since={"door_open": 20})
    assert [notice.kind for notice in status.notices] == ["door held open"]


def test_a_door_held_open_is_said_though_the_pressure_holds():
    status = judge("isolation_room", differential_pressure=-3, door_open=True, since={"door_open": 120})
    assert (status.worst, words(status)) == ("medium", "4.12: its door has been held open for 2 min")


@pytest.mark.parametrize(
    "closed_s, kind, priority",
    [(179, "out of range", "medium"), (180, "pressure lost", "high")],
)
def test_a_pressure_is_lost_three_minutes_after_the_door_was_closed(closed_s, kind, priority):
    since = {"differential_pressure": 900, "door_open": closed_s}
    status = judge("isolation_room", differential_pressure=-0.4, door_open=False, since=since)
    assert status.notices[0].kind == kind
    assert status.worst == priority


def test_a_lost_pressure_goes_to_facilities_ward_and_infection_prevention():
    lost = judge("isolation_room", differential_pressure=-0.4, since={"differential_pressure": 300})
    assert told(lost) == [("pressure lost", "high", ("facilities", "ward", "infection prevention"))]
    said = [{"tell": {"pressure lost": ["ward"]}}]
    assert told(judge("isolation_room", said=said, differential_pressure=-0.4))[0][2] == ("ward",)


def test_a_door_that_nobody_has_heard_for_long_excuses_nothing():
    door = {"door_open": reading("door_open", True, age_s=10_000, device="mqtt:door")}

    def heard(**more):
        held = {"differential_pressure": 300, "door_open": 10_000}
        return judge("isolation_room", differential_pressure=-0.4, since=held, more=door, **more)

    assert words(heard(intervals={"mqtt:door": 3600})).startswith("4.12 is not isolating: its door has been open")
    assert words(heard(intervals={"mqtt:door": 60}, seen={"mqtt:door": NOW})).startswith("4.12 is not isolating")
    silent = heard(intervals={"mqtt:door": 60})
    assert words(silent).endswith("for 5 min, door not heard")
    assert silent.notices[0].kind == "pressure lost"


def test_since_when_a_value_is_out():
    points = [(NOW + timedelta(minutes=n), value) for n, value in enumerate((1, 9, 1, 9, 8))]
    assert out_since(points, Range(None, 5)) == NOW + timedelta(minutes=3)
    assert out_since(points[:3], Range(None, 5)) is None


# ---------------------------------------------------------------- what is not known


def test_three_intervals_without_a_reading_are_unknown():
    assert judge("patient_room", age_s=180, temperature=30).state == "out"
    status = judge("patient_room", age_s=181, temperature=30)
    assert (status.worst, status.state, words(status)) == ("", "old", "4.12: unknown since 07:38 CET")
    assert words(judge("patient_room", age_s=40_000, temperature=30)) == "4.12: unknown since 23 Nov, 20:35 CET"


def test_a_device_that_speaks_seldom_is_given_its_time():
    assert judge("patient_room", temperature=22.0, age_s=1500).state == "old"
    assert judge("patient_room", temperature=22.0, age_s=1500, intervals={"mqtt:air": 600}).state == "ok"


def test_an_isolation_room_whose_pressure_nobody_sees_is_not_in_range():
    old = {"differential_pressure": reading("differential_pressure", -4.0, age_s=7200)}
    status = judge("isolation_room", temperature=22, more=old)
    assert (status.state, words(status)) == ("old", "4.12: its pressure is unknown since 05:42 CET")
    assert told(status) == [("not heard", "", ("facilities",))]
    status = judge("isolation_room", temperature=22)
    assert (status.state, words(status)) == ("old", "4.12: its pressure is unknown, it has not been reported yet")


def test_one_measure_that_fell_silent_keeps_a_room_from_being_in_range():
    old = {"co2": reading("co2", 600, age_s=7200)}
    status = judge("patient_room", temperature=22, more=old)
    assert (status.state, words(status)) == ("old", "4.12: its CO₂ is unknown since 05:42 CET")


def test_nothing_heard_and_nothing_usable_are_said():
    assert words(judge("patient_room")) == "4.12: unknown, no air sensor has reported from here"
    bad = {"temperature": reading("temperature", 99.0, quality=Quality.BAD)}
    assert judge("patient_room", more=bad).state == "old"


def test_a_room_without_a_profile_shows_values_and_no_judgement():
    status = judge("chapel", temperature=35.0)
    assert (status.worst, status.state, words(status)) == ("", "ok", "No requirement is set: 35.0 °C")


AGES = st.integers(0, 100_000)


@given(
    st.sampled_from(sorted(PROFILES)),
    st.dictionaries(st.sampled_from(JUDGED), st.tuples(st.floats(-1e4, 1e4), AGES)),
    st.none() | st.tuples(st.booleans(), AGES, AGES),
    st.dictionaries(st.sampled_from(JUDGED), AGES),
)
def test_whatever_is_heard_the_words_agree_with_the_measures(room_type, values, door, since):
    readings = {metric: reading(metric, value, age) for metric, (value, age) in values.items()}
    if door is not None:
        readings["door_open"] = reading("door_open", door[0], door[1])
        since = since | {"door_open": door[2]}
    status = judge(room_type, since=since, more=readings)
    out = [measure for measure in status.measures if measure.state == "out"]
    assert bool(status.worst) == (status.state == "out") == bool(out or (status.door and status.door.held))
    assert all(not Range(m.low, m.high).holds(m.value) for m in out)
    fresh = [m for m in status.measures if m.reading and NOW - m.reading.at <= timedelta(minutes=3)]
    assert status.state != "ok" or fresh, "without data a room is never in range"
    assert status.sentence
    assert "None" not in status.sentence
    assert all(notice.tell for notice in status.notices)
    lost = [notice for notice in status.notices if notice.kind == "pressure lost"]
    assert not (lost and status.door and status.door.open), "an open door explains it"


# ---------------------------------------------------------------- air changes, modes, what places say


def test_air_changes_come_out_of_flow_and_volume_where_no_device_says_them():
    said = [{"volume_m3": 50.0}]
    (changes,) = [m for m in judge("isolation_room", said=said, air_flow=600.0).measures if m.metric == "air_changes"]
    assert (changes.value, changes.state, changes.note) == (12.0, "ok", "by flow and volume")
    reported = judge("isolation_room", said=said, air_flow=600.0, air_changes=9.0)
    assert [(m.value, m.note) for m in reported.measures if m.metric == "air_changes"] == [(9.0, "")]
    by_height = profile_of(PROFILES, "isolation_room", [{"height_m": 2.5}], area_m2=20.0)
    assert by_height.volume_m3 == 50.0


def test_isolation_off_lifts_what_isolates_and_keeps_the_rest():
    status = judge("isolation_room", said=[{"mode": "isolation off"}], differential_pressure=0.4, temperature=25)
    assert words(status) == "4.12 is too warm: 25.0 °C, normal 21–24"
    assert status.profile.mode == "isolation off"
    assert not status.profile.protects


def test_setback_keeps_the_pressure():
    said = [{"mode": "setback"}]
    assert judge("operating_room", said=said, differential_pressure=5, air_changes=6, temperature=17).worst == ""
    assert judge("operating_room", said=said, differential_pressure=1).worst == "high"


def test_a_surgeon_sets_the_temperature():
    said = [{"mode": "temperature set by the surgeon", "setpoint_c": 17.0}]
    assert judge("operating_room", said=said, differential_pressure=5, temperature=17.6).worst == ""
    status = judge("operating_room", said=said, differential_pressure=5, temperature=20.0)
    assert words(status) == "4.12 is too warm: 20.0 °C, normal 16–18"


def test_the_innermost_place_wins_metric_by_metric():
    site = {"ranges": {"co2": [None, 1200]}, "types": {"patient_room": {"ranges": {"temperature": [20, 26]}}}}
    room = {"ranges": {"temperature": [20, 27], "humidity": None}, "reference": "the lobby", "design_year": 2014}
    profile = profile_of(PROFILES, "patient_room", [site, room])
    assert profile.ranges["co2"] == Range(None, 1200)
    assert profile.ranges["temperature"] == Range(20, 27)
    assert "humidity" not in profile.ranges
    assert (profile.reference, profile.standard_words) == ("the lobby", "ASHRAE 170-2008, room of 2014")
    assert "temperature" not in profile_of(PROFILES, "corridor", [site]).ranges


def test_a_room_may_have_the_profile_and_standard_of_another():
    profile = profile_of(PROFILES, "store", [{"profile": "isolation_room", "standard": "HTM 03-01", "edition": "2021"}])
    assert (profile.protects, profile.standard_words) == (True, "HTM 03-01-2021")


# ---------------------------------------------------------------- purge and compliance


def test_a_purge_takes_its_mixing_factor_longer():
    assert purge_minutes(12, 0.99) == pytest.approx(23.03, abs=0.01)
    assert purge_minutes(12, 0.99, 3) == pytest.approx(69.08, abs=0.01)
    for wrong in ((0, 0.99, 1), (12, 1.0, 1), (12, 0.99, 0.5), (float("nan"), 0.99, 1)):
        with pytest.raises(ValueError, match=r"air changes|share|mixing"):
            purge_minutes(*wrong)


def of(points, wanted, span, gap_s=90, pauses=()):
    at, values = np.array([t for t, _ in points], np.int64) * 1000, np.array([v for _, v in points], float)
    return share(
        at, values, wanted, (span[0] * 1000, span[1] * 1000), gap_s * 1000, [(a * 1000, b * 1000) for a, b in pauses]
    )


def test_gaps_count_as_unknown_and_an_open_door_as_paused():
    points = [(0, 22), (60, 25), (120, 22), (600, 22)]
    found = of(points, Range(21, 24), (0, 700), pauses=[(600, 630)])
    assert (found.within_s, found.out_s, found.paused_s, found.unknown_s) == (210, 60, 30, 400)
    assert found.within == 210 / 270
    assert of([], Range(21, 24), (0, 700)).within is None
    assert of([], Range(21, 24), (0, 700)).unknown_s == 700


def test_what_was_said_before_the_span_reaches_into_it():
    assert of([(-60, 22)], Range(21, 24), (0, 100)).within_s == 30


def test_when_a_door_was_open():
    assert open_spans([10, 20, 30, 40], [True, True, False, True], 50) == [(10, 30), (40, 50)]


@given(
    st.lists(st.tuples(st.integers(-200, 1200), st.floats(15, 30) | st.just(float("nan"))), unique_by=lambda p: p[0]),
    st.lists(st.integers(0, 1000), unique=True, max_size=8),
)
def test_the_parts_of_a_span_make_it_whole(points, edges):
    edges = sorted(edges)[: len(edges) // 2 * 2]
    pauses = list(zip(edges[::2], edges[1::2], strict=True))
    found = of(sorted(points, key=lambda p: p[0]), Range(21, 24), (0, 1000), pauses=pauses)
    parts = (found.within_s, found.out_s, found.paused_s, found.unknown_s)
    assert all(part >= -1e-6 for part in parts)
    assert sum(parts) == pytest.approx(1000)


# ---------------------------------------------------------------- words and the shipped file


def test_words():
    assert limit_words(None, None) == ""
    assert limit_words(-7.5, -2.5) == "normal −7.5 to −2.5"
    spans = [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7199, "119 min"), (7200, "2 h"), (172_800, "2 d")]
    assert [span_words(timedelta(seconds=s)).replace("\u00a0", " ") for s, _ in spans] == [word for _, word in spans]


def test_every_shipped_profile_names_its_source_and_none_is_recalled_from_memory():
    assert all(profile.source and profile.ranges for profile in PROFILES.values())
    assert not any("recalled" in profile.source for profile in PROFILES.values())
    assert all(profile.standard or "house setting" in profile.source for profile in PROFILES.values())


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
        ("x: {source: s, modes: {idle: {presure: null}}}", "modes: idle: unknown presure"),
        ("x: {source: s, modes: {idle: 1}}", "modes: idle: must be a mapping"),
        ("x: [", "cannot be read"),
    ],
)
def test_a_wrong_profile_is_named(tmp_path, text, why):
    path = tmp_path / "profiles.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=why):
        load_profiles(path)


def test_a_profile_without_a_type_is_empty():
    assert Profile("chapel").ranges == {}

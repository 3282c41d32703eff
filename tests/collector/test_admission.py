"""What may enter the spool, and with which times."""

from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.admission import FACTS, NAME_LENGTH, TEXT_BYTES, Refusal, Timeline, kept, reached, sound
from collector.clock import ManualClock
from collector.reading import Announcement, Quality, Reading, Sighting

T0 = ManualClock().now()
MS = timedelta(milliseconds=1)


def t(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def reading(value=1.0, received=0.0, at=None, device="d", gateway="", quality=Quality.GOOD):
    return Reading(device, "temperature", value, t(received if at is None else at), t(received), gateway, quality)


def place(timeline, *items, now=0.0):
    return timeline.place(items, t(now), Counter())


# ---------------------------------------------------------------- soundness


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_no_reading(value):
    with pytest.raises(Refusal, match="not finite"):
        sound(reading(value))
    with pytest.raises(Refusal, match="not finite"):
        sound(Sighting("ble:t", "gw", value, T0))


@pytest.mark.parametrize("value", [None, [1.0], 10**400])
def test_what_is_no_number_is_no_reading(value):
    with pytest.raises(Refusal, match="not a number"):
        sound(reading(value))


@pytest.mark.parametrize("value", [0.0, -40.0, True, False, "", "on", "°" * 2048])
def test_what_is_sound_passes_unchanged(value):
    item = reading(value)
    assert sound(item) == (item, "")


def test_a_whole_number_becomes_a_float():
    item, _ = sound(reading(3))
    assert type(item.value) is float


def test_an_absurd_text_is_cut_between_characters_and_bad():
    item, what = sound(reading("x" + "°" * 5000))
    assert what == "text cut"
    assert item.quality is Quality.BAD
    assert item.value == "x" + "°" * 2047
    assert len(item.value.encode()) <= TEXT_BYTES


@pytest.mark.parametrize(
    "item, why",
    [
        (reading(device="d" * (NAME_LENGTH + 1)), "overlong name"),
        (reading(device=""), "no name"),
        (reading(gateway="\udcff"), "broken text"),
        (reading("\udcff"), "broken text"),
        (reading(device="d\0"), "broken text"),
        (Announcement("d", {"model": "m\0"}, T0), "broken text"),
        (Sighting("t" * 60_000, "gw", -70, T0), "overlong name"),
        (Sighting("t", "gw", -1e300, T0), "no signal strength"),
        (Sighting("t", "gw", 4000.0, T0), "no signal strength"),
        (Announcement("d", {"model": "m" * 60_000}, T0), "overlong name"),
        (Announcement("d", {str(n): "" for n in range(FACTS + 1)}, T0), "too many facts"),
        (Sighting("t", "gw", -70, T0.replace(tzinfo=None)), "time without zone"),
        (Reading("d", "m", 1.0, T0.replace(tzinfo=None), T0), "time without zone"),
    ],
)
def test_what_nobody_can_keep_is_refused(item, why):
    with pytest.raises(Refusal, match=why):
        sound(item)


# ---------------------------------------------------------------- time


def test_a_tie_within_a_series_is_broken_by_a_millisecond_and_at_follows():
    first, second, other, third = place(Timeline(), reading(1.0), reading(2.0), reading(3.0, device="e"), reading(4.0))
    assert (first.at, first.received) == (T0, T0)
    assert (second.at, second.received) == (T0 + MS, T0 + MS)
    assert (other.at, other.received) == (T0, T0)
    assert (third.at, third.received) == (T0 + 2 * MS, T0 + 2 * MS)
    assert {r.quality for r in (first, second, third)} == {Quality.GOOD}


def test_a_device_time_is_not_moved_by_a_tie():
    _, second = place(Timeline(), reading(at=-60), reading(at=-30))
    assert (second.at, second.received) == (t(-30), T0 + MS)


def test_gateways_are_series_of_their_own_and_sightings_too():
    items = [reading(gateway="a"), reading(gateway="b"), *(Sighting("t", g, -70, T0) for g in "aab")]
    assert [r.received for r in place(Timeline(), *items)] == [T0, T0, T0, T0 + MS, T0]


def test_announcements_pass():
    item = Announcement("d", {"model": "x"}, T0)
    assert place(Timeline(), item, item) == [item, item]


def test_a_reading_from_the_future_is_taken_as_of_when_it_was_heard_and_keeps_its_value():
    changed: Counter[str] = Counter()
    near, far = Timeline().place([reading(7.0, at=300), reading(8.0, at=300.002, device="e")], T0, changed)
    assert (near.at, near.quality) == (t(300), Quality.GOOD)
    assert (far.value, far.at, far.quality) == (8.0, T0, Quality.UNCERTAIN)
    assert changed == {"from the future": 1}


def test_doubt_does_not_make_a_bad_reading_better():
    (bad,) = place(Timeline(), reading(at=3600, quality=Quality.BAD))
    assert bad.quality is Quality.BAD


def test_times_are_whole_milliseconds_in_utc_order():
    odd = Reading("d", "m", 1.0, T0 + timedelta(microseconds=1999), T0 + timedelta(microseconds=1))
    (placed,) = place(Timeline(), odd)
    assert (placed.at, placed.received) == (T0 + MS, T0)
    east = Reading("d", "m", 1.0, T0.astimezone(timezone(timedelta(hours=2))), T0)
    assert place(Timeline(), east)[0].at == T0


def test_a_clock_set_back_makes_readings_uncertain_and_counts_once_until_it_has_caught_up():
    timeline = Timeline()
    place(timeline, reading(received=100), now=100)
    changed: Counter[str] = Counter()
    known, new = timeline.place([reading(received=40), reading(received=40, device="new")], t(40), changed)
    assert (known.received, known.at, known.quality) == (t(100) + MS, t(100) + MS, Quality.UNCERTAIN)
    assert (new.received, new.quality) == (t(100) + MS, Quality.UNCERTAIN)
    assert changed == {"clock behind": 2}
    assert (timeline.clock.behind, timeline.clock.steps, timeline.clock.last_step) == (timedelta(seconds=60), 1, t(40))
    place(timeline, now=70)
    assert (timeline.clock.behind, timeline.clock.steps) == (timedelta(seconds=30), 1)
    (after,) = place(timeline, reading(received=101), now=101)
    assert (after.received, after.quality) == (t(101), Quality.GOOD)
    assert timeline.clock.behind == timedelta(0)
    assert timeline.clock.steps == 1


def test_a_second_step_back_is_counted_too():
    timeline = Timeline()
    for now in (100, 50, 55, 20):
        place(timeline, now=now)
    assert timeline.clock.steps == 2


def test_slewing_by_less_than_a_second_is_no_step():
    timeline = Timeline()
    place(timeline, now=100)
    (slewed,) = place(timeline, reading(received=99.5), now=99.5)
    assert (slewed.quality, timeline.clock.steps) == (Quality.GOOD, 0)


def test_order_holds_across_a_restart_with_a_clock_set_back_meanwhile():
    timeline = Timeline(newest=t(200))
    (first,) = place(timeline, reading(received=90), now=90)
    assert (first.received, first.quality) == (t(200) + MS, Quality.UNCERTAIN)
    assert timeline.clock.steps == 1


def test_a_clock_that_was_hours_ahead_is_believed_once_it_is_right_again():
    timeline = Timeline()
    place(timeline, reading(received=86_400 * 365), now=86_400 * 365)
    place(timeline, reading(received=0), now=0)
    (second,) = place(timeline, reading(received=10), now=10)
    assert (second.received, second.quality) == (t(10), Quality.GOOD)
    assert timeline.clock.steps == 1


def test_what_an_edge_forwards_late_keeps_its_times():
    timeline = Timeline(newest=t(0))
    (late,) = place(timeline, reading(received=-86_400), now=1)
    assert (late.received, late.at, late.quality) == (t(-86_400), t(-86_400), Quality.GOOD)


def test_series_without_number_are_forgotten_the_least_recent_first():
    timeline = Timeline(remembered=10)
    for n in range(30):
        place(timeline, Sighting(f"ble:{n}", "gw", -70, t(n)), now=n)
    assert len(timeline._last) <= 10
    (tie,) = place(timeline, Sighting("ble:29", "gw", -70, t(29)), now=29)
    assert tie.received == t(29) + MS


OFFSETS = st.integers(-5000, 5000).map(lambda ms: ms / 1000)


@given(
    batches=st.lists(
        st.tuples(
            st.integers(-3000, 3000),
            st.lists(st.builds(reading, received=OFFSETS, at=st.none() | OFFSETS, device=st.sampled_from("ab"))),
        )
    )
)
def test_whatever_the_clock_does_received_strictly_increases_and_no_value_is_lost(batches):
    timeline = Timeline()
    last: dict[str, datetime] = {}
    for now, items in batches:
        placed = place(timeline, *items, now=now / 2)  # never back by more than an hour
        assert [r.value for r in placed] == [r.value for r in items]
        for item in placed:
            assert item.device not in last or item.received > last[item.device]
            assert item.at <= item.received + timedelta(minutes=5)
            last[item.device] = item.received


def test_after_a_restart_a_series_goes_on_after_the_burst_of_the_run_before():
    first = Timeline()
    ran_ahead = place(first, *(reading(float(n)) for n in range(3000)))[-1].received
    assert ran_ahead == t(2.999)
    again = Timeline(ran_ahead)
    (placed,) = place(again, reading(received=1), now=1)
    assert placed.received > ran_ahead
    assert placed.at == placed.received
    assert placed.quality is Quality.GOOD
    assert not again.clock.behind


# ---------------------------------------------------------------- what another Wardkeeper heard


def test_what_was_heard_elsewhere_keeps_its_times_however_often_it_comes():
    items = [reading(received=-2), reading(received=-2, quality=Quality.UNCERTAIN), Sighting("ble:t", "gw", -70.0, T0)]
    for _ in range(2):
        assert kept(items, t(-900), Counter()) == items


def test_what_was_heard_elsewhere_long_ago_is_state_not_news():
    late, fresh = kept([reading(received=-901), reading(received=-899)], t(-900), Counter())
    assert (late.retained, fresh.retained) == (True, False)
    assert (late.received, late.quality) == (t(-901), Quality.GOOD)


def test_a_time_in_the_future_of_its_own_receipt_is_not_believed_elsewhere_either():
    changed = Counter()
    (one,) = kept([reading(received=0, at=301)], t(-900), changed)
    assert (one.at, one.quality, changed) == (T0, Quality.UNCERTAIN, {"from the future": 1})


def test_a_burst_goes_on_from_where_the_record_before_had_reached_however_far_ahead_of_the_clock():
    before = None
    for ahead in range(50, 351, 50):
        before = reached([reading(received=ahead)], T0, before)
        assert before == t(ahead)
    assert reached([reading(received=3 * 3600)], T0, before) == before, "somebody's wrong clock"
    assert reached([], T0, before) == before
    assert reached([], before + MS, before) == before + MS
    assert reached([], T0, t(3 * 3600)) == T0, "the clock was wrong before"

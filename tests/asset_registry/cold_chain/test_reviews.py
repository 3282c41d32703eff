from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from asset_registry.cold_chain.reviews import due, slot_of

BERLIN = ZoneInfo("Europe/Berlin")
MORNING = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)  # 07:42 in Berlin
LONG_AGO = MORNING - timedelta(days=60)


def test_a_day_has_two_halves_on_the_hospitals_clock():
    assert slot_of(MORNING, BERLIN) == (date(2026, 11, 24), "morning")
    assert slot_of(datetime(2026, 11, 24, 11, 0, tzinfo=UTC), BERLIN) == (date(2026, 11, 24), "afternoon")
    assert slot_of(datetime(2026, 11, 24, 23, 30, tzinfo=UTC), BERLIN) == (date(2026, 11, 25), "morning")


def test_what_was_not_signed_is_wanting():
    yesterday_evening = MORNING - timedelta(hours=14)
    wanting = due([yesterday_evening], LONG_AGO, MORNING, BERLIN, days=2)
    assert wanting.now_due == (date(2026, 11, 24), "morning")
    assert wanting.missed == ((date(2026, 11, 23), "morning"),)


def test_a_store_set_up_just_now_asks_for_nothing():
    assert due([], MORNING, MORNING, BERLIN) == due([MORNING], MORNING, MORNING, BERLIN)
    assert due([], MORNING, MORNING, BERLIN).now_due is None


@given(st.lists(st.integers(0, 9 * 24), max_size=30), st.integers(1, 9))
def test_a_half_day_is_signed_or_wanting_never_both(hours, days):
    signed = [MORNING - timedelta(hours=hour) for hour in hours]
    wanting = due(signed, LONG_AGO, MORNING, BERLIN, days)
    wanted = {wanting.now_due, *wanting.missed} - {None}
    done = {
        slot for slot in (slot_of(moment, BERLIN) for moment in signed) if (date(2026, 11, 24) - slot[0]).days < days
    }
    assert wanted.isdisjoint(done)
    assert len(wanted) + len(done) == 2 * days - 1, "this afternoon is still to come"

from datetime import date

import pytest

from asset_registry.working_days import after, between, deadline, is_working

TUESDAY = date(2026, 11, 24)
CHRISTMAS = {date(2026, 12, 25), date(2026, 12, 28)}


@pytest.mark.parametrize(
    "start, days, holidays, last",
    [
        (TUESDAY, 0, (), TUESDAY),
        (TUESDAY, 10, (), date(2026, 12, 8)),
        (date(2026, 11, 27), 1, (), date(2026, 11, 30)),  # Friday
        (date(2026, 11, 28), 1, (), date(2026, 11, 30)),  # Saturday: the day itself does not count anyway
        (date(2026, 12, 18), 10, CHRISTMAS, date(2027, 1, 5)),
    ],
)
def test_weekends_and_holidays_are_passed_over(start, days, holidays, last):
    assert after(start, days, holidays) == last
    assert between(start, last, holidays) == days


def test_the_clock_says_the_day_and_how_far_it_is():
    said = deadline(TUESDAY, date(2026, 11, 30))
    assert (said.day, said.passed, said.of, said.over) == (date(2026, 12, 8), 4, 10, False)
    assert not deadline(TUESDAY, date(2026, 12, 8)).over
    assert deadline(TUESDAY, date(2026, 12, 9)).over
    assert not is_working(date(2026, 12, 25), CHRISTMAS)

"""Working days: the clock of a device that is kept untouched after a patient event.

21 CFR 803.30: a user facility reports a death or serious injury "no more than 10 work days after the day that you
become aware". Saturdays, Sundays and the days that the house names as holidays do not count, nor does the day itself.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

REPORT_WITHIN = 10


@dataclass(frozen=True)
class Deadline:
    """`day` is the last of the working days; `passed` of them are over or have begun."""

    day: date
    passed: int
    of: int

    @property
    def over(self) -> bool:
        """Whether the last day is behind us."""
        return self.passed > self.of


def is_working(day: date, holidays: Collection[date] = ()) -> bool:
    """Whether people are at their desks."""
    return day.weekday() < 5 and day not in holidays


def after(start: date, days: int, holidays: Collection[date] = ()) -> date:
    """The `days`-th working day after `start`; `start` itself for none."""
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= is_working(day, holidays)
    return day


def between(start: date, end: date, holidays: Collection[date] = ()) -> int:
    """Working days after `start` up to and with `end`."""
    days = (start + timedelta(days=ahead) for ahead in range(1, (end - start).days + 1))
    return sum(is_working(day, holidays) for day in days)


def deadline(start: date, today: date, holidays: Collection[date] = (), days: int = REPORT_WITHIN) -> Deadline:
    """By when to report what happened on `start`, seen from `today`."""
    return Deadline(after(start, days, holidays), between(start, today, holidays), days)

"""The twice-daily review of a store: one before noon, one after, on the hospital's clock."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Literal

Half = Literal["morning", "afternoon"]
Slot = tuple[date, Half]


@dataclass(frozen=True)
class Due:
    """Which reviews are wanting: `now_due` of the half that runs, `missed` those whose time is over, newest first."""

    now_due: Slot | None
    missed: tuple[Slot, ...]


def slot_of(moment: datetime, zone: tzinfo) -> Slot:
    """The half of the day that a review counts for."""
    here = moment.astimezone(zone)
    return here.date(), "morning" if here.hour < 12 else "afternoon"


def due(signed: Iterable[datetime], since: datetime, now: datetime, zone: tzinfo, days: int = 7) -> Due:
    """What is wanting of the last `days`. The half in which the store was set up (`since`) asks for nothing."""
    done = {slot_of(moment, zone) for moment in signed}
    first, current = slot_of(since, zone), slot_of(now, zone)
    today = now.astimezone(zone).date()
    slots = [(today - timedelta(days=back), half) for back in range(days) for half in _HALVES]
    wanting = [slot for slot in slots if _order(first) < _order(slot) <= _order(current) and slot not in done]
    return Due(
        current if current in wanting else None,
        tuple(slot for slot in wanting if slot != current),
    )


_HALVES: tuple[Half, ...] = ("afternoon", "morning")


def _order(slot: Slot) -> datetime:
    return datetime.combine(slot[0], time(12 if slot[1] == "afternoon" else 0))

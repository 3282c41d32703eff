"""One metric of one device over a time, for a chart: downsampled here, with its range, its alarms and its gaps."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from asset_registry.hvac import Range
from asset_registry.known import KnownDevice
from collector.metrics import METRICS, is_vital
from collector.points import readings_of
from collector.ports import Aggregate, Selection
from collector.reading import Reading
from dashboards import words
from dashboards.context import Context
from dashboards.live_view import ms
from dashboards.rooms import room_profile
from service_desk.alarms.model import Alarm, Transition

SPANS = {"1h": ("1 h", timedelta(hours=1)), "24h": ("24 h", timedelta(hours=24)), "7d": ("7 d", timedelta(days=7))}
POINTS = 400
"""About so many points are drawn."""
STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600)
MISSED = 3
"""Intervals without a word after which a line has a gap."""
TABLE_ROWS = 24

FIRST = (
    "probe_temperature",
    "temperature",
    "differential_pressure",
    "battery",
    "power",
    "air_changes",
    "fan_speed",
    "door_open",
    "mains",
    "occupancy",
    "light_on",
    "spo2",
    "pulse_rate",
    "body_temp",
)
"""Which metric a chart begins with; then come other numbers, then yes and no."""
QUIET = ("available", "link_quality", "signal", "uptime", "battery_voltage")
"""What only the device's own page draws."""
UNDRAWN = ("room", "fix_confidence", "rssi", "action", "technical_alarm")


@dataclass(frozen=True)
class Choice:
    """A series that can be looked at, with its newest reading."""

    device: KnownDevice
    metric: str
    reading: Reading

    @property
    def vital(self) -> bool:
        """Whether it is a vital: no range, no color, and its line beside it."""
        return is_vital(self.metric)

    @property
    def shown(self) -> str:
        """The newest value in words; an uptime as the time it is."""
        value = self.reading.value
        if self.metric == "uptime" and not isinstance(value, bool | str):
            return words.age(timedelta(seconds=value))
        return words.value(self.reading)

    @property
    def drawn(self) -> bool:
        """Whether a chart can show it."""
        return self.metric not in UNDRAWN and not isinstance(self.reading.value, str)


@dataclass(frozen=True)
class Chart:
    """What a page says about its chart before it is drawn, and for those who do not see it."""

    choice: Choice
    span: str
    start: datetime
    end: datetime
    every: timedelta | None
    range: Range
    words: str
    rows: list[tuple[datetime, str, str, str]]

    @property
    def limit(self) -> str:
        """What is normal, in words."""
        text = words.range_words(self.range.low, self.range.high)
        unit = words.unit(self.choice.metric)
        return f"{text}{words.NBSP}{unit}" if text and unit else text


def choices(here: Context, devices: Iterable[KnownDevice], *, vitals: bool) -> list[Choice]:
    """Every series of these devices, the most telling first; vitals only where they may be seen."""
    found = [
        Choice(device, metric, reading)
        for device in devices
        for metric, reading in here.latest.of(device.native_id).items()
        if metric in METRICS and (vitals or not is_vital(metric))
    ]
    return sorted(found, key=lambda choice: (_telling(choice), choice.metric))


def _telling(choice: Choice) -> int:
    if choice.metric in QUIET:
        return len(FIRST) + 2
    if choice.metric in FIRST:
        return FIRST.index(choice.metric)
    return len(FIRST) + isinstance(choice.reading.value, bool)


def chosen(found: Sequence[Choice], metric: str, device_id: int | None) -> Choice | None:
    """The series that was asked for, or the most telling one."""
    drawn = [choice for choice in found if choice.drawn]
    asked = [c for c in drawn if c.metric == metric and (device_id is None or c.device.id == device_id)]
    return asked[0] if asked else min(drawn, key=_telling, default=None)


def chart_of(session: Session, here: Context, choice: Choice, span: str) -> Chart:
    """A chart of the last hour, day or week."""
    now = here.clock.now()
    start = now - SPANS[span][1]
    every = every_of(now - start)
    readings = _query(here, choice, start, now, every or timedelta(minutes=5), "mean")
    lows = _query(here, choice, start, now, every, "min") if every else _query(here, choice, start, now, None, "last")
    highs = _query(here, choice, start, now, every, "max") if every else lows
    return Chart(
        choice=choice,
        span=span,
        start=start,
        end=now,
        every=every,
        range=range_of(session, here, choice),
        words=_words(choice, span, lows, highs),
        rows=_rows(choice, readings),
    )


def every_of(span: timedelta) -> timedelta | None:
    """The windows that make about `POINTS` points of a span; None: every point, for up to an hour."""
    if span <= timedelta(hours=1):
        return None
    wanted = span.total_seconds() / POINTS
    return timedelta(seconds=next((step for step in STEPS_S if step >= wanted), STEPS_S[-1]))


def range_of(session: Session, here: Context, choice: Choice) -> Range:
    """What is normal: by the rule that watches it, else by the profile of its room. A vital has no range."""
    if choice.vital:
        return Range(None, None)
    watched = select(Alarm.low, Alarm.high).where(
        Alarm.subject == choice.device.native_id, Alarm.metric == choice.metric
    )
    found = session.execute(watched.order_by(Alarm.active.desc(), Alarm.since.desc())).first()
    if found is not None and (found.low is not None or found.high is not None):
        return Range(found.low, found.high)
    now, moment = here.snapshots.current, here.clock.now()
    own = now.asset_of(choice.device.native_id, moment) is None
    place = now.place_of(choice.device.native_id, moment) if own else None
    room = now.room_of(place) if place is not None else None
    profile = room_profile(here, now, room) if room is not None else None
    return profile.ranges.get(choice.metric, Range(None, None)) if profile is not None else Range(None, None)


def series(session: Session, here: Context, choice: Choice, start: datetime, end: datetime) -> dict[str, Any]:
    """What the chart's script asks for: columns `t` (s), `v`, `lo`, `hi`; a gap is a null between two points."""
    every = every_of(end - start)
    means = _query(here, choice, start, end, every, "last" if choice.metric and _is_truth(choice) else "mean")
    lows = _query(here, choice, start, end, every, "min") if every and not _is_truth(choice) else means
    highs = _query(here, choice, start, end, every, "max") if every and not _is_truth(choice) else means
    shift = (every or timedelta()) / 2  # a window is drawn at its middle
    apart = max(timedelta(seconds=MISSED * (choice.device.interval_s or 60)), 2.5 * (every or timedelta()))
    columns: dict[str, list[float | None]] = {"t": [], "v": [], "lo": [], "hi": []}
    times = [mean.at + shift for mean in means]
    missing = gaps(times, apart)
    for index, (mean, low, high) in enumerate(zip(means, lows, highs, strict=False)):
        if index in missing:
            _add(columns, times[index - 1] + (times[index] - times[index - 1]) / 2, None, None, None)
        _add(columns, times[index], _number(mean), _number(low), _number(high))
    limits = range_of(session, here, choice)
    known = METRICS[choice.metric]
    return {
        **columns,
        "low": limits.low,
        "high": limits.high,
        "label": known.label,
        "unit": known.shown,
        "digits": known.digits,
        "states": [words.value(value, choice.metric) for value in (False, True)] if _is_truth(choice) else None,
        "alarms": [] if choice.vital else alarms(session, choice, start, end),
        "from": ms(start),
        "to": ms(end),
    }


def gaps(times: Sequence[datetime], apart: timedelta) -> set[int]:
    """Before which points nothing was heard: for longer than `apart`, and than is usual on one side of it.

    A history that was brought in later has fewer points than what is heard live, and is a line all the same.
    """
    steps = [after - before for before, after in pairwise(times)]
    found = set()
    for index, step in enumerate(steps):
        beside = steps[max(0, index - 1) : index] + steps[index + 1 : index + 2]
        if step > apart and step > MISSED * min(beside, default=timedelta()):
            found.add(index + 1)
    return found


def alarms(session: Session, choice: Choice, start: datetime, end: datetime) -> list[dict[str, Any]]:
    """When an alarm of this series was raised."""
    query = (
        select(Transition.at, Alarm.title, Alarm.priority)
        .join(Alarm, Alarm.id == Transition.alarm_id)
        .where(Alarm.subject == choice.device.native_id, Alarm.metric == choice.metric)
        .where(Transition.what == "raised", Transition.at >= start, Transition.at <= end)
        .order_by(Transition.at)
    )
    return [{"at": ms(at), "title": title, "priority": priority} for at, title, priority in session.execute(query)]


def _is_truth(choice: Choice) -> bool:
    return METRICS[choice.metric].kind is bool


def _query(
    here: Context, choice: Choice, start: datetime, end: datetime, every: timedelta | None, aggregate: Aggregate
) -> list[Reading]:
    if every is not None:  # whole windows: a first one that is cut would move with every look
        start = datetime.fromtimestamp(start.timestamp() // every.total_seconds() * every.total_seconds(), UTC)
    selection = Selection(
        start, end + timedelta(milliseconds=1), (choice.device.native_id,), (choice.metric,), every, aggregate
    )
    return readings_of(here.store.query(selection))


def _number(reading: Reading) -> float | None:
    return None if isinstance(reading.value, str) else float(reading.value)


def _add(columns: dict[str, list[float | None]], at: datetime, *values: float | None) -> None:
    for name, value in zip(("t", "v", "lo", "hi"), (at.timestamp(), *values), strict=True):
        columns[name].append(None if value is None else round(value, 3))


def _words(choice: Choice, span: str, lows: list[Reading], highs: list[Reading]) -> str:
    label, time = words.label(choice.metric), SPANS[span][0].replace(" ", words.NBSP)
    numbers = [value for value in map(_number, lows) if value is not None]
    tops = [value for value in map(_number, highs) if value is not None]
    if not numbers or _is_truth(choice):
        return f"{label} in the last {time}" if numbers else f"{label}: nothing was heard in the last {time}"
    low, high = words.value(min(numbers), choice.metric), words.value(max(tops), choice.metric)
    return f"{label} in the last {time}: between {low} and {high}, now {words.value(choice.reading)}"


def _rows(choice: Choice, readings: list[Reading]) -> list[tuple[datetime, str, str, str]]:
    """The table beside the chart: at most `TABLE_ROWS` stretches, each lowest, mean and highest; the newest first."""
    size = max(1, -(-len(readings) // TABLE_ROWS))
    rows = []
    for begin in range(0, len(readings), size):
        part = readings[begin : begin + size]
        known = [value for value in map(_number, part) if value is not None]
        if known:
            cells = (min(known), sum(known) / len(known), max(known))
            shown = [words.value(bool(round(c)) if _is_truth(choice) else c, choice.metric) for c in cells]
            rows.append((part[0].at, shown[0], shown[1], shown[2]))
    return rows[::-1]

"""Small pictures of the past, drawn on the server: sparklines with gaps as gaps, lanes of where something was."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from markupsafe import Markup

from asset_registry.usage.stays import stays_of
from collector.points import readings_of
from collector.ports import Aggregate, Selection
from collector.reading import Reading
from dashboards.context import Context

DAY = timedelta(hours=24)
EVERY = timedelta(minutes=10)
WIDE, HIGH = 100.0, 28.0
"""A sparkline's own units; it is stretched to its place and holds no letters."""

UNKNOWN = "Unknown"
Point = tuple[datetime, float]


def past(
    here: Context,
    devices: Sequence[str],
    metrics: Sequence[str],
    span: timedelta = DAY,
    every: timedelta | None = EVERY,
    aggregate: Aggregate = "mean",
) -> dict[str, list[Reading]]:
    """What devices said of metrics in the last `span`, by metric, in windows of `every`; every point with None."""
    if not devices or not metrics:
        return {}
    now = here.clock.now()
    end = now + timedelta(milliseconds=1)
    table = here.store.query(Selection(now - span, end, tuple(devices), tuple(metrics), every, aggregate))
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings_of(table):
        found[reading.metric].append(reading)
    for readings in found.values():
        readings.sort(key=lambda reading: reading.at)
    return found


def numbers(readings: Iterable[Reading]) -> list[Point]:
    """The points that can be drawn: numbers, and yes and no as 1 and 0."""
    return [(reading.at, float(reading.value)) for reading in readings if not isinstance(reading.value, str)]


def held_since(readings: Sequence[Reading]) -> datetime | None:
    """Since when the newest value of a metric has held, as far as the readings go back."""
    since = None
    for reading in reversed(readings):
        if reading.value != readings[-1].value:
            break
        since = reading.at
    return since


def spark(
    points: Sequence[Point],
    now: datetime,
    *,
    low: float | None = None,
    high: float | None = None,
    level: str = "",
    every: timedelta = EVERY,
    span: timedelta = DAY,
) -> Markup:
    """A line of the last `span` with its normal band; what is out of it at the end is drawn in the color of `level`."""
    if not points:
        return Markup("")
    known = [value for _, value in points] + [limit for limit in (low, high) if limit is not None]
    bottom, top = min(known), max(known)
    room = (top - bottom) * 0.08 or 1.0
    bottom, top = bottom - room, top + room

    def y(value: float) -> float:
        return round(HIGH - HIGH * (value - bottom) / (top - bottom), 1)

    def x(moment: datetime) -> float:
        return round(WIDE * (1 - (now - moment) / span), 2)

    tail = _tail(points, low, high) if level else len(points)
    band = ""
    if low is not None or high is not None:
        upper, lower = y(top if high is None else high), y(bottom if low is None else low)
        band = f'<rect class="bd" x="0" y="{upper}" width="{WIDE:g}" height="{max(0.0, lower - upper):.1f}"/>'
    drawn = [(x(moment), y(value)) for moment, value in points]
    gap = WIDE * 2.5 * every / span
    line, end = _path(drawn[: tail + 1], gap), _path(drawn[max(0, tail - 1) :], gap) if tail < len(points) else ""
    return Markup(  # noqa: S704 - numbers and a priority's name
        f'<svg class="spark" viewBox="0 0 {WIDE:g} {HIGH:g}" preserveAspectRatio="none" aria-hidden="true" '
        f'focusable="false">{band}<path d="{line}"/>{f"""<path class="{level}" d="{end}"/>""" if end else ""}</svg>'
    )


def _tail(points: Sequence[Point], low: float | None, high: float | None) -> int:
    """From which point on everything is out of range."""
    index = len(points)
    while index and not _within(points[index - 1][1], low, high):
        index -= 1
    return index


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _path(points: Sequence[tuple[float, float]], gap: float) -> str:
    path = ""
    for index, (x, y) in enumerate(points):
        apart = index == 0 or x - points[index - 1][0] > gap
        path += f"{'M' if apart else 'L'}{x:g} {y:g}"
    return path


# ---------------------------------------------------------------- lanes


@dataclass(frozen=True)
class Stay:
    """From when to when something was in a state; `doubt` when nobody knows where."""

    name: str
    start: datetime
    end: datetime
    doubt: bool = False

    @property
    def span(self) -> timedelta:
        """How long it was."""
        return self.end - self.start


@dataclass(frozen=True)
class Lane:
    """A row of a picture of stays: its name and (x, width) in per cent."""

    name: str
    bars: tuple[tuple[float, float], ...]
    doubt: bool
    now: bool


def stays(readings: Sequence[Reading], names: dict[str, str], now: datetime) -> list[Stay]:
    """What `room` readings say, as stays; "", and what was not said again for `FORGOTTEN`, is unknown."""
    begun = readings[0].at if readings else now
    named = ((names.get(str(stay.place_id), UNKNOWN), stay) for stay in stays_of(0, readings, begun, now))
    return [Stay(name, stay.start, stay.end, name == UNKNOWN) for name, stay in named]


def lanes(found: Sequence[Stay], start: datetime, now: datetime, most: int = 8) -> list[Lane]:
    """One lane a place, the latest first; the least of them left out when there are more than `most`."""
    by_name: dict[str, list[Stay]] = defaultdict(list)
    for stay in found:
        if stay.end > start:
            by_name[stay.name].append(stay)
    longest = sorted(by_name, key=lambda name: -sum((s.span for s in by_name[name]), timedelta()))[:most]
    latest = max(found, key=lambda stay: stay.end).name if found else ""
    kept = [name for name in by_name if name in longest or name == latest]
    span = now - start

    def part(moment: datetime) -> float:
        return 100 * max(0.0, (moment - start) / span)

    return [
        Lane(
            name,
            tuple(
                (round(part(stay.start), 2), round(max(0.4, part(stay.end) - part(stay.start)), 2))
                for stay in by_name[name]
            ),
            doubt=by_name[name][0].doubt,
            now=name == latest,
        )
        for name in sorted(kept, key=lambda name: max(stay.end for stay in by_name[name]), reverse=True)
    ]


def hours(start: datetime, now: datetime, zone: tzinfo) -> Iterator[tuple[float, str]]:
    """Labels of a time axis in per cent: at most eight, on round times."""
    span = now - start
    minutes = next((m for m in (10, 30, 60, 180, 360, 720, 1440) if span / timedelta(minutes=m) <= 9), 1440)
    step = timedelta(minutes=minutes)
    at = datetime.fromtimestamp((start.timestamp() // step.total_seconds() + 1) * step.total_seconds(), UTC)
    offset = at.astimezone(zone).utcoffset() or timedelta()
    at -= timedelta(seconds=offset.total_seconds() % step.total_seconds())
    while at < now:
        part = 100 * ((at - start) / span)
        if 2 < part < 97:
            local = at.astimezone(zone)
            yield (
                round(part, 2),
                f"{local:%a}" if minutes >= 1440 or (local.hour, local.minute) == (0, 0) else (f"{local:%H:%M}"),
            )
        at += step


def changes(readings: Sequence[Reading]) -> list[Reading]:
    """Only those that say something new."""
    return [*readings[:1], *(now for before, now in pairwise(readings) if now.value != before.value)]

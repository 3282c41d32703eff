"""The chart of a ticket's frozen evidence (`service_desk.tickets.evidence`), drawn on the server.

The line up to the freeze with its triggering points ringed, the band of what is normal, lanes of power and doors on the
same time axis; what came after the freeze is thinner. Places in per cent, sizes in pixels: see `dashboards.charts`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any

from markupsafe import Markup, escape

from dashboards import words

HEIGHT, LANE, AXIS, TOP = 152, 22, 22, 18
"""Pixels: the plot, a lane with its gap, the time axis, the words above the plot."""

AFTER = 0.3
"""How much of the time before the freeze is shown after it, at most."""

STEPS_MIN = (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 720, 1440)
ENDS: dict[str, tuple[bool, str]] = {
    "power": (False, "no power"),
    "mains": (False, "off mains"),
    "switch_on": (False, "off"),
    "running": (False, "stopped"),
    "door_open": (True, "open"),
}
"""Per lane: which state at the end deserves a word in color, and the word."""

Point = tuple[float, float, bool]


@dataclass(frozen=True)
class Axis:
    """A stretch of time or values on a stretch of the drawing."""

    first: float
    last: float

    def part(self, at: float) -> float:
        """0 to 1."""
        return min(1.0, max(0.0, (at - self.first) / ((self.last - self.first) or 1.0)))


@dataclass(frozen=True)
class Drawing:
    """Two SVGs side by side: the gutter with the values, the plot; `words` say it to a screen reader."""

    gutter: Markup
    plot: Markup
    words: str


def number(value: object) -> float | None:
    """The value as a number, None for what is none."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def window(evidence: dict[str, Any], now: datetime) -> tuple[datetime, datetime, datetime]:
    """From when to when the chart goes, and when it was frozen."""
    frozen = datetime.fromisoformat(evidence["frozen_at"])
    stamps = [ms for ms, *_ in evidence["points"]] + [seg[0] for lane in evidence["lanes"] for seg in lane["segments"]]
    first = datetime.fromtimestamp(min(stamps) / 1000, UTC) if stamps else frozen - timedelta(hours=1)
    first = min(first, frozen - timedelta(minutes=5))
    return first, max(frozen, min(now, frozen + (frozen - first) * AFTER)), frozen


def draw(
    evidence: dict[str, Any], after: Sequence[Point], priority: str, now: datetime, zone: tzinfo
) -> Drawing | None:
    """The whole chart; None when there is nothing to draw. `after` are the points since the freeze (ms, value)."""
    metric = str(evidence["metric"])
    before = [
        (float(ms), value, bool(hit)) for ms, raw, hit in evidence["points"] if (value := number(raw)) is not None
    ]
    lanes = [*_own_lane(evidence, now), *evidence["lanes"]]
    if not before and not lanes:
        return None
    first, last, frozen = window(evidence, now)
    time = Axis(first.timestamp() * 1000, last.timestamp() * 1000)
    parts: list[str] = []
    gutter: list[str] = []
    base = TOP
    if before:
        base = TOP + HEIGHT
        limits = [limit for limit in (evidence["low"], evidence["high"]) if limit is not None]
        scale, ticks = _scale([value for _, value, _ in (*before, *after)], limits)
        parts += _grid(ticks, scale)
        gutter += _values(ticks, scale, metric)
        near = [_y(scale, value) for at, value, _ in before if time.part(at) < 0.3]
        parts += _band(evidence, scale, metric, near)
        parts += _lines(before, after, time, scale)
        parts += _newest((*before, *after)[-1], time, scale, metric)
        parts += _rings(before, time, scale, priority)
        parts += _words_at(evidence, before, (time, scale), priority, zone)
    parts += _times(first, last, time.part(frozen.timestamp() * 1000), time, base, zone)
    for index, lane in enumerate(lanes):
        top = base + AXIS + index * LANE
        gutter.append(f'<text x="100%" dx="-6" y="{top + 11}" text-anchor="end">{escape(_short(lane))}</text>')
        parts += _lane(lane, time, top, priority, zone)
    bottom = base + AXIS + len(lanes) * LANE
    parts += _freeze(frozen, time, bottom, zone, more=last > frozen)
    said = _say(evidence, before, zone)
    return Drawing(
        _svg(gutter, bottom, 'aria-hidden="true" focusable="false"'),
        _svg(parts, bottom, f'role="img" aria-label="{escape(said)}"'),
        said,
    )


def _svg(parts: Sequence[str], height: int, attributes: str) -> Markup:
    inner = "".join(parts)
    return Markup(f'<svg class="chart" width="100%" height="{height}" {attributes}>{inner}</svg>')  # noqa: S704 - numbers, and what was escaped above


def _scale(values: Sequence[float], limits: Sequence[float]) -> tuple[Axis, list[float]]:
    """The values and limits with some air, on round ticks."""
    low, high = min((*values, *limits)), max((*values, *limits))
    span = (high - low) or abs(high) or 1.0
    low, high = low - span * 0.08, high + span * 0.12
    step = 10 ** math.floor(math.log10((high - low) / 4))
    step *= next(size for size in (1, 2, 5, 10) if (high - low) / (step * size) <= 5)
    first = math.ceil(low / step)
    return Axis(low, high), [index * step for index in range(first, math.floor(high / step) + 1)]


def _y(scale: Axis, value: float) -> float:
    return TOP + HEIGHT * (1 - scale.part(value))


def _x(time: Axis, at: float) -> str:
    return f"{100 * time.part(at):.2f}%"


def _grid(ticks: Sequence[float], scale: Axis) -> Iterator[str]:
    for tick in ticks:
        yield f'<path class="g" d="M0 {_y(scale, tick):.1f}H4000"/>'


def _values(ticks: Sequence[float], scale: Axis, metric: str) -> Iterator[str]:
    unit = words.unit(metric)
    for tick in ticks:
        text = words.number(tick) + (f" {unit}" if tick == ticks[-1] and len(unit) < 3 else "")
        yield f'<text x="100%" dx="-6" y="{_y(scale, tick) + 4:.1f}" text-anchor="end">{escape(text)}</text>'


def _band(evidence: dict[str, Any], scale: Axis, metric: str, near: Sequence[float]) -> Iterator[str]:
    """The band of what is normal; its words stand where the line (`near`: its heights at the left) is not."""
    low, high = evidence["low"], evidence["high"]
    if low is None and high is None:
        return
    top = _y(scale, high) if high is not None else float(TOP)
    bottom = _y(scale, low) if low is not None else float(TOP + HEIGHT)
    yield f'<rect class="bd" x="0" width="100%" y="{top:.1f}" height="{max(0.0, bottom - top):.1f}"/>'
    for limit in (low, high):
        if limit is not None:
            yield f'<path class="lim" d="M0 {_y(scale, limit):.1f}H4000"/>'
    normal = evidence.get("normal") or words.range_words(low, high) + " " + words.unit(metric)
    if bottom - top > 20:
        y = max((bottom - 6, top + 13), key=lambda at: min((abs(at - 4 - each) for each in near), default=0.0))
        yield f'<text x="6" y="{y:.1f}">normal {escape(normal)}</text>'


def _lines(before: Sequence[Point], after: Sequence[Point], time: Axis, scale: Axis) -> Iterator[str]:
    box = f'width="100%" height="{TOP + HEIGHT}" viewBox="0 0 1000 {TOP + HEIGHT}" preserveAspectRatio="none"'
    yield f'<svg x="0" y="0" {box}>'
    yield f'<path class="ln" d="{_path(before, time, scale)}"/>'
    if after:
        yield f'<path class="after" d="{_path([before[-1], *after], time, scale)}"/>'
    yield "</svg>"


def _newest(point: Point, time: Axis, scale: Axis, metric: str) -> Iterator[str]:
    at, value, _ = point
    x, y = _x(time, at), _y(scale, value)
    yield f'<circle class="ik" cx="{x}" cy="{y:.1f}" r="2.5"/>'
    if time.part(at) > 0.9:
        said = escape(words.value(value, metric))
        yield f'<text class="k" x="{x}" dx="-1" y="{y - 8:.1f}" text-anchor="end">{said}</text>'


def _path(points: Sequence[Point], time: Axis, scale: Axis) -> str:
    """A line with gaps where nothing was heard for long: five times what is usual between two points."""
    waits = sorted(later[0] - earlier[0] for earlier, later in pairwise(points))
    longest = 5 * waits[len(waits) // 2] if waits else 0.0
    path, last = "", -math.inf
    for at, value, _ in points:
        path += f"{'L' if at - last <= max(longest, 1.0) else 'M'}{1000 * time.part(at):.1f} {_y(scale, value):.1f}"
        last = at
    return path


def _rings(before: Sequence[Point], time: Axis, scale: Axis, priority: str) -> Iterator[str]:
    hits = [point for point in before if point[2]]
    for at, value, _ in hits[:: max(1, len(hits) // 24)]:
        yield f'<circle class="pt {priority}" cx="{_x(time, at)}" cy="{_y(scale, value):.1f}" r="2.7"/>'


def _words_at(
    evidence: dict[str, Any], before: Sequence[Point], axes: tuple[Axis, Axis], priority: str, zone: tzinfo
) -> Iterator[str]:
    """Which limit was passed, from when, beside the first triggering point."""
    hits = [point for point in before if point[2]]
    if not hits:
        return
    (at, value, _), (time, scale) = hits[0], axes
    low, high = evidence["low"], evidence["high"]
    above = high is not None and (low is None or abs(value - high) < abs(value - low))
    limit = high if above else low
    if limit is None:
        return
    text = f"{'above' if above else 'below'} {words.value(float(limit), evidence['metric'])} from {_clock(at, zone)}"
    left = time.part(at) > 0.45
    dx, anchor = (-8, "end") if left else (8, "start")
    y = min(TOP + HEIGHT - 4.0, max(TOP + 10.0, _y(scale, value) + (-8 if above else 16)))
    place = f'x="{_x(time, at)}" dx="{dx}" y="{y:.1f}" text-anchor="{anchor}"'
    yield f'<text class="{priority}" {place}>{escape(text)}</text>'


def _times(first: datetime, last: datetime, frozen: float, time: Axis, base: float, zone: tzinfo) -> Iterator[str]:
    minutes = (last - first).total_seconds() / 60
    step = next((each for each in STEPS_MIN if minutes / each <= 8), STEPS_MIN[-1]) * 60
    start = math.ceil(first.timestamp() / step) * step
    for index, second in enumerate(range(start, int(last.timestamp()) + 1, step)):
        x, part = _x(time, second * 1000), time.part(second * 1000)
        if 0.03 < part < 0.97 and abs(part - frozen) > 0.04:
            shade = ' class="opt"' if index % 2 else ""
            yield f'<text{shade} x="{x}" y="{base + 15:.0f}" text-anchor="middle">{_clock(second * 1000, zone)}</text>'


def _short(lane: dict[str, Any]) -> str:
    """One short word: the gutter is narrow."""
    return "Switch" if lane["metric"] == "switch_on" else str(lane["label"]).split(maxsplit=1)[0]


def _lane(lane: dict[str, Any], time: Axis, top: float, priority: str, zone: tzinfo) -> Iterator[str]:
    ends, word = ENDS.get(str(lane["metric"]), (True, "on"))
    stretches = lane["segments"]
    for index, (start, end, on) in enumerate(stretches):
        x, width = _x(time, start), 100 * (time.part(end) - time.part(start))
        if index == len(stretches) - 1 and on is ends:
            box = f'x="{x}" y="{top + 0.5}" width="{width:.2f}%" height="13" rx="1.5"'
            yield f'<rect class="lane {priority}" {box}/>'
            left = time.part(start) > 0.25 and width < 25
            place = f'dx="{-6 if left else 8}" y="{top + 11}" text-anchor="{"end" if left else "start"}"'
            yield f'<text class="{priority}" x="{x}" {place}>{escape(word)} since {_clock(start, zone)}</text>'
        elif on:
            yield f'<rect class="on" x="{x}" y="{top}" width="{width:.2f}%" height="14" rx="1.5"/>'


def _own_lane(evidence: dict[str, Any], now: datetime) -> list[dict[str, Any]]:
    """The alarm's own metric when it is a yes or no: a lane instead of a line."""
    points = [(ms, raw) for ms, raw, _ in evidence["points"] if isinstance(raw, bool)]
    if not points:
        return []
    segments: list[list[Any]] = []
    for ms, on in points:
        if segments:
            segments[-1][1] = ms
        if not segments or segments[-1][2] is not on:
            segments.append([ms, ms, on])
    segments[-1][1] = int(min(now, datetime.fromisoformat(evidence["frozen_at"])).timestamp() * 1000)
    label = words.label(evidence["metric"]).split()[0]
    return [{"label": label, "metric": evidence["metric"], "segments": segments}]


def _freeze(frozen: datetime, time: Axis, bottom: float, zone: tzinfo, *, more: bool) -> Iterator[str]:
    at = frozen.timestamp() * 1000
    x = _x(time, at)
    yield f'<line class="ev" x1="{x}" x2="{x}" y1="4" y2="{bottom}"/>'
    yield f'<text x="{x}" dx="-5" y="11" text-anchor="end">frozen {frozen.astimezone(zone):%H:%M:%S}</text>'
    if more and time.part(at) < 0.88:
        yield f'<text x="{x}" dx="5" y="11">since then</text>'


def _clock(ms: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone):%H:%M}"


def _say(evidence: dict[str, Any], before: Sequence[Point], zone: tzinfo) -> str:
    label = words.label(evidence["metric"])
    frozen = datetime.fromisoformat(evidence["frozen_at"]).astimezone(zone)
    if not before:
        return f"{label} up to {frozen:%H:%M:%S}"
    values = [value for _, value, _ in before]
    low, high, last = (words.value(value, evidence["metric"]) for value in (min(values), max(values), values[-1]))
    return (
        f"{label} from {_clock(before[0][0], zone)} to {frozen:%H:%M:%S}: between {low} and {high}, at the end {last}"
    )

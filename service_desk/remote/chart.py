"""The readings before an alarm as an SVG that stands alone: the line, its limits, the points that triggered it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from typing import Any

from collector.metrics import METRICS
from service_desk import words

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 60, 10, 24, 24
_HEAD = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
    f'font-family="sans-serif" font-size="12"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>'
)

Point = tuple[float, float, bool]
"""Milliseconds since 1970, value, whether it triggered the alarm."""


def svg(evidence: dict[str, Any], zone: tzinfo) -> str:
    """The drawing; "" when there are fewer than two numbers."""
    points = [
        (float(ms), float(value), bool(triggering))
        for ms, value, triggering in evidence.get("points") or ()
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    if len(points) < 2 or points[0][0] == points[-1][0]:
        return ""
    limits = [float(limit) for limit in (evidence.get("low"), evidence.get("high")) if limit is not None]
    metric = evidence["metric"]
    known = METRICS.get(metric)
    title = escape(f"{known.label if known else metric}, {evidence.get('subject', '')}")
    frame = _Frame.around(points, limits)
    return "".join(
        [
            _HEAD,
            f'<text x="{LEFT}" y="16">{title}</text>',
            *frame.limits(metric, limits),
            *frame.line(points),
            *frame.times(zone),
            "</svg>",
        ]
    )


@dataclass(frozen=True)
class _Frame:
    first: float
    last: float
    low: float
    high: float

    @classmethod
    def around(cls, points: Sequence[Point], limits: Sequence[float]) -> "_Frame":
        values = [value for _, value, _ in points] + [*limits]
        margin = 0.08 * (max(values) - min(values)) or 1.0
        return cls(points[0][0], points[-1][0], min(values) - margin, max(values) + margin)

    def x(self, ms: float) -> float:
        return LEFT + (ms - self.first) / (self.last - self.first) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (value - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def limits(self, metric: str, limits: Sequence[float]) -> Iterator[str]:
        for limit in limits:
            y = self.y(limit)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#b3261e" stroke-dasharray="4 4"/>'
            yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{words.number(metric, limit)}</text>'

    def line(self, points: Sequence[Point]) -> Iterator[str]:
        line = " ".join(f"{self.x(ms):.1f},{self.y(value):.1f}" for ms, value, _ in points)
        yield f'<polyline points="{line}" fill="none" stroke="#1f4e79" stroke-width="1.5"/>'
        for ms, value, triggering in points:
            if triggering:
                at = f'cx="{self.x(ms):.1f}" cy="{self.y(value):.1f}"'
                yield f'<circle {at} r="4" fill="none" stroke="#b3261e" stroke-width="2"/>'

    def times(self, zone: tzinfo) -> Iterator[str]:
        for ms, anchor in ((self.first, "start"), (self.last, "end")):
            at = datetime.fromtimestamp(ms / 1000, zone)
            yield f'<text x="{self.x(ms):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}">{at:%H:%M}</text>'

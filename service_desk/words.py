"""Values, limits and durations in a person's words. Numbers and their unit never part (no-break space)."""

import re
from datetime import timedelta

from collector.metrics import METRICS
from collector.reading import Value

_UNITS = {
    "s": 1, "second": 1, "seconds": 1,
    "min": 60, "minute": 60, "minutes": 60,
    "h": 3600, "hour": 3600, "hours": 3600,
    "day": 86400, "days": 86400,
    "week": 604800, "weeks": 604800,
}  # fmt: skip
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)")
LONGEST = timedelta(days=366)
"""No duration is longer: a moment so far away can be reckoned with, and means that somebody slipped."""

_MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"


def duration_of(text: object) -> timedelta:
    """`"10 min"`, `"60 s"`, `"4 h"`, `"1 day"`, `"1 week"` as a timedelta. Raises ValueError."""
    if isinstance(text, timedelta):
        return text
    found = _DURATION.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None or found[2] not in _UNITS:
        raise ValueError(f'{text!r} is not a duration; write it like "10 min", "60 s", "4 h", "1 day"')
    seconds = float(found[1]) * _UNITS[found[2]]
    if seconds > LONGEST.total_seconds():
        raise ValueError(f"{text!r} is longer than {LONGEST.days} days")
    return timedelta(seconds=seconds)


def duration(span: timedelta) -> str:
    """A span as people say it: "60 s", "25 min", "4 h 5 min", "3 days"."""
    seconds = max(0, round(span.total_seconds()))
    if seconds < 120:
        return f"{seconds}{NBSP}s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes}{NBSP}min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{NBSP}h" + (f" {rest}{NBSP}min" if rest else "")
    return f"{hours // 24}{NBSP}days"


def number(metric: str, value: float) -> str:
    """A number with the digits its metric needs: "1,180", "−0.4"."""
    known = METRICS.get(metric)
    text = f"{value:,.{known.digits if known else 1}f}"
    return text.replace("-", _MINUS) if float(text.replace(",", "")) else text.lstrip("-")


def value_words(metric: str, value: Value | None) -> str:
    """A value with its unit ("8.9 °C"); booleans as yes and no, except doors (open, closed)."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return {"door_open": ("closed", "open")}.get(metric, ("no", "yes"))[value]
    if isinstance(value, str):
        return value
    known = METRICS.get(metric)
    return f"{number(metric, value)}{NBSP}{known.shown}" if known and known.shown else number(metric, value)


def limits_words(metric: str, low: float | None, high: float | None) -> str:
    """What is normal between limits: "2–8 °C", "at most 1,000 ppm", "at least 30 %"."""
    known = METRICS.get(metric)
    unit = f"{NBSP}{known.shown}" if known and known.shown else ""

    def plain(limit: float) -> str:
        return f"{limit:,g}".replace("-", _MINUS)

    if low is not None and high is not None:
        return f"{plain(low)}\N{EN DASH}{plain(high)}{unit}" if low >= 0 else f"{plain(low)} to {plain(high)}{unit}"
    if high is not None:
        return f"at most {plain(high)}{unit}"
    if low is not None:
        return f"at least {plain(low)}{unit}"
    return ""

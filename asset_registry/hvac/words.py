"""Values, limits, pressures and times in a person's words; a number and its unit never part."""

from datetime import datetime, timedelta, tzinfo

from collector.metrics import METRICS

NBSP = "\u00a0"


def value_words(metric: str, value: float | None) -> str:
    """A value as a person reads it: "22.4 °C", "4.1 changes/h", "−0.4 Pa"; a pressure always has its sign."""
    if value is None:
        return "unknown"
    known = METRICS[metric]
    unit = "changes/h" if metric == "air_changes" else known.shown
    number = plain(value, known.digits)
    if metric == "differential_pressure":
        number = signed(number)
    return f"{number}{NBSP}{unit}".rstrip()


def limit_words(low: float | None, high: float | None) -> str:
    """A range as a person reads it; "" when it is open on both sides."""
    if low is not None and high is not None:
        return f"normal {plain(low)}–{plain(high)}" if low >= 0 else f"normal {plain(low)} to {plain(high)}"
    if low is not None:
        return f"at least {plain(low)}"
    return f"at most {plain(high)}" if high is not None else ""


def bound_words(low: float | None, high: float | None) -> str:
    """What a pressure must be: "at most −2.5 Pa", "at least +2.5 Pa", "between −7.5 and −2.5 Pa"."""
    if low is not None and high is not None:
        return f"between {signed(plain(low))} and {signed(plain(high))}{NBSP}Pa"
    if high is not None:
        return f"at most {signed(plain(high))}{NBSP}Pa"
    return f"at least {signed(plain(low or 0.0))}{NBSP}Pa"


def direction_words(pascal: float, reference: str) -> str:
    """Which way the air goes at a pressure to the reference space."""
    if pascal < 0:
        return f"air flows in from {reference}"
    return f"air flows out to {reference}" if pascal > 0 else f"no air flows to or from {reference}"


def span_words(span: timedelta) -> str:
    """A length of time: "40 s", "9 min", "72 min", "2 h", "30 h", "3 d"."""
    seconds = int(span.total_seconds())
    for unit, size, start in (("d", 86400, 172_800), ("h", 3600, 7200), ("min", 60, 60)):
        if seconds >= start:
            return f"{seconds // size}{NBSP}{unit}"
    return f"{max(0, seconds)}{NBSP}s"


def moment_words(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """A time: "07:39 CET" today, "23 Nov, 07:39 CET" on another day."""
    here, today = moment.astimezone(zone), now.astimezone(zone)
    day = "" if here.date() == today.date() else f"{here.day} {here:%b}, "
    return f"{day}{here:%H:%M %Z}"


def signed(number: str) -> str:
    """With a plus sign when it is more than nothing."""
    return number if number.startswith("−") or not number.strip("0.,") else f"+{number}"


def plain(value: float, digits: int | None = None) -> str:
    """With a true minus sign and no more decimals than it needs, or `digits`."""
    text = f"{value:,.{digits}f}" if digits is not None else f"{value:,g}"
    return text.replace("-", "−") if float(text.replace(",", "")) else text.replace("-", "")

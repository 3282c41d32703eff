"""Values, ages, ranges and times in a person's words, the same on every screen."""

from datetime import datetime, timedelta, tzinfo

from collector.metrics import METRICS
from collector.reading import Reading, Value

NBSP = "\u00a0"
MINUS = "\u2212"

_STATES = {
    "door_open": ("open", "closed"),
    "locked": ("locked", "unlocked"),
    "light_on": ("on", "off"),
    "switch_on": ("on", "off"),
    "running": ("running", "stopped"),
    "mains": ("on mains", "on battery"),
    "occupancy": ("occupied", "empty"),
    "link_up": ("up", "down"),
    "leak": ("leak", "dry"),
    "battery_low": ("low", "fine"),
}


def number(amount: float, digits: int | None = None) -> str:
    """A number like "−2.5": a true minus sign; `digits` decimals, or up to 3 as it has them when not given."""
    text = f"{amount:,.3f}".rstrip("0").rstrip(".") if digits is None else f"{amount:,.{digits}f}"
    if text.strip("-0.,") == "":
        text = text.lstrip("-")  # no "−0.0"
    return text.replace("-", MINUS)


def value(reading: Reading | Value | None, metric: str = "") -> str:
    """A value like "24.6 °C" with a no-break space; a word for a switch or a door; "unknown" for None."""
    if isinstance(reading, Reading):
        metric, reading = reading.metric, reading.value
    if reading is None:
        return "unknown"
    if isinstance(reading, bool):
        yes, no = _STATES.get(metric, ("yes", "no"))
        return yes if reading else no
    if isinstance(reading, str):
        return reading
    known = METRICS.get(metric)
    if known is None:
        return number(reading)
    text = number(reading, known.digits)
    return f"{text}{NBSP}{known.shown}" if known.shown else text


def label(metric: str) -> str:
    """The words for a metric ("Temperature"); the name itself for a metric that is not in the table."""
    known = METRICS.get(metric)
    return known.label if known else metric


def unit(metric: str) -> str:
    """The unit as written on a screen: "°C", "" when it has none."""
    known = METRICS.get(metric)
    return known.shown if known else ""


def range_words(low: float | None, high: float | None) -> str:
    """Limits in words: "20–24", "at most 8", "at least 2.5", "" without limits."""
    if low is None and high is None:
        return ""
    if low is None:
        return f"at most {number(high or 0.0)}"
    if high is None:
        return f"at least {number(low)}"
    between = " to " if low < 0 or high < 0 else "–"
    return f"{number(low)}{between}{number(high)}"


def age(span: timedelta | None) -> str:
    """A span like "3 s", "9 min", "2 h", "3 d"; "never" for None. What lies in the future is "0 s"."""
    if span is None:
        return "never"
    seconds = max(0, int(span.total_seconds()))
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size}{NBSP}{name}"
    return f"{seconds}{NBSP}s"


def local(moment: datetime | None, zone: tzinfo, now: datetime) -> str:
    """A time like "07:42 CET" today, "Mon 23 Nov, 07:42 CET" on other days, with the year in another year."""
    if moment is None:
        return "never"
    here, today = moment.astimezone(zone), now.astimezone(zone)
    time = f"{here:%H:%M} {here:%Z}"
    if here.date() == today.date():
        return time
    year = f" {here.year}" if here.year != today.year else ""
    return f"{here:%a} {here.day} {here:%b}{year}, {time}"


def exact(moment: datetime | None, zone: tzinfo) -> str:
    """A time like "24 Nov 2026, 07:42:10 CET": what stands in a title beside a relative time."""
    if moment is None:
        return "never"
    here = moment.astimezone(zone)
    return f"{here.day} {here:%b %Y, %H:%M:%S} {here:%Z}"

"""A room's status in words: the worst first, with value, limit, for how long, and the door."""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from asset_registry.hvac.profiles import Profile
from asset_registry.hvac.status import Door, Measure, judged
from asset_registry.hvac.words import bound_words, moment_words, span_words, value_words
from collector.metrics import METRICS

_PRESSURE = "differential_pressure"
WORTH_SAYING = timedelta(seconds=10)
_HIGH = {
    "temperature": "is too warm",
    "humidity": "is too humid",
    "co2": "has stale air",
    "air_changes": "has too many air changes",
    "pm25": "has too many particles",
    "pm10": "has too many particles",
}
_LOW = {
    "temperature": "is too cold",
    "humidity": "is too dry",
    "co2": "has an odd CO₂ value",
    "air_changes": "is short of air",
    "pm25": "has an odd particle value",
    "pm10": "has an odd particle value",
}
_SHOWN_FIRST = (_PRESSURE, "temperature", "air_changes", "humidity", "co2", "pm25", "pm10")


def sentence(
    number: str, profile: Profile, measures: Sequence[Measure], door: Door | None, zone: tzinfo, now: datetime
) -> str:
    """How the room is, in one sentence."""
    out = [measure for measure in measures if measure.state == "out"]
    if door is not None and door.held:
        pressure = next((measure for measure in out if measure.metric == _PRESSURE), None)
        rest = len(out) - (pressure is not None)
        return door_words(number, profile, door, pressure, now) + _more(rest)
    if out:
        return out_words(number, profile, out[0], door, now) + _more(len(out) - 1)
    if (blind := unseen(profile, measures)) is not None:
        return _unknown(number, blind, measures, zone, now)
    if door is not None and any(measure.state == "paused" for measure in measures):
        grace = f"{profile.door_grace_s:g}\u00a0s"
        return f"{number}: its door is open, so its pressure is not judged; from {grace} on it is held open"
    fresh = [measure for measure in measures if measure.state == "ok"]
    if not fresh:
        return f"{number}: unknown, no air sensor has reported from here"
    shown = sorted(fresh, key=lambda measure: _SHOWN_FIRST.index(measure.metric))[:2]
    words = ", ".join(value_words(measure.metric, measure.value) for measure in shown)
    return f"In range: {words}" if profile.ranges else f"No requirement is set: {words}"


def _more(count: int) -> str:
    return f"; {count} more out of range" if count else ""


def unseen(profile: Profile, measures: Sequence[Measure]) -> Measure | None:
    """What must be known and is not: the pressure that protects somebody, or what has fallen silent."""
    if profile.protects:
        for measure in measures:
            if measure.metric == _PRESSURE and measure.state in ("old", "none"):
                return measure
    return next((measure for measure in judged(measures) if measure.state == "old"), None)


def _unknown(number: str, blind: Measure, measures: Sequence[Measure], zone: tzinfo, now: datetime) -> str:
    if not any(measure.state == "ok" for measure in measures):
        heard = [measure.reading.at for measure in measures if measure.reading is not None]
        if heard:
            return f"{number}: unknown since {moment_words(max(heard), now, zone)}"
    word = "pressure" if blind.metric == _PRESSURE else METRICS[blind.metric].label
    if blind.metric != "co2":
        word = word.lower()
    if blind.reading is None:
        return f"{number}: its {word} is unknown, it has not been reported yet"
    return f"{number}: its {word} is unknown since {moment_words(blind.reading.at, now, zone)}"


def out_words(number: str, profile: Profile, measure: Measure, door: Door | None, now: datetime) -> str:
    """What is out of range, against its limit, for how long: "4.12 is +0.8 Pa to the corridor, must be …"."""
    span = now - measure.since if measure.since is not None else timedelta()
    held = f", for {span_words(span)}" if span >= WORTH_SAYING else ""
    value = value_words(measure.metric, measure.value)
    if measure.metric == _PRESSURE:
        must = bound_words(measure.low, measure.high)
        beside = f", {door.words}" if door is not None else ""
        return f"{number} is {value} to {profile.reference}, must be {must}{held}{beside}"
    low = measure.low is not None and measure.value is not None and measure.value < measure.low
    verb = (_LOW if low else _HIGH)[measure.metric]
    return f"{number} {verb}: {value}, {measure.limit_words}{held}"


def door_words(number: str, profile: Profile, door: Door, pressure: Measure | None, now: datetime) -> str:
    """A door that is held open, and what that does."""
    span = span_words(now - door.since)
    if pressure is None:
        return f"{number}: its door has been held open for {span}"
    if not profile.protects:
        verb = "has the wrong pressure"
    elif pressure.high is not None and pressure.high < 0:
        verb = "is not isolating"
    else:
        verb = "is not protected by its pressure"
    return f"{number} {verb}: its door has been open for {span}"

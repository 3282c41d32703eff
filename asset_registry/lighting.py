"""Is a light left on where nobody is? Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from asset_registry.hvac import span_words
from collector.reading import Quality, Reading

LEFT_ON_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class LightStatus:
    """`on` and `occupied` are None when unknown; `left_on_since`: from when on it has burned for nobody."""

    on: bool | None
    occupied: bool | None
    left_on_since: datetime | None
    sentence: str


def judge_light(
    readings: Mapping[str, Reading],
    now: datetime,
    *,
    since: Mapping[str, datetime] | None = None,
    left_on_after: timedelta = LEFT_ON_AFTER,
) -> LightStatus:
    """The light of a room from its newest `light_on`, `occupancy` and `power`, by metric.

    `since` says from when on the present value of `light_on` and `occupancy` holds; else the readings' own times count.
    A light is left on when it is on and the room has been empty, both for longer than `left_on_after`.
    """
    on, occupied = _truth(readings.get("light_on")), _truth(readings.get("occupancy"))
    if on is None:
        return LightStatus(None, occupied, None, "")
    if not on:
        return LightStatus(False, occupied, None, "Light off")
    if occupied is None:
        return LightStatus(True, None, None, "Light on")
    if occupied:
        return LightStatus(True, True, None, "Light on, room occupied")
    starts = [(since or {}).get(metric, readings[metric].at) for metric in ("light_on", "occupancy")]
    wasted_since = max(starts)
    if now - wasted_since < left_on_after:
        return LightStatus(True, False, None, "Light on, room empty")
    watts = _watts(readings.get("power"))
    sentence = f"Light on in an empty room for {span_words(now - wasted_since)}{watts}"
    return LightStatus(True, False, wasted_since, sentence)


def _truth(reading: Reading | None) -> bool | None:
    if reading is None or reading.quality is Quality.BAD or not isinstance(reading.value, bool):
        return None
    return reading.value


def _watts(power: Reading | None) -> str:
    if power is None or isinstance(power.value, bool | str):
        return ""
    return f", {power.value:,.0f}\u00a0W"

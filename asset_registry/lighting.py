"""Is a light left on where nobody is, faulty, or without its emergency test? Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from asset_registry.hvac.words import NBSP, moment_words, span_words
from collector.reading import Quality, Reading

LEFT_ON_AFTER = timedelta(minutes=30)

PASSED = frozenset({"passed", "ok"})
"""What an emergency luminaire says of a test that it has passed (IEC 62034: automatic test systems)."""


@dataclass(frozen=True)
class LightStatus:
    """`on` and `occupied` are None when unknown; `left_on_since`: from when on it has burned for nobody.

    `level` in per cent of a dimmed light; `faults` in words; `tested` the newest emergency test; `watts` of all lamps.
    """

    on: bool | None
    occupied: bool | None
    left_on_since: datetime | None
    sentence: str
    level: float | None = None
    faults: tuple[str, ...] = ()
    tested: Reading | None = None
    watts: float | None = None

    def wasted_kwh(self, now: datetime) -> float | None:
        """The energy that burned for nobody, at what the lamps draw now; None when that is not known."""
        if self.left_on_since is None or self.watts is None:
            return None
        return self.watts * (now - self.left_on_since).total_seconds() / 3_600_000


def judge_light(
    readings: Mapping[str, Reading],
    now: datetime,
    *,
    lamps: Sequence[Mapping[str, Reading]] = (),
    since: Mapping[str, datetime] | None = None,
    left_on_after: timedelta = LEFT_ON_AFTER,
    zone: tzinfo = UTC,
) -> LightStatus:
    """The light of a room from its newest `light_on`, `brightness`, `occupancy`, …, by metric.

    Of several `lamps` one is enough for light; each has its own fault, test and power.
    `since` says from when on the present value of `light_on` and `occupancy` holds; else the readings' own times count.
    A light is left on when it is on and the room has been empty, both for longer than `left_on_after`.
    """
    each = list(lamps) or [readings]
    lit = [lamp for lamp in each if _truth(lamp.get("light_on"))]
    on = True if lit else _truth(readings.get("light_on"))
    occupied = _truth(readings.get("occupancy"))
    tests = [lamp["emergency_test"] for lamp in each if "emergency_test" in lamp]
    status = {
        "level": max((level for lamp in lit if (level := _number(lamp.get("brightness"))) is not None), default=None),
        "faults": tuple(_faults(each, now, zone)),
        "tested": min(tests, key=lambda test: (test.value in PASSED, test.at), default=None),
        "watts": _sum(lit),
    }
    left_on, sentence = _left_on(on, occupied, readings, now, since or {}, left_on_after)
    watts = status["watts"]
    if left_on is not None and isinstance(watts, float):
        sentence = f"{sentence}, {watts:,.0f}{NBSP}W"
    return LightStatus(on, occupied, left_on, sentence, **status)  # type: ignore[arg-type] # each by its name


def _left_on(
    on: bool | None,  # noqa: FBT001 - a reading's value
    occupied: bool | None,  # noqa: FBT001 - a reading's value
    readings: Mapping[str, Reading],
    now: datetime,
    since: Mapping[str, datetime],
    after: timedelta,
) -> tuple[datetime | None, str]:
    if on is None:
        return None, ""
    if not on:
        return None, "Light off"
    if occupied is None:
        return None, "Light on"
    if occupied:
        return None, "Light on, room occupied"
    wasted = max(since.get(metric, readings[metric].at) for metric in ("light_on", "occupancy"))
    if now - wasted < after:
        return None, "Light on, room empty"
    return wasted, f"Light on in an empty room for {span_words(now - wasted)}"


def _faults(lamps: Sequence[Mapping[str, Reading]], now: datetime, zone: tzinfo) -> list[str]:
    found = ["Lamp fault" for lamp in lamps if _truth(lamp.get("light_fault"))]
    for lamp in lamps:
        test = lamp.get("emergency_test")
        if test is not None and test.value not in PASSED:
            found.append(f"Emergency light: test {test.value}, {moment_words(test.at, now, zone)}")
    return found


def _truth(reading: Reading | None) -> bool | None:
    if reading is None or reading.quality is Quality.BAD or not isinstance(reading.value, bool):
        return None
    return reading.value


def _number(reading: Reading | None) -> float | None:
    if reading is None or reading.quality is Quality.BAD or isinstance(reading.value, bool | str):
        return None
    return float(reading.value)


def _sum(lamps: Sequence[Mapping[str, Reading]]) -> float | None:
    drawn = [watts for lamp in lamps if (watts := _number(lamp.get("power"))) is not None]
    return sum(drawn) if drawn else None

"""What is given up, and in which order, when the spool has little room left (DESIGN section 3). No I/O.

From 0.8 of its room sightings go. From 0.9 on what rooms and machines say of themselves all day is thinned; the last
tenth is for vitals, states, texts, fridges, water, doors, gases, and what thinning keeps. When all of it is
used the spool refuses, and nothing is acknowledged. Each step ends a twentieth below where it began.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from collector.metrics import METRICS
from collector.reading import Item, Reading, Sighting

SIGHTINGS_UNTIL = 0.8
THINNED_FROM = 0.9
ALARM = "nearly full"
"""The technical alarm of `DEVICE` from `THINNED_FROM` on, "" below: while there is still room for it."""

DEVICE = "link:wardkeeper/spool"
METRIC = "technical_alarm"

_BACK = 0.05
_EVERY = timedelta(minutes=1)
_PART = 0.01
_SERIES = 500_000
_FAMILIES = ("environment", "hvac", "lighting", "power")
_UNITS = {
    metric.name: 10.0**-metric.digits
    for metric in METRICS.values()
    if metric.family in _FAMILIES and metric.kind is float
}


class Sacrifice:
    """Thinning keeps of each series what is a minute after, or more than a step from, the last that was kept.

    A step is one in the last digit a person is shown, or a hundredth of the value. So whatever a rule looks at, what it
    is given is never further than a step from what was heard, nor a minute old; a change of quality is kept too.
    """

    def __init__(self) -> None:
        self._sightings = False  # are dropped
        self.thinning = False
        self._last: dict[tuple[str, str, str], Reading] = {}

    def look(self, fullness: float) -> None:
        """Decide for what comes next; `fullness` from 0 to 1."""
        self._sightings = fullness >= SIGHTINGS_UNTIL - _BACK * self._sightings
        self.thinning = fullness >= THINNED_FROM - _BACK * self.thinning
        if not self.thinning:
            self._last.clear()

    @property
    def calm(self) -> bool:
        """Whether everything is kept."""
        return not self._sightings

    def spared(self, items: list[Item], dropped: Counter[str]) -> list[Item]:
        """What is kept of sound items, counting in `dropped` what is not."""
        if not self._sightings:
            return items
        return [item for item in items if self._spares(item, dropped)]

    def says(self, known: object, now: datetime) -> Sequence[Reading]:
        """The alarm, when it is another than the one that is `known`."""
        word = ALARM if self.thinning else ""
        return [] if word == (known or "") else [Reading(DEVICE, METRIC, word, now, now)]

    def _spares(self, item: Item, dropped: Counter[str]) -> bool:
        if isinstance(item, Sighting):
            dropped["sighting, spool nearly full"] += 1
            return False
        if self.thinning and isinstance(item, Reading) and self._is_close(item):
            dropped["thinned, spool nearly full"] += 1
            return False
        return True

    def _is_close(self, reading: Reading) -> bool:
        """Whether the last one that was kept of its series says as much; else this one is it."""
        unit = _UNITS.get(reading.metric)
        value = reading.value
        if unit is None or isinstance(value, bool | str):
            return False
        series = (reading.device, reading.metric, reading.gateway)
        last = self._last.get(series)
        if (
            last is not None
            and last.quality is reading.quality
            and timedelta(0) <= reading.received - last.received < _EVERY
            and abs(value - float(last.value)) <= max(unit, _PART * abs(float(last.value)))
        ):
            return True
        if len(self._last) >= _SERIES:
            self._last.clear()
        self._last[series] = reading
        return False


def words(fullness: float) -> str:
    """What a person is told; "" while there is room."""
    if fullness < SIGHTINGS_UNTIL:
        return ""
    if fullness >= 1:
        return "The spool is full: nothing is acknowledged, and what comes waits where it is sent. Are all readers up?"
    what = (
        "sightings are dropped and readings of rooms thinned" if fullness >= THINNED_FROM else "sightings are dropped"
    )
    return f"The spool is {100 * fullness:.0f} % full: {what}. Are all readers up, has its disk room?"

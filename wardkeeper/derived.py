"""What Wardkeeper works out by itself becomes readings, so that rules judge it like everything else (DESIGN section 3).

The device is `place:7`, `asset:7` or, of a par level, `place:7/infusion pump`; the gateway `wardkeeper`. A text is the
sentence while it holds and "" when it does not. Rooms' air, cold stores, par levels, what is due, and what left.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from asset_registry.known import KnownAsset
from asset_registry.leaving import LEFT, Departure, Leaving
from asset_registry.snapshot import Snapshot
from asset_registry.usage.par import Level, levels_of, pars
from collector.reading import OWN_GATEWAY, Item, Reading, Value
from dashboards.cold_view import colds_of
from dashboards.context import Context
from dashboards.rooms import room_status
from dashboards.usage_view import usable_now
from service_desk.rules import cold_chain, room_profile

EVERY_S = 15.0
AGAIN = timedelta(minutes=10)
"""What holds is said again so often: its sentence tells for how long."""

SOON = 60
"""So many days before it is due it is told."""

Said = tuple[str, str]
"""A device and a metric."""


class Derived:
    """`run` is for a supervised thread."""

    def __init__(self, here: Context, offer: Callable[[Sequence[Item]], bool]) -> None:
        self._here = here
        self._offer = offer
        self._said: dict[Said, tuple[Value, datetime]] = {}
        self._primed = False
        self._leaving = Leaving()
        self._departed: list[Departure] = []

    def run(self, stop: threading.Event) -> None:
        """Say what is new, until `stop`."""
        while not self._here.clock.wait(stop, EVERY_S):
            self.tick()

    def tick(self) -> None:
        """Say what has changed, what holds again after a while, and that what is gone holds no more."""
        if self._here.snapshots.current.revision < 0:
            return
        self._prime()
        now, today = self._here.clock.now(), dict(self.holds())
        ended: dict[Said, Value] = {key: _nothing(value) for key, (value, _) in self._said.items() if key not in today}
        news = {key: value for key, value in (ended | today).items() if self._is_news(key, value, now)}
        readings = [Reading(*key, value, now, now, OWN_GATEWAY) for key, value in news.items()]
        self._departed += self._leaving.look(self._here.snapshots.current, self._here.latest, now)
        # of the time when it was last heard, as in the timeline
        left = [
            Reading(f"asset:{each.asset_id}", LEFT, each.zone, each.at, now, OWN_GATEWAY) for each in self._departed
        ]
        if (readings or left) and self._offer(readings + left):
            self._said |= {key: (value, now) for key, value in news.items()}
            self._departed = []
            for key in ended:
                self._said.pop(key, None)

    def _prime(self) -> None:
        """What was said before this process began."""
        if self._primed:
            return
        latest = self._here.latest
        for device in latest.devices():
            if device.startswith(("place:", "asset:")):
                of = latest.of(device)
                if (left := of.pop(LEFT, None)) is not None and left.value:
                    asset = int(device.removeprefix("asset:"))
                    self._leaving.left[asset] = Departure(asset, str(left.value), left.at)
                self._said |= {(device, metric): (said.value, said.at) for metric, said in of.items() if said.value}
        self._primed = True

    def _is_news(self, key: Said, value: Value, now: datetime) -> bool:
        before, at = self._said.get(key, (None, now))
        if isinstance(value, str):
            return bool(value) != bool(before) or (bool(value) and now - at >= AGAIN)
        return value != before

    def holds(self) -> Iterator[tuple[Said, Value]]:
        """All that holds now. Raises Unreachable."""
        here, known = self._here, self._here.snapshots.current
        for room in known.rooms:
            for notice in room_status(here, known, room).notices:
                yield (f"place:{room.id}", room_profile.METRICS[notice.kind]), notice.text
        with here.database.read() as session:
            colds, levels = colds_of(session, here), levels_of(pars(session), known, usable_now(here))
        for cold in colds:
            if cold.status.state in cold_chain.METRICS:
                yield (f"asset:{cold.asset.id}", cold_chain.METRICS[cold.status.state]), cold.status.sentence
            if cold.store.valid_until is not None:
                yield from self._due(cold.asset, "calibration_due_in", cold.store.valid_until)
        for level in levels:
            if level.wanting:
                yield (f"place:{level.par.place_id}/{level.par.category}", "par_short"), _short(known, level)
        for asset in known.assets.values():
            if asset.holding not in ("retired", "missing"):
                yield from self._due(asset, "maintenance_due_in", asset.maintenance_due)
                yield from self._due(asset, "return_due_in", asset.return_due)

    def _due(self, asset: KnownAsset, metric: str, day: date | None) -> Iterator[tuple[Said, Value]]:
        today = self._here.clock.now().astimezone(self._here.zone).date()
        if day is not None and (day - today).days <= SOON:
            yield (f"asset:{asset.id}", metric), float((day - today).days)


def _nothing(value: Value) -> Value:
    """Of what is gone: no sentence, and a day that is far."""
    return "" if isinstance(value, str) else float(SOON + 1)


def _short(known: Snapshot, level: Level) -> str:
    """As "Ward 4B has 2 infusion pumps that can be taken, should have 6"."""
    place, count = known.places[level.par.place_id], len(level.here)
    many = level.par.category + ("" if count == 1 else "s")
    return f"{place.name or place.number} has {count} {many} that can be taken, should have {level.par.least}"

"""Tags a second of the location engine on one core, in a simulated hospital of ten floors with walls."""

import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from asset_registry.locating.layout import GatewayAt, Plan, Room
from asset_registry.locating.mapped import MappedSite
from asset_registry.locating.model import Model
from asset_registry.locating.radiomap import BEHIND_WALLS
from collector.reading import Sighting
from wardkeeper.bench.load import machine

_FLOORS, _COLUMNS, _ROWS = 10, 10, 5
_WIDE, _DEEP = 6.0, 6.0
_TAGS, _PER_S = 5_000, 10_000
_NEAR = 6
"""So many gateways hear a tag."""

_SECONDS, _QUICK_SECONDS = 30, 4
_START = datetime(2026, 11, 24, 12, tzinfo=UTC)


def measure(*, quick: bool) -> dict[str, Any]:
    """How long a second of 10,000 sightings takes, and how old a sighting is when its fix is there, at most."""
    tags = 500 if quick else _TAGS
    plan, near = _hospital(np.random.default_rng(1), tags)
    begin = time.perf_counter()
    site = MappedSite(Model(plan, radio=BEHIND_WALLS), {room.id: n for n, room in enumerate(plan.rooms)})
    built = time.perf_counter() - begin
    took, fixes, right = [], 0, 0
    seconds = _second(near, tags, tags * _PER_S // _TAGS)
    warm = 15  # until every tag is settled
    for n in range(warm + (_QUICK_SECONDS if quick else _SECONDS)):
        heard = seconds(n)
        now = _START + timedelta(seconds=n + 1)
        begin, processor = time.perf_counter(), time.process_time()
        for sighting in heard:
            site.hear(sighting)
        found = list(site.judge(now))
        if n >= warm:
            took.append((time.process_time() - processor, time.perf_counter() - begin))
            fixes += len(found)
            right += sum(fix.place_id == near[int(fix.tag)][0] for fix in found)
    work = [spent for spent, _ in took]
    return {
        "tags": tags,
        "gateways": len(plan.gateways),
        "sightings_per_s": tags * _PER_S // _TAGS,
        "processor_s_per_s": round(statistics.median(work), 3),
        "processor_s_per_s_most": round(max(work), 3),
        "fix_after_s_most": round(1.0 + max(elapsed for _, elapsed in took), 2),
        "fixes_per_s": round(fixes / len(took)),
        "right_share": round(right / fixes, 3),
        "maps_made_in_s": round(built, 2),
        "threads": os.environ.get("OPENBLAS_NUM_THREADS", "as many as there are cores"),
        "machine": machine(),
    }


_Near = list[tuple[int, list[tuple[str, float]]]]
"""Of each tag its room, and the gateways that hear it with their levels."""


def _hospital(chance: np.random.Generator, tags: int) -> tuple[Plan, _Near]:
    rooms, gateways = [], []
    for floor in range(_FLOORS):
        for column in range(_COLUMNS):
            for row in range(_ROWS):
                x, y = column * _WIDE, row * _DEEP
                corners = [(x, y), (x + _WIDE, y), (x + _WIDE, y + _DEEP), (x, y + _DEEP)]
                rooms.append(Room(f"{floor}-{column}-{row}", str(floor), corners))
                gateways.append(GatewayAt(f"gw-{floor}-{column}-{row}", x + _WIDE / 2, y + _DEEP / 2, str(floor)))
    hung = np.array([(one.x_m, one.y_m) for one in gateways])
    on = np.array([int(one.floor) for one in gateways])
    near: _Near = []
    for _ in range(tags):
        room = int(chance.integers(len(rooms)))
        at = np.array(rooms[room].outline[0]) + chance.uniform(0.5, _WIDE - 0.5, 2)
        metres = np.where(on == on[room], np.hypot(*(hung - at).T), 1e6)
        closest = metres.argsort()[:_NEAR]
        level = -59 - 24 * np.log10(metres[closest] + 1) - 3.5 * (closest != room) + chance.normal(0, 3.3, _NEAR)
        near.append((room, [(gateways[n].id, float(dbm)) for n, dbm in zip(closest, level, strict=True)]))
    return Plan(gateways, rooms, walls=True), near


def _second(near: _Near, tags: int, sightings: int) -> Callable[[int], list[Sighting]]:
    """What is heard in the n-th second."""
    chance = np.random.default_rng(2)

    def heard(n: int) -> list[Sighting]:
        which = chance.integers(0, tags, sightings)
        slot = chance.integers(0, _NEAR, sightings)
        noise = chance.normal(0, 4, sightings)
        at = _START + timedelta(seconds=n)
        found = []
        for k in range(sightings):
            gateway, dbm = near[which[k]][1][slot[k]]
            found.append(Sighting(str(which[k]), gateway, dbm + float(noise[k]), at))
        return found

    return heard

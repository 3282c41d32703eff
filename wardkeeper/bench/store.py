"""The embedded store: points a second in, bytes a point, memory; and how long four questions take."""

from collections.abc import Callable
from typing import Any

from wardkeeper.bench.load import machine
from wardkeeper.bench.store_numbers import measure as measured

QUICK_POINTS = 200_000
_ASKED = ("latest_", "day_of_", "sealed_day_", "week_of_", "drop_day_")


def measure(points: int, told: Callable[[str], None], *, asked: bool) -> dict[str, Any]:
    """What answers take, in milliseconds (medians), or else what going in costs, with so many points."""
    found = {name: round(value, 2) for name, value in measured(points, told).items()}
    return {
        **{name: value for name, value in found.items() if name.startswith(_ASKED) == asked},
        "points": points,
        "machine": machine(),
    }

"""Medians over a few rounds."""

import statistics
import time
from collections.abc import Callable

ROUNDS = 7
QUICK_ROUNDS = 1


def rate(work: Callable[[], object], units: int, rounds: int) -> float:
    """Units a second of this process's time: the median."""
    took = []
    for _ in range(rounds):
        begin = time.process_time_ns()
        work()
        took.append(max(1, time.process_time_ns() - begin))
    return units * 1e9 / statistics.median(took)


def ratio(ours: Callable[[], object], theirs: Callable[[], object], units: int, rounds: int) -> dict[str, float]:
    """Both in turns: `per_s`, `reference_per_s` and the median of the ratios within a round."""
    pairs = [(rate(ours, units, 1), rate(theirs, units, 1)) for _ in range(rounds)]
    return {
        "per_s": round(statistics.median(mine for mine, _ in pairs)),
        "reference_per_s": round(statistics.median(other for _, other in pairs)),
        "ratio": round(statistics.median(mine / other for mine, other in pairs), 2),
    }

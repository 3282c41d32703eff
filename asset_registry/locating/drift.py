"""Whether the site still sounds like its map: what gateways hear more or less of than it expects, over days.

One tag says nothing, for fading stays with its place; the mean over many that dwell at many places does. A gateway that
was moved, turned, shielded or replaced shows; so does a map that is out of date.
"""

import numpy as np

from asset_registry.locating.arrays import Floats, Indices

EVERY_S = 600.0
_MEMORY_S = 86_400.0
_FEWEST_TAGS = 8
_FEWEST_TAKES = 6


class Drift:
    """Of each gateway, how much louder than the map it hears tags that dwell: a mean over about a day, in dB."""

    def __init__(self, gateways: int) -> None:
        self._mean: Floats = np.zeros(gateways)
        self._takes: Indices = np.zeros(gateways, dtype=np.int64)

    def take(self, gateways: Indices, louder_db: Floats) -> None:
        """One entry for each tag and gateway, every EVERY_S. A gateway with few tags is left alone."""
        count = np.bincount(gateways, minlength=len(self._mean))
        enough = np.flatnonzero(count >= _FEWEST_TAGS)
        mean = np.bincount(gateways, louder_db, len(self._mean))[enough] / count[enough]
        self._takes[enough] += 1
        share = np.maximum(1.0 / self._takes[enough], EVERY_S / _MEMORY_S)
        self._mean[enough] += share * (mean - self._mean[enough])

    def found(self) -> dict[int, float]:
        """Of the gateways that were taken often enough."""
        return {int(n): round(float(self._mean[n]), 1) for n in np.flatnonzero(self._takes >= _FEWEST_TAKES)}

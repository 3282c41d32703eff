"""Whether the site still sounds like its map: what gateways hear more or less of than it expects, over days.

One tag says nothing, for fading stays with its place; the mean over many that dwell at many places does. A gateway that
was moved, turned, shielded or replaced shows; so does a map that is out of date.
"""

import numpy as np

from asset_registry.locating.arrays import Bools, Floats, Indices

EVERY_S = 600.0
_MEMORY_S = 86_400.0
_FEWEST_TAGS = 8
_FEWEST_TAKES = 6

TAKEN_OFF_EVERY_S = 10.0
_FEWEST_PLACES = 8
_PLACES_A_ROOM = 4
_DOUBT = 5.0
"""So many places weigh as much as that gateways seldom drift: the square of fading (3.3 dB) by drift (1.5 dB)."""

_SHARE = 0.5


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


class Offsets:
    """By how many dB each gateway hears everything `louder` than its map just now; the last entry is no gateway's, 0.

    Learnt from tags at unknown places: what many of them say at once is the gateway's own. Of a room at most
    `_PLACES_A_ROOM` tags count, for what stands together fades together.
    """

    def __init__(self, gateways: int) -> None:
        self.louder: Floats = np.zeros(gateways + 1)
        self._taken: Bools = np.zeros(gateways, dtype=bool)

    def take(self, gateways: Indices, rooms: Indices, louder_db: Floats) -> None:
        """One entry for each tag and gateway: how much louder than the map, this correction not taken off."""
        if not len(gateways):
            return
        _, pair, tags = np.unique(np.stack([gateways, rooms]), axis=1, return_inverse=True, return_counts=True)
        weight = np.minimum(1.0, _PLACES_A_ROOM / tags[pair.reshape(-1)])
        size = len(self._taken)
        places, total = np.bincount(gateways, weight, size), np.bincount(gateways, weight * louder_db, size)
        enough = np.flatnonzero(places >= _FEWEST_PLACES)
        share = np.where(self._taken[enough], _SHARE, 1.0)
        self.louder[enough] += share * (total[enough] / (places[enough] + _DOUBT) - self.louder[enough])
        self._taken[enough] = True

"""From the map's belief in a room to a confidence that can be taken at its word.

A step function that never falls (isotonic regression), with only as many steps as the survey can tell apart: of each
step the share of right answers must be known to within about six points. Eighty positions give two steps, a thousand a
handful; a finer scale would promise what nobody measured.
"""

from itertools import pairwise

import msgspec
import numpy as np

from asset_registry.locating.arrays import Bools, Floats

MOST = 0.97
"""Nobody is surer: what a survey of one day cannot show."""

SURE_FROM = 0.95
"""From here on at most 1% may be wrong, so a step gets there only when 99.5% of it was right."""

_UNSURE = 0.94
_ERROR = 0.06
_BLOCKS = 100


class Calibration(msgspec.Struct, frozen=True):
    """From a belief of `above[n]` on, `right[n]` of the answers are right. Below `unknown` there is no answer.

    A tag that moves is only as sure as the map is, and no answer below `moving_unknown`. A room whose own gateways are
    all dead is at most `bereft` sure.
    """

    above: tuple[float, ...] = (0.0,)
    right: tuple[float, ...] = (0.8,)
    unknown: float = 0.2
    moving_unknown: float = 0.4
    bereft: float = 1.0

    def confidence(self, belief: Floats, moving: Bools, bereft: Bools) -> Floats:
        """0 to 1; 0 for no answer."""
        step = np.clip(np.searchsorted(np.array(self.above), belief, "right") - 1, 0, None)
        calm = np.where(belief < self.unknown, 0.0, np.array(self.right)[step])
        still_going = np.where(belief < self.moving_unknown, 0.0, np.minimum(belief, _UNSURE))
        sure = np.where(moving, np.minimum(calm, still_going), calm)
        return np.where(bereft, np.minimum(sure, self.bereft), sure)


UNSURVEYED = Calibration(above=(0.0, 0.3, 0.4, 0.5, 0.6, 0.75), right=(0.3, 0.45, 0.6, 0.75, 0.85, 0.92), bereft=0.65)
"""Where nothing was surveyed: from simulated buildings whose walls and path loss differ from what the map assumes.

A survey shows what the others know without a room's own gateway; a plan does not.
"""


def calibrate(belief: Floats, right: Bools, positions: int) -> Calibration:
    """`belief` and whether the answer was `right`, of answers at so many independent `positions`."""
    used = belief >= Calibration().unknown
    belief, right = belief[used], right[used]
    if not len(belief):
        return UNSURVEYED
    order = belief.argsort(kind="stable")
    edges = np.unique(np.linspace(0, len(order), _BLOCKS + 1).astype(int))
    blocks = [(float(belief[order[a]]), float(right[order[a:b]].sum()), float(b - a)) for a, b in pairwise(edges)]
    steps = _coarse(_rising(blocks), positions / len(order))
    above = (0.0, *(round(start, 4) for start, _, _ in steps[1:]))
    return Calibration(above=above, right=tuple(_claim(good / count) for _, good, count in steps))


def _claim(share: float) -> float:
    return round(min(share, MOST if share >= 0.995 else _UNSURE), 3)


Block = tuple[float, float, float]
"""Where it begins, how many were right, how many there are."""


def _joined(a: Block, b: Block) -> Block:
    return a[0], a[1] + b[1], a[2] + b[2]


def _rising(blocks: list[Block]) -> list[Block]:
    """Neighbours are pooled until shares rise (pool adjacent violators)."""
    found: list[Block] = []
    for block in blocks:
        found.append(block)
        while len(found) > 1 and found[-2][1] * found[-1][2] >= found[-1][1] * found[-2][2]:
            found[-2:] = [_joined(found[-2], found[-1])]
    return found


def _coarse(blocks: list[Block], positions_each: float) -> list[Block]:
    """From the top down, a step ends where it rests on enough positions, and the rest has enough too."""

    def error(block: Block) -> float:
        count = max(block[2] * positions_each, 1e-9)
        share = (block[1] + 0.5) / (block[2] + 1.0)
        return float(np.sqrt(share * (1 - share) / count + 0.25 / (count + 2.0) ** 2))

    found: list[Block] = []
    rest = list(blocks)
    while rest:
        step = rest.pop()
        while rest and error(step) > _ERROR:
            step = _joined(rest.pop(), step)
        found.append(step)
    while len(found) > 1 and error(found[-1]) > _ERROR:
        found[-2:] = [_joined(found[-1], found[-2])]
    return found[::-1]

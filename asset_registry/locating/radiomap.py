"""How loud each gateway of a floor hears a tag in each cell, and how surely: path loss and, where surveyed, a map.

Path loss is Recommendation ITU-R P.1238's form, level = a - n · 10 log10(d) - w · walls, with weak priors on a, n and
w, so that it also stands where nothing was surveyed. What a survey found beside it is a Gaussian process with an
exponential kernel. The likelihood of a cell then sees one averaged level per gateway: fading is a property of the spot
and does not shrink with more packets, so packets are never counted as independent evidence. A gain that all gateways
share (another model of tag, a body in front of it) is integrated out.
"""

from dataclasses import dataclass

import msgspec
import numpy as np

from asset_registry.locating.arrays import Bools, Floats
from asset_registry.locating.layout import Floor

DEAF_DBM = -92.0
"""A gateway that lives and hears nothing would have heard a tag louder than this."""


SURVEYED_GAIN_DB = 1.5
"""A tag is not more unlike the one of the survey, where there was one."""


class Radio(msgspec.Struct, frozen=True):
    """What is assumed of the air. Metres and dB; found by leaving positions out of a published survey (TETAM)."""

    length_m: float = 8.0
    spread_db: float = 3.0
    nugget_db: float = 2.0
    noise_db: float = 2.0
    quick_db: float = 2.0
    """What the level of few packets, of a tag that moves, is less certain by."""
    gain_db: float = 1.0
    outlier: float = 3.5
    temperature: float = 0.75
    unsurveyed_db: float = 4.0
    at_one_metre_dbm: float = -58.0
    exponent: float = 1.8
    wall_db: float = 3.5


BEHIND_WALLS = Radio(exponent=2.4, gain_db=4.0, noise_db=2.8, quick_db=0.0)
"""Furniture and people take more than the air of an open office, and nobody measured the tags."""


@dataclass(frozen=True)
class Surveyed:
    """Levels of a survey on one floor: `at` (points, 2), `level` (points, gateways), NaN where not heard."""

    at: Floats
    level: Floats


class RadioMap:
    """The expected level of each gateway in each cell: `mean` (gateways, cells), and `weight` (cells), 1 / variance."""

    def __init__(self, floor: Floor, surveyed: Surveyed | None, radio: Radio) -> None:
        """`surveyed` None: path loss alone."""
        self._radio = radio
        self.floor = floor
        self.surveyed = surveyed is not None and len(surveyed.at) > 0
        cells, at = floor.cells, floor.at
        self._gain_db = min(radio.gain_db, SURVEYED_GAIN_DB) if self.surveyed else radio.gain_db
        known = self._with_faint(surveyed or Surveyed(np.zeros((0, 2)), np.zeros((0, len(at)))))
        gain: Floats = np.zeros((len(cells), len(known.at)))
        variance: Floats = np.full(len(cells), radio.spread_db**2 + radio.unsurveyed_db**2)
        inverse: Floats = np.zeros((0, 0))
        if len(known.at):
            inverse = np.linalg.inv(self._kernel(known.at, known.at) + radio.nugget_db**2 * np.eye(len(known.at)))
            gain = self._kernel(cells, known.at)
            variance = radio.spread_db**2 - np.einsum("ij,jk,ik->i", gain, inverse, gain)
        self.mean: Floats = np.zeros((len(at), len(cells)), np.float32)
        walls = floor.walls_to(known.at)
        for n in range(len(at)):
            self.mean[n] = self._of_gateway(n, known, walls[n], gain, inverse)
        variance = np.maximum(variance, 0.05) + radio.noise_db**2
        self.weight: Floats = (1.0 / variance).astype(np.float32)
        self._quick: Floats = (1.0 / (variance + radio.quick_db**2)).astype(np.float32)
        self._square: Floats = self.mean * self.mean
        self._deaf: Floats = np.maximum(self.mean - DEAF_DBM, 0.0) ** 2
        self._prior: Floats = floor.prior.astype(np.float32)

    def _with_faint(self, known: Surveyed) -> Surveyed:
        """A gateway not heard where others were is as path loss has it there, if that is fainter than all of them.

        Else it would seem as loud far off as in the few places where fading let it be heard. One that should have been
        louder may have been off: then nothing is known.
        """
        if not len(known.at) or not np.isnan(known.level).any():
            return known
        radio, floor = self._radio, self.floor
        law = np.array([radio.at_one_metre_dbm, radio.exponent, radio.wall_db])
        walls = floor.walls_to(known.at)
        level = known.level.copy()
        heard = np.isfinite(level)
        some = heard.any(1)
        faintest = np.where(heard, level, np.inf).min(1)
        for n in np.flatnonzero(heard.any(0)):
            expected = path_loss(known.at, floor.at[n], walls[n]) @ law
            missed = some & ~heard[:, n] & (expected <= faintest)
            level[missed, n] = expected[missed]
        return Surveyed(known.at, level)

    def _kernel(self, a: Floats, b: Floats) -> Floats:
        away = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
        return np.asarray(self._radio.spread_db**2 * np.exp(-away / self._radio.length_m))

    def _of_gateway(self, n: int, known: Surveyed, walls: Floats, gain: Floats, inverse: Floats) -> Floats:
        """Its level in every cell: path loss fitted to the points that heard it, and what it leaves over."""
        radio, floor = self._radio, self.floor
        prior = np.diag([1 / 30.0**2, 1 / 0.5**2, 1 / 1.5**2])
        found = np.array([radio.at_one_metre_dbm, radio.exponent, radio.wall_db])
        here = path_loss(floor.cells, floor.at[n], floor.walls[n])
        heard = np.isfinite(known.level[:, n])
        if not heard.any():
            return np.asarray(here @ found)
        there, level = path_loss(known.at, floor.at[n], walls), known.level[:, n]
        if not heard.all():
            inverse = np.linalg.inv(np.linalg.inv(inverse)[np.ix_(heard, heard)])
            there, level, gain = there[heard], level[heard], gain[:, heard]
        found = np.linalg.solve(there.T @ inverse @ there + prior, there.T @ inverse @ level + prior @ found)
        return np.asarray(here @ found + gain @ (inverse @ (level - there @ found)))

    def posterior(self, level: Floats, heard: Bools, silent: Bools | None = None, quick: Bools | None = None) -> Floats:
        """(tags, cells): the probability of each cell. `level` (tags, gateways) in dBm counts where `heard`.

        `silent`: gateways that live and do not hear the tag. `quick`: tags whose level is of the last seconds only.
        Gateways that contradict all others (at most two) are left out, once.
        """
        level = np.where(heard, level, 0.0).astype(np.float32)
        silent = np.zeros_like(heard) if silent is None else silent
        quick = np.zeros(len(level), dtype=bool) if quick is None else quick
        chance = np.empty((len(level), len(self.weight)), np.float32)
        for weight, rows in ((self.weight, np.flatnonzero(~quick)), (self._quick, np.flatnonzero(quick))):
            if len(rows):
                chance[rows] = self._without_odd(weight, level[rows], heard[rows], silent[rows])
        chance = self._radio.temperature * (chance - chance.max(1, keepdims=True)) + self._prior
        found = np.exp(chance)
        return np.asarray(found / found.sum(1, keepdims=True))

    def _without_odd(self, weight: Floats, level: Floats, heard: Bools, silent: Bools) -> Floats:
        """(tags, cells): the log-likelihood."""
        chance, residual = self._fit(weight, level, heard, silent)
        best = chance.argmax(1)
        off = np.abs(level - self.mean[:, best].T - residual[np.arange(len(best)), best][:, None])
        odd = heard & (off * np.sqrt(weight[best])[:, None] > self._radio.outlier)
        again = np.flatnonzero(odd.any(1) & (odd.sum(1) <= 2) & ((heard & ~odd).sum(1) >= 2))
        if len(again):
            chance[again], _ = self._fit(weight, level[again], heard[again] & ~odd[again], silent[again])
        return chance

    def _fit(self, weight: Floats, level: Floats, heard: Bools, silent: Bools) -> tuple[Floats, Floats]:
        """(tags, cells) twice: the log-likelihood, and the gain that all gateways seem to share."""
        shared = np.float32(self._gain_db**2)
        mask = heard.astype(np.float32)
        level = level * mask
        count = mask.sum(1, keepdims=True)
        squares = (level * level).sum(1, keepdims=True) - 2 * (level @ self.mean) + mask @ self._square
        total = level.sum(1, keepdims=True) - mask @ self.mean
        stiff = count * weight + 1 / shared
        gain = total * weight / stiff
        chance = -0.5 * weight * (squares - total * gain)
        chance += 0.5 * count * np.log(weight) - 0.5 * np.log(stiff * shared)
        if silent.any():
            chance -= 0.5 * weight * (silent.astype(np.float32) @ self._deaf)
        return chance, gain


def path_loss(points: Floats, gateway: Floats, walls: Floats) -> Floats:
    """(points, 3): what a, n and w of the module's formula are multiplied with. A gateway hangs 1 m away at least."""
    metres = np.sqrt(((points - gateway) ** 2).sum(1) + 1.0)
    return np.column_stack([np.ones(len(points)), -10.0 * np.log10(metres), -walls])

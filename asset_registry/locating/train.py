"""A model from a survey, and an honest score of it.

Two kinds of evidence, as many answers of each. *Positions left out*: the survey's own packets, located by maps that
never saw the position; gloomy, for a hole is left around it. *Another day*: packets at the surveyed positions with
fading drawn anew, as strong as the survey has it, and a drift of each gateway; rosy, for it believes the map. The
calibration rests on both, at positions that are not on a border. The score is of the positions left out alone.
"""

from dataclasses import dataclass, replace
from typing import Any

import msgspec
import numpy as np

from asset_registry.locating.arrays import Bools, Floats
from asset_registry.locating.calibration import UNSURVEYED, calibrate
from asset_registry.locating.layout import GatewayAt, Room
from asset_registry.locating.model import Model
from asset_registry.locating.radiomap import BEHIND_WALLS, Radio, RadioMap
from asset_registry.locating.recording import Recording
from asset_registry.locating.replay import Fixes, joined, replay
from asset_registry.locating.score import scores
from asset_registry.locating.survey import Points, listed, plan_of, points_in
from collector.errors import ConfigError

FOLDS = 27
_DAYS = 6
_DRIFT_DB = 1.0
_FEWEST_POINTS = 4
_SETTLED_S = 4.0


@dataclass(frozen=True)
class Standing:
    """The survey with each point's packets as a tag of its own that never moves."""

    recording: Recording
    points: Points
    model: Model

    @classmethod
    def of(cls, recording: Recording, points: Points, model: Model) -> "Standing":
        """Each point's packets, from the time 0 on."""
        first = np.full(len(points.at), np.inf)
        np.minimum.at(first, points.of, recording.t)
        t = recording.t - first[points.of]
        names = [f"{x:.2f}/{y:.2f}" for x, y in points.at]
        standing = replace(recording, t=t, tag=points.of, tags=names, at=points.at[points.of])
        return cls(standing.only(t.argsort(kind="stable")), points, model)

    def left_out(self, folds: int) -> Fixes:
        """Each position located by a map without it."""
        found = []
        count = len(self.points.at)
        for fold in range(min(folds, count)):
            out = np.arange(count) % min(folds, count) == fold
            model = msgspec.structs.replace(self.model, points=listed(self.recording, _some(self.points, ~out)))
            part = self.recording.only(out[self.recording.tag])
            found.append(replay(model.tracker(), model.calibration, model.plan, part))
        return joined(found)

    def another_day(self, chance: np.random.Generator, seen: Floats) -> Recording:
        """What might be heard at the same points then; `seen` (points, gateways) is what the map expects there."""
        left = seen - self.points.level
        offset = left + chance.normal(0, np.nanstd(left), left.shape) + chance.normal(0, _DRIFT_DB, (1, left.shape[1]))
        moved = np.nan_to_num(offset)[self.recording.tag, self.recording.gateway]
        return replace(self.recording, rssi=self.recording.rssi + moved)

    def located(self, recording: Recording) -> Fixes:
        """By the map of the whole survey."""
        return replay(self.model.tracker(), self.model.calibration, self.model.plan, recording)

    def expected(self) -> Floats:
        """The map of the whole survey at its own points."""
        tracker = self.model.tracker()
        seen = np.full_like(self.points.level, np.nan)
        for n, floor in enumerate(tracker.floors):
            if floor.name not in self.recording.floors:
                continue
            here = np.flatnonzero(self.points.floor == self.recording.floors.index(floor.name))
            cell = np.hypot(*(self.points.at[here][:, None] - floor.cells[None]).transpose(2, 0, 1)).argmin(1)
            for row, gateway in enumerate(floor.gateways):
                name = self.model.plan.gateways[gateway].id
                if name in self.recording.gateways:
                    seen[here, self.recording.gateways.index(name)] = _map(tracker.maps[n], row, cell)
        return seen


def _map(radio_map: RadioMap, row: int, cell: Any) -> Floats:  # noqa: ANN401 - an index
    return np.asarray(radio_map.mean[row, cell])


def _some(points: Points, kept: Bools) -> Points:
    return replace(points, level=np.where(kept[:, None], points.level, np.nan))


def train(
    recording: Recording,
    gateways: list[GatewayAt],
    rooms: list[Room] | None = None,
    grid: tuple[int, int] | None = None,
    *,
    seed: int = 1,
    folds: int = FOLDS,
) -> Model:
    """Raises ConfigError when the survey does not fit the gateways, or has too few points."""
    points = points_in(recording)
    if len(points.at) < _FEWEST_POINTS:
        raise ConfigError(f"the survey has {len(points.at)} points; a map needs {_FEWEST_POINTS} at least")
    plan = plan_of(recording, points, gateways, rooms, grid)
    model = Model(plan, listed(recording, points), UNSURVEYED, BEHIND_WALLS if plan.walls else Radio())
    survey = Standing.of(recording, points, model)
    out = survey.left_out(folds)
    chance = np.random.default_rng(seed)
    seen = survey.expected()
    days = joined([survey.located(survey.another_day(chance, seen)) for _ in range(_DAYS)])
    calibration = calibrate(*_evidence([out, days]), int(len(np.unique(out.tag[out.clear])) or len(points.at)))
    confidence = calibration.confidence(out.belief, out.moving, np.zeros(len(out.t), dtype=bool))
    said = replace(out, confidence=confidence, room=np.where(confidence > 0, out.committed, -1))
    told = scores(said)["stationary"]
    return msgspec.structs.replace(model, calibration=calibration, scores={"positions_left_out": told})


def _evidence(parts: list[Fixes]) -> tuple[Floats, Bools]:
    """Beliefs in rooms, and whether they were right: half of each kind."""
    chosen = []
    for part in parts:
        good = (part.committed >= 0) & ~part.moving & (part.t > _SETTLED_S)
        clear = good & part.clear
        chosen.append(part.only(clear if clear.any() else good))
    size = min(len(part.t) for part in chosen)
    picked = [part.only(np.linspace(0, len(part.t) - 1, size).astype(int)) for part in chosen]
    both = joined(picked)
    return both.belief, both.committed == both.true_room

"""What `locate evaluate` does beside scoring."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from asset_registry.locating.errormap import error_map
from asset_registry.locating.model import Model
from asset_registry.locating.recording import Recording
from asset_registry.locating.replay import Fixes, replay
from collector.errors import ConfigError


def replayed(model: Model, truth: Recording, off: str = "", off_from_s: float = 0.0) -> Fixes:
    """What would have been said live, with a gateway off if one is named. Raises ConfigError."""
    heard = truth.without(off, off_from_s) if off else truth
    return replay(model.tracker(), model.calibration, model.plan, heard)


def table_of(model: Model, truth: Recording, fixes: Fixes) -> pa.Table:
    """Every fix beside the truth; room "" is unknown."""
    rooms = np.array([*(room.id for room in model.plan.rooms), ""])
    tags = np.array(truth.tags)
    return pa.table(
        {
            "t_s": fixes.t + truth.t.min(),
            "tag": tags[fixes.tag],
            "room": rooms[fixes.room],
            "confidence": fixes.confidence,
            "moving": fixes.moving,
            "x_m": fixes.at[:, 0],
            "y_m": fixes.at[:, 1],
            "true_room": rooms[fixes.true_room],
            "true_x_m": fixes.true_at[:, 0],
            "true_y_m": fixes.true_at[:, 1],
        }
    )


def write_maps(model: Model, fixes: Fixes, path: Path, title: str) -> None:
    """One picture for each floor; from the second on its name is in the file's. Raises ConfigError."""
    for n, floor in enumerate(model.plan.floors):
        named = path if n == 0 else path.with_stem(f"{path.stem}-{floor}")
        try:
            named.write_text(error_map(model.plan, fixes, floor, f"{title} {floor}".strip()), encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{named}: cannot be written: {error.strerror}") from error

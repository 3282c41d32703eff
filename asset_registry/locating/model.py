"""The file of a location model: JSON, format `wardkeeper-location-model`, described in docs/locating.md.

It keeps what was measured (levels at points) and what was decided (plan, tuning, calibration), not the maps: those are
made anew from it, in a second for a floor.
"""

from typing import Any

import msgspec

from asset_registry.locating.calibration import UNSURVEYED, Calibration
from asset_registry.locating.layout import Floor, Plan
from asset_registry.locating.memory import Pace
from asset_registry.locating.radiomap import Radio, RadioMap
from asset_registry.locating.survey import Point, surveyed
from asset_registry.locating.tracker import Belief, Tracker
from collector.errors import ConfigError

FORMAT, VERSION = "wardkeeper-location-model", 1


class Model(msgspec.Struct, frozen=True):
    """Everything that a locator of one site needs. `scores`: what training said of itself."""

    plan: Plan
    points: list[Point] = []
    calibration: Calibration = UNSURVEYED
    radio: Radio = Radio()
    belief: Belief = Belief()
    pace: Pace = Pace()
    scores: dict[str, Any] = {}
    format: str = FORMAT
    version: int = VERSION

    def tracker(self) -> Tracker:
        """A tracker with the maps of all floors. Raises ConfigError."""
        floors = [Floor(self.plan, name) for name in self.plan.floors]
        maps = [RadioMap(floor, surveyed(self.points, self.plan, floor.name), self.radio) for floor in floors]
        return Tracker(self.plan, floors, maps, self.belief, self.pace)


class _Head(msgspec.Struct):
    format: str = ""
    version: int = 0


def encode(model: Model) -> bytes:
    """The file's content."""
    return msgspec.json.format(msgspec.json.encode(model), indent=1)


def decode(content: bytes, name: str) -> Model:
    """Raises ConfigError, saying what `name` is instead."""
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name}: no location model: {error}. `wardkeeper locate train` makes one") from error
    if head.format != FORMAT:
        raise ConfigError(
            f"{name}: no location model: its format is {head.format!r}. `wardkeeper locate train` makes one"
        )
    if head.version != VERSION:
        raise ConfigError(
            f"{name}: a location model of version {head.version}; this Wardkeeper reads {VERSION}. Train it again"
        )
    try:
        return msgspec.json.decode(content, type=Model)
    except msgspec.DecodeError as error:
        raise ConfigError(f"{name}: a damaged location model: {error}. Train it again") from error

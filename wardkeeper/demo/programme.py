"""What goes wrong in the hospital, and when: one fridge soon after the start, then only what somebody plays."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from wardkeeper.demo.scene import SILENT, Scene, scenes
from wardkeeper.demo.signals import Values

OPENING = ("warm_fridge", "F-07")
"""What happens by itself after the start, so that the first ticket needs nobody: scene and target."""

FIRST = timedelta(seconds=10)

RECOVERY = timedelta(seconds=60)
"""How long what was measured takes from where the scene left it back to what is usual."""


@dataclass(frozen=True)
class Run:
    """One scene that happens once."""

    scene: Scene
    target: str
    begin: datetime
    end: datetime

    def says(self, topic: str, at: datetime, usual: Callable[[], Values]) -> Values:
        """What `topic` reports instead of the usual; {} when that is what it reports."""
        if not self.begin <= at < self.end + RECOVERY:
            return {}
        changed = self.scene.says(self.target, topic, (min(at, self.end) - self.begin).total_seconds())
        return changed if at < self.end or not changed else _mended(changed, usual(), (at - self.end) / RECOVERY)


class Programme:
    """The scenes of one run of the simulator. `play` and `end` may come from another thread."""

    def __init__(self, start: datetime) -> None:
        name, target = OPENING
        self._opening = self._run(name, target, start + FIRST)
        self._played: tuple[Run, ...] = ()

    def play(self, name: str, target: str, at: datetime) -> None:
        """Let a scene begin; the one before ends. Raises KeyError for one that is not there."""
        self.end(at)
        self._played = (*(run for run in self._played if at < run.end + RECOVERY), self._run(name, target, at))

    def end(self, at: datetime) -> None:
        """End what is played: what was broken is repaired."""
        self._played = tuple(replace(run, end=min(run.end, at)) for run in self._played)

    def says(self, topic: str, at: datetime, usual: Callable[[], Values]) -> Values:
        """What the scenes make of what `topic` would report; {} when nothing."""
        changed: dict[str, float | bool | str] = {}
        for run in (self._opening, *self._played):
            changed.update(run.says(topic, at, usual))
        return changed

    def silent(self, topic: str, at: datetime) -> bool:
        """Whether `topic` says nothing at all."""
        return self.says(topic, at, dict) == SILENT

    def _run(self, name: str, target: str, begin: datetime) -> Run:
        scene = scenes()[name]
        return Run(scene, target, begin, begin + timedelta(seconds=scene.length))


def _mended(changed: Values, usual: Values, part: float) -> Values:
    """Numbers on their way back, `part` of it done; a door is shut and a plug is in at once."""
    return {
        field: round(value + (float(usual[field]) - value) * part, 1 if isinstance(value, float) else None)
        for field, value in changed.items()
        if field in usual and isinstance(value, int | float) and not isinstance(value, bool)
    }

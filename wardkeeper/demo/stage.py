"""Which scene is played, how far, and which were: one at a time, because there is one hospital."""

import threading
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from collector.clock import Clock
from wardkeeper.demo.scene import Scene, Sight, Step, scenes
from wardkeeper.demo.staff import StaffAtWork

PLAYED, ENDED = "Played to its end", "Ended"

REPAIRERS = {"nurse": "lind", "facilities": "reyes", "pharmacist": "brandt", "biomed": "weber"}
"""Who puts the world back after a scene, by the person it is about: a colleague of theirs."""


class Command(Protocol):
    """Tells the simulator what to do (`wardkeeper.demo.process`)."""

    def __call__(self, **what: str) -> None:
        """One command."""


@dataclass(frozen=True)
class Playing:
    """A scene that is being played; `step` counts from 0."""

    scene: Scene
    target: str
    begin: datetime
    step: int = 0
    claimed: bool = False

    @property
    def steps(self) -> int:
        """How many there are."""
        return len(self.scene.steps)

    @property
    def current(self) -> Step:
        """What there is to see now."""
        return self.scene.steps[self.step]

    @property
    def following(self) -> Step | None:
        """What comes next; None at the last step."""
        return self.scene.steps[self.step + 1] if self.step + 1 < self.steps else None

    def second(self, now: datetime) -> float:
        """How long it has been played."""
        return (now - self.begin).total_seconds()


class Stage:
    """Plays scenes. Requests and the staff's thread use it."""

    def __init__(self, clock: Clock, command: Command) -> None:
        self.playing: Playing | None = None
        self.played: dict[str, str] = {}
        """How each scene ended that was played since the start: PLAYED or ENDED."""
        self._clock = clock
        self._command = command
        self._turns: dict[str, int] = {}
        self._over: list[Playing] = []
        self._lock = threading.Lock()

    def play(self, name: str, sight: Sight) -> Playing:
        """Begin a scene; the one before ends. Raises KeyError for one that is not there."""
        scene = scenes()[name]
        with self._lock:
            self._end(ENDED)
            turn = self._turns.get(name, 0)
            self._turns[name] = turn + 1
            target = scene.choose(sight) if scene.choose else scene.targets[turn % len(scene.targets)]
            self.playing = Playing(scene, target, self._clock.now())
            self._command(play=name, target=target, at=self.playing.begin.isoformat())
            return self.playing

    def aim(self, sight: Sight) -> Playing | None:
        """What is played; a scene that has found nothing to happen to looks again."""
        with self._lock:
            playing = self.playing
            if playing is not None and playing.scene.choose and not playing.target:
                self.playing = replace(playing, target=playing.scene.choose(sight))
            return self.playing

    def go(self, step: int) -> Playing | None:
        """Go to a step, the first being 0; None when nothing is played."""
        with self._lock:
            if self.playing is not None:
                self.playing = replace(self.playing, step=max(0, min(step, self.playing.steps - 1)))
            return self.playing

    def end(self) -> None:
        """End what is played and put the world back; at the last step it was played to its end."""
        with self._lock:
            last = self.playing is not None and self.playing.following is None
            self._end(PLAYED if last else ENDED)

    def step(self, people: StaffAtWork) -> None:
        """Let people do what the scene wants of them; end one that nobody has ended."""
        now = self._clock.now()
        with self._lock:
            playing = self.playing
            if playing is not None and playing.second(now) >= playing.scene.length:
                self._end(ENDED)
            elif playing is not None and playing.target and playing.scene.claim and not playing.claimed:
                login, second = playing.scene.claim
                if playing.second(now) >= second:
                    people.take(playing.target, login, now)
                    self.playing = replace(playing, claimed=True)
            while self._over:
                _put_back(self._over.pop(), people, now)

    def _end(self, how: str) -> None:
        playing, self.playing = self.playing, None
        if playing is None:
            return
        if self.played.get(playing.scene.name) != PLAYED:
            self.played[playing.scene.name] = how
        self._over.append(playing)
        self._command(end=self._clock.now().isoformat())


def _put_back(playing: Playing, people: StaffAtWork, now: datetime) -> None:
    if playing.claimed and playing.scene.claim:
        people.give_back(playing.target, playing.scene.claim[0], now)
    people.repaired(playing.target, REPAIRERS[playing.scene.person], now)

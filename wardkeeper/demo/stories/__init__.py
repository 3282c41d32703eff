"""Scripted faults, one every few minutes in rotation: each file a story with a beginning, a middle and an end.

A story's module has `TITLE`, `LENGTH` (s), `TARGETS` (the numbers it may happen to, in turn) and `says(target, topic,
second)`: the fields that the device `topic` reports differently in that second, or {} when the story is not about it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from wardkeeper.demo.signals import Values
from wardkeeper.demo.stories import air_handler_weak, door_propped_open, pump_battery_dying, warm_fridge

FIRST = timedelta(seconds=10)
EVERY = timedelta(minutes=4)


class Script(Protocol):
    """A story's module."""

    TITLE: str
    LENGTH: float
    TARGETS: Sequence[str]

    def says(self, target: str, topic: str, second: float) -> Values:
        """What the device reports instead."""


ROTATION: tuple[Script, ...] = (warm_fridge, door_propped_open, pump_battery_dying, air_handler_weak)


@dataclass(frozen=True)
class Story:
    """One fault that happens once."""

    script: Script
    target: str
    begin: datetime

    @property
    def end(self) -> datetime:
        """When everything is well again."""
        return self.begin + timedelta(seconds=self.script.LENGTH)

    @property
    def title(self) -> str:
        """What happens, in a person's words."""
        return self.script.TITLE.format(target=self.target)

    def says(self, topic: str, at: datetime) -> Values:
        """What `topic` reports instead of what it would; {} outside of the story."""
        if not self.begin <= at < self.end:
            return {}
        return self.script.says(self.target, topic, (at - self.begin).total_seconds())


class Programme:
    """The stories of one run: the first soon after `start`, then one every four minutes, in turn."""

    def __init__(self, start: datetime) -> None:
        self.start = start
        self._longest = timedelta(seconds=max(script.LENGTH for script in ROTATION))

    def story(self, index: int) -> Story:
        """The one at `index`, from 0."""
        turn, place = divmod(index, len(ROTATION))
        script = ROTATION[place]
        return Story(script, script.TARGETS[turn % len(script.TARGETS)], self.start + FIRST + index * EVERY)

    def running(self, at: datetime) -> Iterator[Story]:
        """The stories that go on at that moment."""
        last = (at - self.start - FIRST) // EVERY
        first = max(0, (at - self._longest - self.start - FIRST) // EVERY)
        for index in range(first, last + 1):
            story = self.story(index)
            if story.begin <= at < story.end:
                yield story

    def says(self, topic: str, at: datetime) -> Values:
        """What the running stories make of `topic`."""
        changed: dict[str, float | bool | str] = {}
        for story in self.running(at):
            changed.update(story.says(topic, at))
        return changed

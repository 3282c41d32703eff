"""What a scene is, and which there are: every file of `wardkeeper/demo/scenes` is one, found by being there.

A scene's module has

- `TITLE`, `PERSON` (one of PEOPLE) and `LINE`, one plain sentence: what the demo's first page says of it
- `STEPS`: what there is to see, in order, each on a page of the product
- `TARGETS`: the numbers it may happen to, in turn, or `choose(sight)`, which picks one; `{target}` in its words is that
- `says(target, topic, second)`: the fields that the device `topic` reports differently in that second of the scene; {}
  when it is not about the device, SILENT when the device says nothing. A scene without it changes no device
- `CLAIM`, where a colleague takes the target: (login, second)
- `LENGTH`: the seconds after which it ends by itself, when nobody has ended it
"""

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Protocol

from wardkeeper.demo import scenes as folder
from wardkeeper.demo.signals import Values

PEOPLE = {
    "nurse": "Nurse",
    "facilities": "Facilities",
    "pharmacist": "Pharmacist",
    "biomed": "Biomed engineer",
}
"""Whose day a scene is from, in the order of the first page, and what they are called there."""

SILENT: Values = {"silent": True}

Says = Callable[[str, str, float], Values]


class Sight(Protocol):
    """What a step asks of the running product. Addresses are "" while there is nothing to see."""

    @property
    def target(self) -> str:
        """What the scene happens to: a number."""

    def asset(self, number: str) -> str:
        """The address of an asset."""

    def room(self, number: str) -> str:
        """The address of a room."""

    def floor(self, number: str) -> str:
        """The address of the floor that a room is on."""

    def device(self, native_id: str) -> str:
        """The address of a device."""

    def home(self, native_id: str) -> str:
        """The number of the room that a device is bound to."""

    def ticket(self, number: str) -> str:
        """The address of the ticket about an asset or a room whose alarms stand."""

    def alarms(self, number: str) -> int:
        """How many alarms of that ticket stand."""

    def claimed(self, number: str) -> bool:
        """Whether somebody has taken an asset."""

    def silent(self, native_id: str) -> bool:
        """Whether a device is silent though expected to talk."""

    def heard(self, native_id: str, second: float) -> bool:
        """Whether a device was heard after that second of the scene."""

    def owner(self, native_id: str) -> str:
        """The address of the asset that a device is bound to."""

    def sure(self, number: str) -> int:
        """How many movable assets are in a room surely or likely."""

    def nearest(self, words: str, room: str) -> str:
        """The number of the nearest usable asset that the words name."""


@dataclass(frozen=True)
class Step:
    """One thing to see. `page` gives the address where it is, "" until it has come true.

    `soon` says what it waits for, and `at` about how many seconds after the scene's beginning that is.
    """

    words: str
    page: Callable[[Sight], str]
    soon: str = ""
    at: float = 0.0


@dataclass(frozen=True)
class Scene:
    """One scene; its module's docstring says what the fields are."""

    name: str
    title: str
    person: str
    line: str
    length: float
    targets: Sequence[str]
    steps: Sequence[Step]
    says: Says
    choose: Callable[[Sight], str] | None
    claim: tuple[str, float] | None


def _unchanged(_target: str, _topic: str, _second: float) -> Values:
    return {}


@cache
def scenes() -> dict[str, Scene]:
    """Every scene by name: person by person in the order of PEOPLE."""
    people = list(PEOPLE)
    names = (f"{folder.__name__}.{each.name}" for each in pkgutil.iter_modules(folder.__path__))
    modules = (importlib.import_module(name) for name in names)
    found = sorted(map(_scene, modules), key=lambda scene: (people.index(scene.person), scene.name))
    return {scene.name: scene for scene in found}


def _scene(module: ModuleType) -> Scene:
    return Scene(
        name=module.__name__.rpartition(".")[2],
        title=module.TITLE,
        person=module.PERSON,
        line=module.LINE,
        length=module.LENGTH,
        targets=getattr(module, "TARGETS", ()),
        steps=module.STEPS,
        says=getattr(module, "says", _unchanged),
        choose=getattr(module, "choose", None),
        claim=getattr(module, "CLAIM", None),
    )

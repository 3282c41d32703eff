"""Looks for the usual mistakes of an installation, changes nothing, and says what to do.

A topic is one file of `wardkeeper/doctor`: `look(case)` gives its findings one by one, and each thing that may be wrong
stands in it as a Trouble, of which docs/doctor.md is made.
"""

import fcntl
import importlib
import ipaddress
import pkgutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import msgspec
from pydantic import BaseModel

from collector.clock import Clock
from collector.errors import ConfigError, WardkeeperError
from wardkeeper import catalog, doctor
from wardkeeper.settings import Settings

State = Literal["well", "trouble", "unseen"]


class Finding(msgspec.Struct, frozen=True):
    """One line: `where` it was looked, `what` was seen, and for a trouble its name and what to `do`."""

    state: State
    where: str
    what: str
    do: str = ""
    name: str = ""
    topic: str = ""


class Trouble(msgspec.Struct, frozen=True):
    """What may be wrong: its name for programs, what it means, what to do, with {fields} that each case fills in."""

    name: str
    means: str
    do: str

    def at(self, where: str, what: str, hint: str = "", **fields: object) -> Finding:
        """It was found. `hint` says what to do just there."""
        return Finding("trouble", where, what, hint or self.do.format(**fields), self.name)


def well(where: str, what: str) -> Finding:
    """It is as it should be."""
    return Finding("well", where, what)


def unseen(where: str, why: str) -> Finding:
    """It could not be looked at, or nobody wanted it."""
    return Finding("unseen", where, why)


STUMBLED = Trouble(
    "doctor.stumbled",
    "A check could not be brought to its end.",
    "Follow what it says; the other checks were made all the same.",
)


@dataclass(frozen=True)
class Case:
    """What a topic is given. `gentle`: put no load on anything; `say` tells what takes a while."""

    path: Path
    settings: Settings
    clock: Clock
    gentle: bool = False
    say: Callable[[str], None] = lambda _words: None

    @property
    def running(self) -> bool:
        """Whether a Wardkeeper runs on the same data: it holds its spool."""
        try:
            with (self.settings.data / "spool" / "lock").open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def links(self, kind: str) -> Iterator[tuple[str, Any]]:
        """The links of a kind: name and settings."""
        config: type[BaseModel] = catalog.LINKS[kind].Config
        for name, given in self.settings.links.items():
            if given["kind"] == kind:
                yield name, config.model_validate({key: value for key, value in given.items() if key != "kind"})


def on_this_machine(host: str) -> bool:
    """Whether nothing but this machine is behind a name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def topics() -> dict[str, ModuleType]:
    """Every topic by name, in order."""
    names = sorted(found.name for found in pkgutil.iter_modules(doctor.__path__))
    return {name: importlib.import_module(f"{doctor.__name__}.{name}") for name in names}


def troubles(topic: ModuleType) -> list[Trouble]:
    """What a topic can find, in the order of its file."""
    return [value for value in vars(topic).values() if isinstance(value, Trouble)]


def look(case: Case, chosen: Collection[str] = ()) -> Iterator[Finding]:
    """Everything there is to say, topic by topic, or only of the `chosen` ones. Raises ConfigError."""
    known = topics()
    for name in chosen:
        if name not in known:
            raise ConfigError(f"There is no topic {name!r}; there are {', '.join(known)}")
    for name, topic in known.items():
        if not chosen or name in chosen:
            case.say(name)
            for finding in _findings(case, topic):
                yield msgspec.structs.replace(finding, topic=name)


def _findings(case: Case, topic: ModuleType) -> Iterator[Finding]:
    try:
        yield from topic.look(case)
    except (WardkeeperError, OSError) as trouble:
        yield STUMBLED.at(str(getattr(trouble, "filename", None) or ""), str(trouble))

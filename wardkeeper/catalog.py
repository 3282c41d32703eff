"""Where the parts are: the packages that `collector.parts` looks into, and the links, which are named by kind."""

from functools import cache
from types import ModuleType

from pydantic import BaseModel

from collector import parts as discovery
from collector.parts import Part
from drivers.links import ble, mqtt, serial

PACKAGES = ("drivers", "collector.stores", "service_desk.rules", "service_desk.sinks")

LINKS: dict[str, ModuleType] = {"ble": ble, "mqtt": mqtt, "serial": serial}
"""Kinds of links; `drivers.links.link` says what each module has."""


@cache
def parts() -> tuple[Part, ...]:
    """Every part, in order of names."""
    return tuple(discovery.parts(PACKAGES))


def part(name: str) -> Part:
    """One part by name. Raises ConfigError with the nearest name when there is none."""
    return discovery.part(name, PACKAGES)


def kinds() -> list[str]:
    """What `kind:` may say in a settings file."""
    return [*LINKS, *discovery.names(PACKAGES)]


def config_of(kind: str) -> type[BaseModel] | None:
    """The settings of a part or link; None when there is no such kind."""
    link = LINKS.get(kind)
    if link is not None:
        config: type[BaseModel] = link.Config
        return config
    return next((known.config or BaseModel for known in parts() if known.name == kind), None)

"""Where the parts are: the packages that `collector.parts` looks into, and the links, which are named by kind."""

from functools import cache
from types import ModuleType

from pydantic import BaseModel

from collector import parts as discovery
from collector.parts import Part
from dashboards.connectable import Connectable
from drivers.links import ble, mqtt, serial

PACKAGES = (
    "drivers",
    "collector.stores",
    "service_desk.rules",
    "service_desk.sinks",
    "service_desk.notices.channels",
)

LINKS: dict[str, ModuleType] = {"ble": ble, "mqtt": mqtt, "serial": serial}
"""Kinds of links; `drivers.links.link` says what each module has."""


@cache
def parts() -> tuple[Part, ...]:
    """Every part, in order of names."""
    return tuple(discovery.parts(PACKAGES))


@cache
def devices() -> tuple[Connectable, ...]:
    """Every device that a decoder or protocol understands, in order of maker and model."""
    found = [
        Connectable(
            device.maker,
            device.model,
            device.measures,
            part.name,
            part.document,
            part.proven if device.proven is None else device.proven,
            device.caution,
            _SETTINGS[part.name.partition(".")[0]].format(part=part.name),
        )
        for part in parts()
        for device in getattr(part.module, "DEVICES", ())
    ]
    return tuple(sorted(found, key=lambda one: (one.maker.casefold(), one.model.casefold(), one.part)))


_SETTINGS = {
    "ble": "links:\n  ward-4:\n    kind: ble\n    dialects:\n      - kind: {part}\n",
    "gatt": "links:\n  ward-4:\n    kind: ble\n    devices:\n      - address: 00:A0:50:11:22:33\n"
    "        parts:\n          - kind: {part}\n",
    "serial": "links:\n  bed-12:\n    kind: serial\n    ports:\n      device:\n        protocol: {part}\n"
    "        address: usb:0403:6001:A5XK3RJT\n",
    "mqtt": "links:\n  main:\n    kind: mqtt\n    host: 127.0.0.1\n    dialects:\n      - kind: {part}\n",
}
"""What to write into the settings file, by family."""


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
    return part(kind).config or BaseModel if kind in discovery.names(PACKAGES) else None

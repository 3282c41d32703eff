"""Parts by file name: `mqtt.tasmota` is `drivers/mqtt/tasmota.py` (DESIGN section 4, "Adding a part").

The packages to look in are named by the caller, because the collector imports nothing above it.
"""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import NamedTuple

from pydantic import BaseModel

from collector.errors import ConfigError

NOT_FAMILIES = frozenset({"links", "codecs"})
"""Packages under `drivers` that hold no decoders."""

_SINGULAR = {"stores": "store", "rules": "rule", "sinks": "sink", "channels": "channel"}
_DOCUMENT = re.compile(
    r"https?://\S+|\bdocs/[\w./-]+|^.*\b[Dd]ocument(?:ation)?\b.*$"
    r"|\b(?:ANSI|ISA|ISO|IEC|IEEE|ASTM|EN|RFC|HL7|CLSI)[ /-][A-Z\d][\w./ -]*\d",
    re.MULTILINE,
)


class Part(NamedTuple):
    """One decoder, store, rule kind or ticket sink. `proven`: tested with captured or published frames."""

    name: str
    module: ModuleType
    title: str
    document: str
    proven: bool
    config: type[BaseModel] | None


def names(packages: Iterable[str]) -> dict[str, str]:
    """The module of every part, by the part's name, in order of names; nothing is imported but the packages."""
    found = {_name(module): module for package in packages for module in _modules(package)}
    return dict(sorted(found.items()))


def parts(packages: Iterable[str]) -> list[Part]:
    """Every part in `packages` (`drivers`, `collector.stores`, …), in order of names."""
    return [_part(name, module) for name, module in names(packages).items()]


def part(name: str, packages: Iterable[str]) -> Part:
    """One part. Raises ConfigError with the nearest name when there is none of this name."""
    known = names(packages)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else "`wardkeeper kinds` lists them"
        raise ConfigError(f"there is no part {name!r}; {hint}")
    return _part(name, known[name])


@cache
def _modules(package: str) -> tuple[str, ...]:
    """The modules of a package and of its families that can be parts; no file appears while we run."""
    return tuple(_walked(package))


def _walked(package: str) -> Iterator[str]:
    path = importlib.import_module(package).__path__
    for found in pkgutil.iter_modules(path):
        if found.name.startswith("_") or found.name in NOT_FAMILIES:
            continue
        dotted = f"{package}.{found.name}"
        if found.ispkg:
            yield from _modules(dotted)
        elif "." in package:  # a module right under `drivers` belongs to no family
            yield dotted


def _name(module: str) -> str:
    family, _, name = module.rpartition(".")
    family = family.rpartition(".")[2]
    return f"{_SINGULAR.get(family, family)}.{name}"


def _part(name: str, dotted: str) -> Part:
    module = importlib.import_module(dotted)
    text = module.__doc__ or ""
    title = text.strip().partition("\n")[0].rstrip(".")
    document = _DOCUMENT.search(text)
    return Part(
        name=name,
        module=module,
        title=title,
        document=document.group().strip() if document else "",
        proven=bool(getattr(module, "PROVEN", False)),
        config=getattr(module, "Config", None),
    )

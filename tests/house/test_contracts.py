"""The import contracts let the plan through and catch what breaks it."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools.tree import ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

ALLOWED = {
    "collector/stores/one.py": "import collector",
    "collector/stores/two.py": "",
    "asset_registry/places.py": "import collector",
    "service_desk/rules/one.py": "import asset_registry",
    "service_desk/rules/two.py": "",
    "service_desk/sinks/one.py": "import httpx",
    "service_desk/sinks/two.py": "",
    "drivers/links/mqtt.py": "import collector\nimport drivers.codecs\nimport paho",
    "drivers/mqtt/one.py": "import collector\nimport drivers.codecs",
    "drivers/mqtt/two.py": "",
    "drivers/serial/one.py": "import collector\nimport drivers.codecs",
    "drivers/ble/one.py": "import collector\nimport drivers.codecs",
    "drivers/ble/two.py": "",
    "drivers/gatt/one.py": "import collector\nimport drivers.codecs",
    "drivers/gatt/two.py": "",
    "drivers/codecs/__init__.py": "",
    "dashboards/pages/one.py": "import service_desk\nimport asset_registry\nimport collector",
    "wardkeeper/wiring.py": "import drivers.links.mqtt\nimport drivers.mqtt.one\nimport dashboards.pages.one",
}


def lint(folder: Path, files: dict[str, str]) -> str | None:
    """The names of the broken contracts, or None."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for package in list(path.parents)[: len(Path(name).parents) - 1]:
            (package / "__init__.py").touch()
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    done = subprocess.run(
        command, check=False, cwd=folder, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert "kept" in done.stdout, done.stdout + done.stderr
    if done.returncode == 0:
        return None
    return done.stdout.partition("Broken contracts")[2]


def test_the_plan_is_kept(tmp_path):
    assert lint(tmp_path, ALLOWED) is None


@pytest.mark.parametrize(
    "file,imported,contract",
    [
        ("collector/stores/one.py", "asset_registry.places", "layers"),
        ("asset_registry/places.py", "service_desk.rules.one", "layers"),
        ("service_desk/sinks/one.py", "wardkeeper.wiring", "layers"),
        ("dashboards/pages/one.py", "drivers.mqtt.one", "layers"),
        ("drivers/links/mqtt.py", "dashboards.pages.one", "layers"),
        ("drivers/links/mqtt.py", "service_desk.rules.one", "drivers"),
        ("drivers/mqtt/one.py", "asset_registry.places", "drivers"),
        ("drivers/mqtt/one.py", "drivers.mqtt.two", "decoders"),
        ("drivers/ble/one.py", "drivers.ble.two", "decoders"),
        ("drivers/gatt/one.py", "drivers.gatt.two", "decoders"),
        ("collector/stores/one.py", "collector.stores.two", "stores"),
        ("service_desk/rules/one.py", "service_desk.rules.two", "rules"),
        ("service_desk/sinks/one.py", "service_desk.sinks.two", "sinks"),
        ("drivers/mqtt/one.py", "drivers.links.mqtt", "pure"),
        ("drivers/mqtt/one.py", "paho.mqtt.client", "pure"),
        ("drivers/ble/one.py", "bleak", "pure"),
        ("drivers/gatt/one.py", "bleak", "pure"),
        ("drivers/codecs/__init__.py", "socket", "pure"),
    ],
)
def test_a_break_is_caught(tmp_path, file, imported, contract):
    broken = lint(tmp_path, {**ALLOWED, file: f"import {imported}"})
    name = next(row["name"] for row in CONTRACTS if row["id"] == contract)
    assert broken is not None, f"{file} may import {imported}"
    assert name.split()[0] in broken


def test_every_family_of_drivers_is_under_contract():
    families = {path.parent.name for path in (ROOT / "drivers").glob("*/__init__.py")} - {"links", "codecs"}
    rows = {row["id"]: row for row in CONTRACTS}
    assert {f"drivers.{family}.*" for family in families} == set(rows["decoders"]["modules"])
    assert {f"drivers.{family}" for family in families} | {"drivers.codecs"} == set(rows["pure"]["source_modules"])

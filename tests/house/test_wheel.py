"""What a user gets by pip: the packages, the configuration files, uPlot; and nothing else."""

import subprocess
import sys
import tomllib
from zipfile import ZipFile

import pytest

from tools.tree import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with ZipFile(next(folder.glob("*.whl"))) as archive:
        yield archive


def test_the_packages_and_nothing_else(wheel):
    top = {name.partition("/")[0] for name in wheel.namelist()}
    info = f"wardkeeper-{PROJECT['project']['version']}.dist-info"
    assert top == {*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], info}


def test_every_file_of_the_packages_is_in_it(wheel):
    names = set(wheel.namelist())
    for suffix in ("py", "html", "css", "js", "svg", "mako"):
        for package in PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]:
            assert names >= {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob(f"*.{suffix}")}


def test_the_configuration_lies_under_wardkeeper(wheel):
    files = [path for path in (ROOT / "config").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert wheel.read(f"wardkeeper/_config/{path.relative_to(ROOT / 'config')}") == path.read_bytes()


@pytest.mark.parametrize("name", ["uPlot.esm.js", "uPlot.min.css", "LICENSE"])
def test_uplot_is_in_it(wheel, name):
    assert wheel.getinfo(f"dashboards/static/vendor/uplot/{name}").file_size > 500


def test_one_command(wheel):
    points = wheel.read(f"wardkeeper-{PROJECT['project']['version']}.dist-info/entry_points.txt").decode()
    assert points.split() == ["[console_scripts]", "wardkeeper", "=", "wardkeeper.cli:main"]

"""Another distribution's `collector` in the same environment is refused by name."""

import subprocess
import sys

import pytest

from tools.tree import ROOT
from wardkeeper import guard


def distribution(folder, name, package):
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    info = folder / f"{name}-2.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.1\n")
    (info / "RECORD").write_text(f"{package}/__init__.py,,\n{info.name}/METADATA,,\n")


def test_this_environment_is_clean():
    guard.check()


@pytest.mark.parametrize("package", ["collector", "drivers"])
def test_another_distribution_is_named(tmp_path, package, capsys):
    distribution(tmp_path, "metrics-kit", package)
    with pytest.raises(SystemExit) as caught:
        guard.check([str(ROOT), str(tmp_path)])
    said = capsys.readouterr().err
    assert caught.value.code == 2
    assert f"metrics-kit 2.1 brings a package `{package}`" in said
    assert "environment of its own" in said


def test_a_distribution_with_other_packages_is_none_of_our_business(tmp_path):
    distribution(tmp_path, "collector-tools", "collector_tools")
    guard.check([str(ROOT), str(tmp_path)])


def test_a_folder_that_hides_ours_is_named(tmp_path, capsys):
    (tmp_path / "drivers").mkdir()
    (tmp_path / "drivers" / "__init__.py").touch()
    with pytest.raises(SystemExit):
        guard.check([str(tmp_path), str(ROOT)])
    assert f"`drivers` comes from {tmp_path}/drivers" in capsys.readouterr().err


def test_the_command_says_so_before_it_imports_what_is_not_ours(tmp_path):
    distribution(tmp_path, "metrics-kit", "collector")
    code = "from wardkeeper.cli import main; main()"
    environment = {"PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr.startswith("The distribution metrics-kit 2.1 brings a package `collector`")

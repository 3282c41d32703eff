"""./run and ./test are POSIX sh, and say what is missing in plain words."""

import os
import shutil
import subprocess
import sys
import time

import pytest

from tools.tree import ROOT

SCRIPTS = ["run", "test", "tools/env.sh", "tools/lock.sh"]
PROGRAMS = ["sh", "dirname", "cat", "cksum", "grep", "id", "df", "awk", "rm", "tail", "tee"]


@pytest.mark.parametrize("shell", ["sh", "dash", "bash"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_the_scripts_parse(script, shell):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", ROOT / script], check=True)


@pytest.fixture
def start(tmp_path):
    """Starts ./run in a copy of the tree's scripts, with only a few programs on the path."""
    tree, programs = tmp_path / "tree", tmp_path / "programs"
    for name in ["run", "pyproject.toml", "requirements.lock", "requirements-build.lock", "tools"]:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        tree.mkdir(exist_ok=True)
        copy(ROOT / name, tree / name)
    programs.mkdir()
    for name in PROGRAMS:
        (programs / name).symlink_to(shutil.which(name))

    def program(name, text):
        (programs / name).unlink(missing_ok=True)
        (programs / name).write_text(f"#!/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)

    def run(*arguments, **environment):
        environment = {"PATH": str(programs), "HOME": str(tmp_path), **environment}
        command = ["sh", tree / "run", *arguments]
        return subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=100)

    run.program, run.tree = program, tree
    return run


def test_help(start):
    done = start("--help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: ./run")


def test_no_python(start):
    done = start()
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing." in done.stderr
    assert "apt-get install python3" in done.stderr


def test_an_old_python(start):
    start.program("python3", '[ "$2" = "${2#*print}" ] && exit 1; echo 3.9')
    done = start()
    assert done.returncode == 1
    assert "Python 3.11 or newer is missing. Found: python3 is 3.9." in done.stderr


def test_no_venv_module(start):
    start.program("python3", "case $2 in *print*) echo 3.11 ;; *ensurepip*) exit 1 ;; esac")
    done = start()
    assert done.returncode == 1
    assert "Python's venv module is missing (python3, 3.11)." in done.stderr
    assert "apt-get install python3.11-venv" in done.stderr


def test_no_space(start):
    start.program("df", "echo header; echo /dev/disk 1000000 990000 10240 99% /")
    done = start(PYTHON=sys.executable)
    assert done.returncode == 1
    assert "too little disk space: 10 MB free" in done.stderr
    assert "2000 MB needed" in done.stderr


def test_no_network(start):
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "PIP_RETRIES": "1"}
    done = start(PYTHON=sys.executable, **nowhere)
    assert done.returncode == 1
    assert "the package index cannot be reached." in done.stderr
    assert ".venv/setup.log" in done.stderr


def test_a_second_start_goes_straight_to_the_demo(start):
    environment = start.tree / ".venv"
    (environment / "bin").mkdir(parents=True)
    (start.tree / "dashboards/static/vendor/uplot").mkdir(parents=True)
    demo = environment / "bin" / "wardkeeper"
    demo.write_text('#!/bin/sh\necho "$@"\nexit 7\n')
    demo.chmod(0o755)
    stamp = '. tools/env.sh; env=.venv; ready requirements.lock; say "$stamp" >.venv/stamp'
    subprocess.run(["sh", "-c", stamp], cwd=start.tree, check=True, env={"PATH": os.environ["PATH"]})
    began = time.monotonic()
    done = start("--port", "8100")
    assert (done.returncode, done.stdout) == (7, "demo --port 8100\n")
    assert time.monotonic() - began < 1

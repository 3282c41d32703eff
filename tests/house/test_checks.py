"""The checks of our own say no to what they are there for."""

import subprocess
from importlib import metadata

import pytest

from tools import ceilings, hosts, licences
from tools.tree import ROOT


def tree(folder, **files):
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    subprocess.run(["git", "init", "-q", folder], check=True)
    return folder


def function(lines):
    return "def long():\n" + "    pass\n" * (lines - 1)


def test_ceilings(tmp_path, capsys):
    files = {
        "fits__py": function(50) + "\n" * 350,
        "long__py": function(51),
        "deep__py": "class A:\n    async " + function(51).replace("\n    ", "\n        "),
    }
    assert ceilings.main(tree(tmp_path, **files, page__js="x\n" * 401, list__yaml="x: 1\n" * 500)) == 1
    assert sorted(capsys.readouterr().out.splitlines()) == [
        "deep.py:2: long has 51 lines, 50 at most",
        "long.py:1: long has 51 lines, 50 at most",
        "page.js:1: the file has 401 lines, 400 at most",
    ]


def test_hosts_and_paths(tmp_path, capsys):
    host = hosts.HOSTS[0]
    files = {"lock__txt": f"--index-url https://{host}/simple\n", "note__md": "see " + "/" + "home/ann/data\n"}
    assert hosts.main(tree(tmp_path, **files, fine__md="GET /api/v1/work, ~/home, https://a.example/home/x\n")) == 1
    assert sorted(capsys.readouterr().out.splitlines()) == [
        f"lock.txt:1: names {host}",
        "note.md:1: names " + "/" + "home/ann",
    ]


@pytest.mark.parametrize("files", ["package-lock.json"])
def test_the_lock_of_scripts_names_no_address(files):
    assert "resolved" not in (ROOT / "tools" / "uplot" / files).read_text()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock", "requirements-build.lock"])
def test_every_locked_package_has_hashes(name):
    text = (ROOT / name).read_text()
    packages = licences.locked(ROOT / name)
    assert len(packages) == text.count("==") - text.count("_version ==") - text.count("platform ==")
    entries = text.replace("\\\n", " ").splitlines()
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry)
    assert "://" not in text


def test_tests_run_on_the_versions_that_users_get():
    users = {str(requirement) for requirement in licences.locked(ROOT / "requirements.lock")}
    assert users <= {str(requirement) for requirement in licences.locked(ROOT / "requirements-dev.lock")}


def test_no_torch():
    assert not any("torch" in requirement.name for requirement in licences.locked(ROOT / "requirements.lock"))


@pytest.mark.parametrize(
    "licence",
    ["MIT", "BSD-3-Clause", "EPL-2.0 OR BSD-3-Clause", "GPL-3.0 OR MIT", "Apache Software License; Apache 2.0"],
)
def test_licences_that_pass(licence):
    assert licences.verdict("some", licence) is None


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-only",
        "AGPL-3.0-or-later",
        "GNU General Public License v3 (GPLv3)",
        "LGPL-2.1",
        "MIT AND GPL-2.0",
        "",
        "Fair",
    ],
)
def test_licences_that_fail(licence):
    assert licences.verdict("some", licence)


def test_the_lgpl_passes_only_by_name():
    assert licences.verdict("psycopg", metadata.metadata("psycopg")["License-Expression"]) is None


def test_what_users_install_stays_under_a_gigabyte():
    size = 0
    for requirement in licences.locked(ROOT / "requirements.lock"):
        if requirement.marker is None or requirement.marker.evaluate():
            files = metadata.files(requirement.name) or []
            size += sum(path.stat().st_size for file in files if (path := file.locate()).exists())
    assert 200e6 < size < 1e9

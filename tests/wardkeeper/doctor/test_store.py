"""The store's file: not there, in use, damaged, without room."""

import subprocess
import sys

import duckdb
import pytest

from collector.clock import SystemClock
from collector.spool import Spool
from collector.stores.duckdb import Config, open_store
from wardkeeper.doctor import store


@pytest.fixture
def file(patient):
    open_store(Config(), patient.data / "store").close()
    return patient.data / "store" / "points.duckdb"


def test_before_the_first_start_there_is_none_and_none_is_made(patient):
    assert [(state, what) for state, _, _, what in patient.says("store")] == [
        ("well", "It is not there yet and will be made at the first start")
    ]
    assert not (patient.data / "store").exists()


def test_all_is_well(patient, file):
    assert patient.says("store")[0][0::3] == ("well", "It can be opened")


@pytest.fixture
def opened_elsewhere(file):
    """Another process that has the file open; its id."""
    words = f"import duckdb, sys; c = duckdb.connect({str(file)!r}); print(flush=True); sys.stdin.read()"
    other = subprocess.Popen([sys.executable, "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    other.stdout.readline()
    yield other.pid
    other.communicate(b"")


def test_a_file_that_another_program_has_open(patient, opened_elsewhere):
    [finding] = [each for each in patient.findings("store") if each.state == "trouble"]
    assert (finding.name, finding.what) == ("store.locked", f"Process {opened_elsewhere} has it open")


def test_the_running_wardkeeper_may_have_it_open(patient, opened_elsewhere):
    spool = Spool(patient.data / "spool", SystemClock())
    assert patient.says("store")[0][0::3] == ("well", "The Wardkeeper that runs has it")
    spool.close()


def test_a_damaged_file(patient, file):
    file.write_bytes(b"x" * 20_000)
    assert patient.names("store") == ["store.damaged"]


def test_a_file_that_takes_more_than_is_free(patient, file):
    with file.open("r+b") as grown:
        grown.truncate(1 << 42)  # sparse: it takes no room
    assert "store.filling" in patient.names("store")


def test_a_store_that_keeps_nothing(patient):
    patient.write("store: {kind: store.memory}\n")
    assert patient.names("store") == ["store.memory"]


@pytest.fixture
def case(patient):
    return patient.case()


@pytest.fixture
def of_root(open_folder):
    open_store(Config(), open_folder).close()
    return open_folder / "points.duckdb"


def test_a_file_that_may_not_be_written(case, of_root, somebody):
    assert store.opened(case, of_root).name == "store.forbidden"


def test_looking_changes_nothing(patient, file):
    before = file.read_bytes()
    patient.findings("store")
    assert file.read_bytes() == before
    duckdb.connect(str(file)).close()

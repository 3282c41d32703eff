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


def test_victoriametrics_that_keeps_points_twice(patient, victoria_metrics):
    patient.write(f"store: {{kind: store.influx, dialect: victoriametrics, url: {victoria_metrics(dedup='0s').url}}}\n")
    [finding] = patient.findings("store")
    assert finding.name == "store.server"
    assert "-dedup.minScrapeInterval=1ms" in finding.what


def test_victoriametrics_that_keeps_points_too_short(patient, one_victoria_metrics):
    url = one_victoria_metrics.url
    patient.write(f"store: {{kind: store.influx, dialect: victoriametrics, url: {url}, keep_days: 40000}}\n")
    [finding] = patient.findings("store")
    assert (finding.name, "the settings ask for 40000 days" in finding.what) == ("store.server", True)


def test_a_server_that_is_well(patient, one_victoria_metrics):
    url = one_victoria_metrics.url
    patient.write(f"store: {{kind: store.influx, dialect: victoriametrics, url: {url}}}\n")
    assert patient.says("store") == [("well", "", url, "It answers, and keeps points as it should")]


def test_an_influxdb_without_the_database(patient, one_influxd):
    url = one_influxd.url
    patient.write(f"store: {{kind: store.influx, dialect: influxdb1, url: {url}, bucket: nobodys}}\n")
    [finding] = patient.findings("store")
    assert (finding.name, "CREATE DATABASE" in finding.what) == ("store.server", True)


def test_a_server_that_is_away(patient, free_port):
    patient.write(f"store: {{kind: store.influx, dialect: influxdb1, url: 'http://127.0.0.1:{free_port()}'}}\n")
    assert patient.names("store") == ["store.server"]
    assert not patient.data.exists()


def test_looking_changes_nothing(patient, file):
    before = file.read_bytes()
    patient.findings("store")
    assert file.read_bytes() == before
    duckdb.connect(str(file)).close()


def test_every_store_is_looked_at(patient, file):
    patient.write("stores: {scratch: {kind: store.memory}, copy: {kind: store.duckdb}}\n")
    found = [(state, where.rpartition("/data/")[2]) for state, _, where, _ in patient.says("store")]
    assert found == [
        ("well", "store/points.duckdb"),
        ("well", "store/points.duckdb"),
        ("trouble", "store.memory"),
        ("well", "stores/copy/points.duckdb"),
    ]

"""`wardkeeper spool inspect`: exit codes, words, JSON."""

import contextlib
import json

import pytest
from typer.testing import CliRunner

from collector.clock import ManualClock
from collector.errors import ConfigError
from collector.reading import DeliveryKey, Reading
from collector.spool import Spool
from wardkeeper.cli import application


def run(*words):
    return CliRunner().invoke(application(), ["spool", "inspect", *map(str, words)])


@pytest.fixture
def spool(tmp_path):
    clock = ManualClock()
    with contextlib.closing(Spool(tmp_path / "data" / "spool", clock)) as opened:
        reading = Reading("mqtt:a/b", "temperature", 21.5, clock.now(), clock.now())
        opened.append([([reading], DeliveryKey("ward", "1", 7, b"x"))])
        opened.register("store")
        opened.advance("store", 1)
        yield opened


def test_a_person_reads_it_while_the_server_runs(spool, tmp_path):
    config = tmp_path / "w.yaml"
    config.write_text(f"site: test\ndata: {tmp_path}/data\n")
    said = run("--config", config)
    assert said.exit_code == 0
    assert "in 1 segments; the newest record is 1" in said.output
    assert "records 1 to 1: 1 readings in 1 messages" in said.output
    assert "store        needs what comes after 1: 0 records" in said.output
    assert "Remembered of ward, session 1: 1 messages" in said.output


def test_a_program_reads_it_and_damage_is_exit_code_1(spool):
    told = run(spool.directory, "--json")
    assert told.exit_code == 0
    assert json.loads(told.output)["segments"][0]["items"] == {"readings": 1}
    (path,) = spool.directory.glob("*.spool")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    told = run(spool.directory)
    assert told.exit_code == 1
    assert "DAMAGED" in told.output
    assert "record 1 was changed" in told.output


def test_the_items_of_a_record_come_a_line_each(spool):
    (line,) = run(spool.directory, "--items", 1).output.splitlines()
    assert json.loads(line)["value"] == 21.5


def test_it_must_be_told_where_and_there_must_be_a_spool(tmp_path):
    for words in ((), (tmp_path, "--config", "w.yaml"), (tmp_path,), (tmp_path, "--items", 1)):
        assert isinstance(run(*words).exception, ConfigError)

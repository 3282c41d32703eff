"""`wardkeeper doctor` as people and programs run it: what it prints and its exit codes."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress

import pytest


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(f"site: test\ntimezone: UTC\ndata: {tmp_path}/data\n")
    return path


def command(*words):
    return [sys.executable, "-m", "wardkeeper.cli", "doctor", *map(str, words)]


def run(*words):
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=60, check=False)


def with_broker(config, port):
    config.write_text(f"{config.read_text()}links:\n  ward: {{kind: mqtt, port: {port}}}\n")


def test_a_tuned_broker_is_exit_0(config, mosquitto):
    with_broker(config, mosquitto().port)
    done = run("mqtt", "settings", "disk", "--config", config)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[-1] == "Nothing found."
    assert all(line.startswith("✓ ") for line in lines[:-1])


def test_a_broker_as_it_comes_is_exit_1_with_what_to_do_below(config, mosquitto):
    with_broker(config, mosquitto("max_inflight_messages 20", "max_queued_messages 1000").port)
    done = run("mqtt", "--config", config)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = lines.index("▲ mqtt        ward: Only 20 messages may be on the way at once")
    assert "max_inflight_messages 1000" in lines[at + 1]
    assert lines[-1] == "2 found. docs/doctor.md has more on each."


def test_settings_with_a_mistake_are_exit_2_with_the_line(config):
    config.write_text("site: test\nlinsk: {}\n")
    done = run("--config", config)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{config}:2: linsk: unknown; did you mean links?")


def test_a_topic_that_does_not_exist_is_exit_2(config):
    done = run("mqqt", "--config", config)
    assert done.returncode == 2
    assert "There is no topic 'mqqt'; there are" in done.stderr


def test_for_programs_it_is_one_json_document(config):
    done = run("--json", "--config", config)
    told = json.loads(done.stdout)
    assert told["well"] is (done.returncode == 0)
    assert {"topic": "settings", "state": "trouble", "name": "settings.no-links"}.items() <= next(
        each for each in told["findings"] if each["topic"] == "settings"
    ).items()


def test_no_topic_needs_what_is_not_there_yet(config):
    """Before the first start: no data, no database, no server; only the missing link, and this machine's own clock."""
    done = run("--json", "--gentle", "--config", config)
    names = {each["name"] for each in json.loads(done.stdout)["findings"] if each["state"] == "trouble"}
    assert names - {"clock.unsynced"} == {"settings.no-links"}


def test_in_a_terminal_it_says_what_it_is_looking_at_and_folds_long_lines(config, mosquitto):
    with_broker(config, mosquitto("max_inflight_messages 20").port)
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(command("mqtt", "--config", config), stdout=slave, stderr=slave, env=environment) as process:
        os.close(slave)
        said = b""
        with suppress(OSError):  # the end of a terminal is an error on Linux
            while chunk := os.read(master, 4096):
                said += chunk
    os.close(master)
    text = said.decode()
    assert process.returncode == 1
    assert "Looking at ward: trying how many messages may be on the way" in text
    assert "▲" in text
    assert text.rstrip().endswith("1 found. docs/doctor.md has more on each.")


def test_a_secret_is_never_printed(config, tmp_path, mosquitto):
    (tmp_path / "pw").write_text("sesame\n")
    port = mosquitto(users={"ward": "other"}).port
    link = f"{{kind: mqtt, port: {port}, username: ward, password: !file {tmp_path}/pw}}"
    config.write_text(f"{config.read_text()}links:\n  w: {link}\n")
    done = run("--config", config)
    assert "Not authorized" in done.stdout
    assert "sesame" not in done.stdout + done.stderr

"""`wardkeeper bench`, small: what is measured is right, not how fast this machine is."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from collector.reading import Frame
from drivers.mqtt import wardkeeper as dialect
from wardkeeper.bench import messages


def bench(*words):
    command = [sys.executable, "-m", "wardkeeper.cli", "bench", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("broker", ["mosquitto", "fake"])
def test_ingest_loses_nothing_doubles_nothing_and_has_its_reference(broker, mosquitto):
    done = bench("ingest", "--messages", "1000", "--rounds", "1", "--broker", broker, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["lost"], told["duplicates"], told["messages"], told["rounds"]) == (0, 0, 1000, 1)
    assert told["messages_per_s"] > 0
    assert told["ratio_to_mosquitto_sub"] > 0
    assert (told["ratio_to_naive"] is None) == (broker == "fake")


def test_a_missing_broker_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr("wardkeeper.bench.ingest._found", lambda name: None)
    from wardkeeper.bench.ingest import ingest

    with pytest.raises(Exception, match="apt-get install mosquitto mosquitto-clients"):
        ingest(100, 1, 20, "mosquitto", lambda _: None)


def test_every_message_is_a_point_of_its_own():
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    decoder = dialect.decoder(dialect.Config())
    points = set()
    for packet in messages.packets(3000, now):
        where = int.from_bytes(packet[3:5], "big") if packet[1] & 128 else int.from_bytes(packet[2:4], "big")
        start = 5 if packet[1] & 128 else 4
        frame = Frame("bench", packet[start : start + where].decode(), packet[start + where + 2 :], now)
        [reading] = decoder.decode(frame)
        points.add((reading.device, reading.metric, reading.at))
    assert len(points) == 3000

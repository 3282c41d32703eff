"""`wardkeeper bench`, small: what is measured is right, not how fast this machine is."""

import json
import socket
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from collector.errors import Unreachable
from collector.reading import Frame
from drivers.mqtt import wardkeeper as dialect
from wardkeeper.bench import broker as brokers
from wardkeeper.bench import ingest, pump, stream

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def bench(*words):
    command = [sys.executable, "-m", "wardkeeper.cli", "bench", *words, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("broker,window", [("mosquitto", 20), ("fake", 1000)])
def test_ingest_loses_nothing_doubles_nothing_and_has_its_reference(broker, window, mosquitto):
    told = bench("ingest", "--messages", "1000", "--rounds", "1", "--broker", broker, "--window", str(window))
    assert (told["lost"], told["duplicates"], told["not_good"], told["messages"], told["rounds"]) == (0, 0, 0, 1000, 1)
    for figure in ("messages_per_s", "ratio_to_mosquitto_sub", "ratio_to_naive"):
        assert told[figure] > 0, figure
    assert {"spool", "store", "registry", "link bench"} <= told["threads"].keys()


@pytest.mark.long
def test_a_soak_loses_nothing_and_says_what_was_late_how_quick_pages_were_and_the_memory(mosquitto):
    told = bench("soak", "--minutes", "1", "--rate", "2000")
    assert (told["behind"], told["rate"], told["database"]) == (0, 2000, "sqlite")
    assert told["pages"] > 20
    for figures in ("delay_on_disk_s", "delay_in_store_s"):
        assert told[figures]["p99"] >= told[figures]["p50"] > 0, figures
    assert len(told["memory_mib"]) == 4


def test_tickets_loses_nothing_doubles_nothing_and_says_how_late_they_were(mosquitto):
    told = bench("tickets", "--quick")
    assert (told["alarms"], told["tickets"], told["duplicates"], told["lost"]) == (40, 40, 0, 0)
    for figures in (told, told["at_once"]):
        assert figures["p99_s"] >= figures["p50_s"] > 0


@pytest.mark.parametrize(
    "name,figures",
    [
        ("codec", {"ratio", "frames_per_s"}),
        ("spool", {"record_of_20", "record_of_500", "record_of_5000"}),
        ("adverts", {"new_per_s", "repeated_per_s"}),
        ("store", {"write_table_points_per_s", "sealed_bytes_per_point", "resident_mib"}),
        ("query", {"latest_all_ms", "day_of_one_ms", "week_of_100_in_5_min_means_ms", "drop_day_ms"}),
    ],
)
def test_the_other_benches_say_their_figures_and_the_machine(name, figures):
    told = bench(name, "--quick")
    assert figures | {"machine"} <= told.keys()


def test_a_missing_broker_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(brokers.shutil, "which", lambda *_, **__: None)
    with pytest.raises(Unreachable, match="apt-get install mosquitto mosquitto-clients"):
        ingest.Bench(ingest.Plan(), lambda *_: None).run()


def test_every_message_is_a_point_of_its_own():
    decoder = dialect.decoder(dialect.Config())
    frames = [Frame("bench", topic, payload, NOON) for topic, payload in stream.payloads(3000, NOON)]
    readings = [reading for frame in frames for reading in decoder.decode(frame)]
    assert len({(one.device, one.metric, one.at) for one in readings}) == 3000
    assert {one.device.removeprefix("mqtt:") for one in readings} == set(stream.NAMES)


@pytest.mark.parametrize("cut", [0, 1, 3, 4, 9])
def test_acknowledgements_are_counted_wherever_the_socket_cuts_them_and_whatever_is_among_them(cut):
    near, far = socket.socketpair()
    with near, far:
        hello = b"\x32\x09\x00\x03a/b\x00\x07on"
        said = b"\x40\x02\x00\x01\x40\x02\x00\x02" + hello + b"\x40\x02\x00\x03\xc0\x00\x40\x02\x00\x04"
        first, rest = pump.acknowledged(near, said[:cut])
        second, rest = pump.acknowledged(near, rest + said[cut:])
        assert (first + second, rest) == (4, b"")
        assert far.recv(99) == b"\x40\x02\x00\x07\xd0\x00"


def test_find_answers_over_http():
    told = bench("find", "--quick")
    assert (told["assets"], told["asked"]) == (2000, 32)
    assert 0 < told["p50_s"] <= told["p99_s"]


def test_locating_names_rooms_of_many_tags_in_time():
    told = bench("locating", "--quick")
    assert (told["tags"], told["gateways"]) == (500, 500)
    assert told["right_share"] > 0.7
    assert told["fix_after_s_most"] >= 1.0

"""What a scraper learns of a collector, without database or screens."""

import threading

import pytest

from collector.clock import ManualClock
from collector.exposition import exposition
from collector.reading import Reading, Sighting
from collector.supervisor import Status
from tests.collector.test_exposition import read
from wardkeeper.collecting import Collecting
from wardkeeper.figures import figures
from wardkeeper.settings import Settings

PATIENT = "mqtt:bed-12/SMITH^JOHN"


@pytest.fixture
def collecting(tmp_path):
    known = Settings(site="test", data=tmp_path, store={"kind": "store.memory"}, links={"ward": {"kind": "mqtt"}})
    one = Collecting(known, ManualClock(), known.all_stores)
    yield one
    one.close()


@pytest.fixture
def told(collecting):
    def samples(*parts):
        families = figures(collecting, parts, "1.2.3")
        read(exposition(families, openmetrics=True), openmetrics=True)
        return read(exposition(families))

    return samples


def write(collecting, *items):
    stop = threading.Event()
    stop.set()
    collecting.pipeline.offer(items)
    collecting.pipeline.run(stop)


def test_the_way_of_a_message_is_told_from_link_to_store(collecting, told):
    now = ManualClock().now()
    collecting.counters.heard("ward", readings=2, size=117)
    write(collecting, Reading(PATIENT, "temperature", 21.5, now, now), Sighting("t", "g", float("nan"), now, None))
    said = told()
    assert said['wardkeeper_input_messages_total{link="ward"}'] == 1
    assert said['wardkeeper_input_bytes_total{link="ward"}'] == 117
    assert said["wardkeeper_items_total"] == 1
    assert said['wardkeeper_items_dropped_total{reason="not finite"}'] == 1
    assert said["wardkeeper_spool_head"] == 1
    assert said["wardkeeper_spool_bytes"] > 0
    assert said["wardkeeper_acknowledge_seconds_count"] == said["wardkeeper_spool_write_seconds_count"] == 1
    assert said['wardkeeper_reader_behind_records{reader="store"}'] == 1
    assert said['wardkeeper_link_up{link="ward"}'] == 0


def test_no_device_and_no_value_gets_into_it(collecting, told):
    now = ManualClock().now()
    write(collecting, Reading(PATIENT, "spo2", 97.5, now, now))
    collecting.counters.unknown("ward", PATIENT)
    text = exposition(figures(collecting, [], "1"))
    assert "SMITH" not in text
    assert "97.5" not in text


def test_parts_and_process_are_told(told):
    now = ManualClock().now()
    said = told(Status("spool", "running", now), Status("outbox", "waiting", now))
    assert said['wardkeeper_part_up{part="spool"}'] == 1
    assert said['wardkeeper_part_up{part="outbox"}'] == 0
    assert said['wardkeeper_build_info{version="1.2.3"}'] == 1
    assert said["process_cpu_seconds_total"] > 0
    assert said["process_resident_memory_bytes"] > 1e6
    assert said["process_open_fds"] > 3
    assert said["process_start_time_seconds"] > 1.5e9


def test_what_the_broker_dropped_is_told_under_the_links_name(collecting, told):
    now = ManualClock().now()
    write(collecting, Reading("link:ward", "broker_dropped", 3034.0, now, now))
    assert told()['wardkeeper_broker_dropped_messages_total{link="ward"}'] == 3034

"""What /inputs and /metrics show."""

import threading

import pytest

from collector.clock import ManualClock
from collector.counters import BAD_FRAMES_KEPT, UNKNOWN_TOPICS_KEPT, Counters, bad_frame


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def counters(clock):
    return Counters(clock)


def test_counts_are_by_name_and_labels_in_any_order(counters):
    counters.inc("dropped", 2, why="nan", link="a")
    counters.inc("dropped", link="a", why="nan")
    counters.inc("other")
    assert counters.get("dropped", why="nan", link="a") == 3
    assert counters.snapshot() == {("dropped", (("link", "a"), ("why", "nan"))): 3, ("other", ()): 1}
    assert counters.get("never") == 0


def test_rates_are_those_of_the_last_minute(counters, clock):
    counters.heard("mqtt", frames=10, readings=30)
    clock.advance(30)
    counters.heard("mqtt", frames=1, readings=2)
    (mqtt,) = counters.inputs()
    assert (mqtt.frames_per_minute, mqtt.readings_per_minute) == (11, 32)
    clock.advance(31)
    (mqtt,) = counters.inputs()
    assert (mqtt.frames_per_minute, mqtt.readings_per_minute) == (1, 2)
    clock.advance(3600)
    (mqtt,) = counters.inputs()
    assert (mqtt.frames_per_minute, mqtt.frames, mqtt.readings) == (0, 11, 32)


def test_bytes_are_those_that_the_link_tells(counters):
    counters.heard("mqtt", size=117)
    counters.heard("mqtt", frames=2, size=200)
    assert counters.inputs()[0].size == 317


def test_the_last_bad_frames_are_kept_newest_first_and_cut(counters, clock):
    for n in range(BAD_FRAMES_KEPT + 5):
        counters.bad(bad_frame("mqtt", "t" * 60_000, b"\xff" * 10_000_000, f"no {n}", at=clock.now(), offset=n))
    (mqtt,) = counters.inputs()
    assert mqtt.bad_frames == BAD_FRAMES_KEPT + 5
    assert len(mqtt.bad) == BAD_FRAMES_KEPT
    newest = mqtt.bad[0]
    assert (newest.why, newest.size, newest.topic) == ("no 54", 10_000_000, "t" * 200)
    assert newest.head == ""


def test_of_a_frame_that_could_not_be_masked_only_length_hash_and_offset_are_kept(clock):
    record = bad_frame("mqtt", "bed", b'{"name": "JOHN', "cut", at=clock.now(), offset=14)
    assert (record.size, record.offset, len(record.digest), record.head) == (14, 14, 24, "")
    assert record.digest != bad_frame("mqtt", "bed", b'{"name": "JANE', "cut", at=clock.now()).digest


def test_of_a_masked_one_the_first_bytes_are_kept(clock):
    record = bad_frame("mllp", "bed", b"NAME^JOHN", "x", at=clock.now(), masked=b"NAME^****" * 100)
    assert record.head == (b"NAME^****" * 8)[:64].hex()


def test_unknown_topics_are_counted_but_only_the_first_are_named(counters):
    for n in range(UNKNOWN_TOPICS_KEPT + 10):
        counters.unknown("mqtt", f"what/{n}")
    counters.unknown("mqtt", "what/0")
    (mqtt,) = counters.inputs()
    assert mqtt.unknown_topics == UNKNOWN_TOPICS_KEPT + 11
    assert len(mqtt.unknown) == UNKNOWN_TOPICS_KEPT
    assert mqtt.unknown["what/0"] == 2


def test_what_a_link_had_to_let_go_is_counted(counters):
    counters.lost("ble", 4)
    (ble,) = counters.inputs()
    assert (ble.link, ble.lost, ble.last_frame) == ("ble", 4, None)


def test_many_threads_lose_no_count(counters):
    def count():
        for _ in range(1000):
            counters.inc("n")
            counters.heard("x", readings=2)

    threads = [threading.Thread(target=count) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.get("n") == 8000
    assert counters.inputs()[0].readings == 16000

"""Time that a test can hold."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from collector.clock import ManualClock, SystemClock, from_a_wrong_clock, whole_ms

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_machines_clock_is_aware_utc_in_whole_milliseconds():
    now = SystemClock().now()
    assert now.tzinfo is UTC
    assert now.microsecond % 1000 == 0
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_fast_clock_runs_from_its_start():
    real = datetime.now(UTC)
    clock = SystemClock(speed=1000, start=real)
    time.sleep(0.02)
    assert clock.now() - real >= timedelta(seconds=20)


def test_waiting_is_in_the_time_of_the_clock():
    event = threading.Event()
    before = time.monotonic()
    assert not SystemClock(speed=1000).wait(event, 20)
    assert time.monotonic() - before < 15
    event.set()
    assert SystemClock().wait(event, 3600)


def test_a_held_clock_moves_only_when_it_is_moved_back_too():
    clock = ManualClock(START)
    assert clock.now() == START
    assert clock.advance(1.5) == START + timedelta(seconds=1.5)
    assert clock.advance(-2) == START - timedelta(seconds=0.5)


def test_who_waits_for_a_held_clock_wakes_when_it_is_there_or_when_the_event_comes():
    clock, event = ManualClock(START), threading.Event()
    woken: list[bool] = []
    waiting = threading.Thread(target=lambda: woken.append(clock.wait(event, 10)))
    waiting.start()
    while not woken:
        clock.advance(5)
    waiting.join()
    assert woken == [False]
    event.set()
    assert clock.wait(event, 10)


def test_a_moment_is_cut_not_rounded():
    assert whole_ms(START.replace(microsecond=1999)) == START.replace(microsecond=1000)


@pytest.mark.parametrize("ahead_s, wrong", [(-1e9, False), (0, False), (300, False), (300.001, True), (1e8, True)])
def test_a_moment_more_than_five_minutes_ahead_is_of_a_wrong_clock(ahead_s, wrong):
    now = ManualClock().now()
    assert from_a_wrong_clock(now + timedelta(seconds=ahead_s), now) is wrong

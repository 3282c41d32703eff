"""The spool from outside: its quota, and files that should be gone."""

import os
import time

import pytest

from collector.clock import ManualClock
from collector.reading import Reading
from collector.spool import Spool


@pytest.fixture
def spool(patient):
    """A real one with small segments; nobody has read it."""
    one = Spool(patient.data / "spool", ManualClock(), segment_bytes=200)
    one.register("store")
    yield one
    one.close()


def write(spool, records):
    now = ManualClock().now()
    for n in range(records):
        spool.append([([Reading("d", "temperature", float(n), now, now)], None)])


def age(patient, minutes):
    at = time.time() - 60 * minutes
    for segment in (patient.data / "spool").glob("*.spool"):
        os.utime(segment, (at, at))


def test_a_young_one_is_well(patient, spool):
    write(spool, 9)
    assert patient.names("spool") == []
    assert "It takes 0.00 GB of 10.7 GB" in patient.findings("spool")[0].what


def test_a_file_that_somebody_still_needs_long_after_it_was_full(patient, spool):
    write(spool, 9)
    age(patient, 30)
    [finding] = [each for each in patient.findings("spool") if each.state == "trouble"]
    assert (finding.name, finding.what) == ("spool.behind", "It was full 30 min ago and is still needed")


def test_the_file_that_is_still_written_may_be_as_old_as_it_likes(patient, spool):
    write(spool, 1)
    age(patient, 30)
    assert patient.names("spool") == []


def test_a_spool_that_fills_up(patient, spool):
    write(spool, 1)
    patient.write("spool: {quota_mb: 64}\n")
    with (patient.data / "spool" / "00000000000000000009.spool").open("wb") as file:
        file.truncate(50 << 20)
    assert patient.names("spool") == ["spool.filling"]

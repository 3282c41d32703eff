"""The clock against what the kernel says of it and against what is already on disk."""

import subprocess
from datetime import timedelta

import pytest

from collector.clock import ManualClock, SystemClock
from collector.reading import Reading
from collector.spool import Spool
from wardkeeper.doctor import clock


@pytest.mark.parametrize("status,state,name", [(0x2001, "well", ""), (0x0041, "trouble", "clock.unsynced")])
def test_a_clock_that_nobody_keeps_in_step(status, state, name):
    found = clock.synced(clock.Timex(status=status, maxerror=12_000))
    assert (found.state, found.name) == (state, name)


def test_a_clock_that_is_kept_in_step_says_how_far_it_may_be_off():
    assert "at most 12 ms off" in clock.synced(clock.Timex(status=0x2001, maxerror=12_000)).what


def test_a_system_that_does_not_say_is_not_called_wrong():
    assert clock.synced(None).state == "unseen"


def test_the_kernel_of_this_machine_says_what_timedatectl_says():
    told = clock.kernel()
    if told is None:
        pytest.skip("this system has no adjtimex")
    assert 0 < told.maxerror <= 16_000_000, "the kernel itself stops at 16 s"
    asked = subprocess.run(
        ["timedatectl", "show", "-p", "NTPSynchronized", "--value"], capture_output=True, text=True, check=False
    )
    if asked.returncode == 0:
        assert (clock.synced(told).state == "well") is (asked.stdout.strip() == "yes")


def spool_once(patient):
    now = SystemClock().now()
    spool = Spool(patient.data / "spool", SystemClock())
    spool.append([([Reading("d", "temperature", 20.0, now, now)], None)])
    spool.close()


@pytest.mark.parametrize("hours,names", [(-1, ["clock.set-back"]), (0, []), (1, [])])
def test_a_clock_that_was_set_back(patient, hours, names):
    spool_once(patient)
    patient.clock = ManualClock(SystemClock().now() + timedelta(hours=hours))
    assert [name for name in patient.names("clock") if name != "clock.unsynced"] == names


def test_a_clock_that_was_set_back_says_by_how_much(patient):
    spool_once(patient)
    patient.clock = ManualClock(SystemClock().now() - timedelta(hours=1))
    [finding] = [each for each in patient.findings("clock") if each.name == "clock.set-back"]
    seconds = int(finding.what.split()[3].replace(",", ""))
    assert 3570 < seconds <= 3600


def test_settings_without_a_time_zone(patient):
    patient.path.write_text(f"site: test\ndata: {patient.data}\n")
    assert "clock.no-zone" in patient.names("clock")
    patient.write("", timezone="Europe/Berlin")
    assert "clock.no-zone" not in patient.names("clock")

"""Adverts by the thousand, from a process of their own through bleak to readings on disk."""

import pytest

from tests.bluez.process import Bus
from tests.bluez.rate import measure


@pytest.mark.long
def test_fifteen_thousand_adverts_a_second_become_readings_with_nothing_lost(tmp_path, monkeypatch):
    if not Bus.there():
        pytest.skip("dbus-daemon is not installed (Debian: apt-get install dbus)")
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", "")
    callback, readings = measure(tmp_path, devices=200, count=150_000, rate=15_000)
    print(callback, readings, sep="\n")
    assert (readings.adverts, readings.lost) == (150_000, 0)
    assert readings.readings == 5 * 150_000
    assert readings.a_cpu_second > 15_000  # a share of a core, whatever else the machine does

"""Blood pressure and glucose over a real D-Bus; and that a meter is asked for its records, in these words only."""

from datetime import UTC, datetime

import pytest

from collector.reading import Reading
from tests.bluez.process import until

MONITOR, METER = "C0:00:00:00:00:01", "C0:00:00:00:00:02"
CUFF = [("1810", [("2a35", ["indicate"], b""), ("2a36", ["notify"], b"")])]
GLUCOSE = [
    ("1808", [("2a18", ["notify"], b""), ("2a34", ["notify"], b""), ("2a52", ["write", "indicate"], b"")]),
    ("181f", [("2a52", ["write", "indicate"], b"")]),
]
ASKED = [{"kind": "gatt.glucose", "stored_records": True, "timezone": "Europe/Vienna"}]
ALL, DONE = b"\x01\x01", b"\x06\x00\x01\x01"


def record(number, milligrams):
    """One that the meter measured on 24 November 2026 at 6:42."""
    return b"\x02" + number.to_bytes(2, "little") + bytes.fromhex("ea070b18062a00") + bytes((milligrams, 0xB0, 0x11))


@pytest.fixture
def meter(bluez):
    bluez.add_adapter()
    bluez.peripheral(METER, GLUCOSE)
    bluez.beacon(METER, uuids=["1808"])


def part(link):
    return link.status.parts[-1]


def test_a_blood_pressure_monitor_is_connected_and_says_what_it_measured(bluez, ble, intake):
    bluez.add_adapter()
    bluez.peripheral(MONITOR, CUFF)
    bluez.beacon(MONITOR, uuids=["1810"])
    ble(devices=[{"address": MONITOR}])
    bluez.wait("notified", MONITOR, is_=2)
    assert bluez.notify(MONITOR, "2a36", bytes.fromhex("00d7f000000000"))
    assert bluez.notify(MONITOR, "2a35", bytes.fromhex("1e8a00580078000000041114293b3c00012700"))
    intake.wait(lambda memory: memory.values("pulse_rate"))
    assert [intake.values(metric) for metric in ("nibp_cuff", "nibp_sys", "nibp_dia")] == [[21.5], [138], [88]]
    assert bluez.written() == []


def test_a_meter_is_asked_for_everything_and_after_a_reconnect_for_what_is_new(bluez, ble, intake, meter):
    ble(devices=[{"address": METER, "parts": ASKED}])
    bluez.wait("written", is_=[(METER, "2a52", ALL)])
    for number, milligrams in ((6, 101), (7, 123)):
        bluez.notify(METER, "2a18", record(number, milligrams))
    bluez.notify(METER, "2a52", DONE)
    intake.wait(lambda memory: memory.values("glucose") == [101, 123])
    [at] = {one.at for one in intake.items if isinstance(one, Reading) and one.metric == "glucose"}
    assert at == datetime(2026, 11, 24, 5, 42, tzinfo=UTC)
    bluez.drop(METER)
    bluez.wait("written", is_=[(METER, "2a52", ALL), (METER, "2a52", b"\x01\x03\x01\x07\x00")])


def test_a_meter_that_the_settings_do_not_ask_is_only_listened_to(bluez, ble, intake, meter):
    ble(devices=[{"address": METER}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert bluez.notified(METER) == 1
    assert bluez.written() == []


def test_a_meter_that_cannot_report_is_said_and_still_listened_to(bluez, ble, intake, meter):
    link = ble(devices=[{"address": METER, "parts": ASKED}])
    bluez.wait("count", "written", METER, is_=1)
    intake.wait(lambda memory: True in memory.values("available"))
    bluez.notify(METER, "2a52", b"\x06\x00\x01\x02")
    until(lambda: part(link).error == "Its records: it cannot report its records")
    assert part(link).state == "up"
    assert bluez.notify(METER, "2a18", record(8, 99))
    intake.wait(lambda memory: memory.values("glucose") == [99])


def test_a_meter_that_wants_to_be_paired_first_is_said(bluez, ble, intake, meter):
    bluez.forbid(METER, "2a52")
    link = ble(devices=[{"address": METER, "parts": ASKED}])
    intake.wait(lambda memory: True in memory.values("available"))
    assert "2a52" in part(link).error
    assert "bluetoothctl pair" in part(link).hint
    assert bluez.written() == []

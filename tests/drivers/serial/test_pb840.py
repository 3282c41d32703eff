"""Reports of a Puritan Bennett 840, fields as its manual numbers them, in; readings out."""

from datetime import timedelta

import pytest

from collector.reading import Announcement
from drivers.serial.pb840 import Config, SendFull, SendShort, session
from tests.drivers.serial.conftest import NOW

QUIET = {"technical_alarm": "", "mains": True, "battery_low": False}


def miscf(**changed):
    """MISCF with `f70="14.0"` and so on in its fields 5 to 173; alarms are at rest."""
    fields = dict.fromkeys(range(5, 174), "      ") | dict.fromkeys(range(106, 154), "NORMAL")
    fields |= {5: "14:51 ", 6: "840 3512345678    ", 7: "NOV 22 2026 ", 125: "RESET "}
    fields |= {int(name[1:]): text.ljust(6) for name, text in changed.items()}
    return b"MISCF,1225,169 ,\x02" + ",".join(fields.values()).encode() + b",\x03\r"


def misca(**changed):
    """MISCA, whose fields are 5 to 101."""
    fields = dict.fromkeys(range(5, 102), "      ") | {6: "840 3512345678    "}
    fields |= {int(name[1:]): text.ljust(6) for name, text in changed.items()}
    return b"MISCA,706,97,\x02" + ",".join(fields.values()).encode() + b",\x03\r"


def new(**settings):
    return session(Config(**settings), "serial:ward/vent")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_what_is_measured(listen):
    report = miscf(f70="14.0", f71="0.378", f72="5.290", f73="24.0", f74="8.6", f77="21", f87="5.8")
    readings, bad = listen(new(), report)
    assert not bad
    assert values(readings) == QUIET | {
        "resp_rate": 14,
        "tidal_volume": 378,
        "minute_volume": 5.29,
        "airway_pressure_peak": 24,
        "airway_pressure_mean": 8.6,
        "fio2": 21,
        "peep": 5.8,
    }


def test_what_is_blank_or_off_gives_no_reading(listen):
    assert values(listen(new(), miscf(f72="OFF"))[0]) == QUIET


def test_technical_alarms_and_no_others(listen):
    report = miscf(f113="LOW", f115="HIGH", f106="HIGH", f137="MEDIUM", f153="HIGH", f121="RESET")
    assert values(listen(new(), report)[0]) == {
        "technical_alarm": "AC power lost, battery low, technical malfunction A5, technical malfunction A85",
        "mains": False,
        "battery_low": True,
    }


def test_the_short_report(listen):
    readings, bad = listen(new(), misca(f34="14", f35="0.38", f36="5.29", f38="24.0", f39="8.6", f54="ALARM"))
    assert not bad
    assert values(readings) == {
        "resp_rate": 14,
        "tidal_volume": 380,
        "minute_volume": 5.29,
        "airway_pressure_peak": 24,
        "airway_pressure_mean": 8.6,
        "technical_alarm": "no O2 supply",
    }


def test_model_and_serial_number_once():
    items = new().receive(miscf() * 2, NOW)
    [known] = [one for one in items if isinstance(one, Announcement)]
    assert (known.facts["model"], known.facts["serial"]) == ("840", "3512345678")


@pytest.mark.parametrize(
    "report",
    [
        miscf().replace(b"      ,", b"", 1),
        miscf()[10:],
        miscf(f70="1x.0"),
        miscf(f113="NORNAL"),
        b"MISCX,1,1,\x02a,\x03\r",
    ],
)
def test_a_bad_report_says_nothing(listen, report):
    readings, bad = listen(new(), report)
    assert not readings
    assert [trouble.offset for trouble in bad] == [0]


@pytest.mark.parametrize("report,query", [("full", SendFull), ("short", SendShort)])
def test_it_is_asked_at_once_and_every_ten_seconds(report, query):
    one = new(report=report)
    assert one.due() <= NOW
    assert one.next(NOW) == query()
    assert one.due() == NOW + timedelta(seconds=10)
    assert one.next(NOW + timedelta(seconds=9)) is None
    assert one.next(NOW + timedelta(seconds=10)) == query()


def test_what_is_asked_is_as_the_manual_has_it():
    assert (SendFull().data, SendShort().data) == (b"SNDF\r", b"SNDA\r")

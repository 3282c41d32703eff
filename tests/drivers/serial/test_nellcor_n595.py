"""The text of Nellcor's data port in, readings out. Headings and the first line are those of the NPB-295's manual."""

from datetime import UTC, datetime

import pytest

from collector.reading import Announcement, Quality
from drivers.serial.nellcor_n595 import Config, session
from tests.drivers.serial.conftest import NOW

HEADINGS = b"NPB-295 VERSION 2.0.0.0 CRC: XXXX SpO2 Limit: 70-100% PR Limit: 60-160BPM\r\nTIME %SPO2 BPM PA Status\r\n"
LINE = b"12-NOV-98 14:00:05 100 120 50\r\n"
WELL = {"sensor_fault": False, "technical_alarm": "", "battery_low": False}


def new(**settings):
    return session(Config(**settings), "serial:ward/nellcor")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_the_lines_of_the_manual(listen):
    readings, bad = listen(new(), HEADINGS + LINE)
    assert not bad
    assert values(readings) == {"spo2": 100, "pulse_rate": 120} | WELL


def test_the_heading_is_the_announcement():
    items = new().receive(HEADINGS * 2, NOW)
    assert [one.facts for one in items if isinstance(one, Announcement)] == [
        {"maker": "Nellcor", "kind": "pulse oximeter", "model": "NPB-295", "firmware": "2.0.0.0"}
    ]


def test_the_second_heading_of_an_n_595(listen):
    readings, bad = listen(
        new(),
        b"N-595 VERSION 1.0.0.0 CRC:1A2B SpO2 Limit: 85-100% PR Limit: 40-170BPM\r\n"
        b"  ADULT  50SAT-S  SPO2 RESP MODE: NORMAL\r\n",
    )
    assert not bad
    assert not readings


@pytest.mark.parametrize(
    "line,expected",
    [
        (b" 1-JUL-26 14:00:05  80* 190*  50  PH SL", {"spo2": 80, "pulse_rate": 190} | WELL),
        (b"01-JUL-26 14:00:05 --- --- --- SD", WELL | {"sensor_fault": True, "technical_alarm": "sensor disconnected"}),
        (b"01-JUL-26 14:00:05 --- --- --- SO LB", WELL | {"technical_alarm": "sensor off", "battery_low": True}),
    ],
)
def test_limits_and_states(listen, line, expected):
    assert values(listen(new(), line + b"\r\n")[0]) == expected


def test_while_the_pulse_is_searched_for_it_is_uncertain(listen):
    readings, _ = listen(new(), b"01-JUL-26 14:00:05 97 61 20 PS\r\n")
    assert {one.metric: one.quality for one in readings}["spo2"] == Quality.UNCERTAIN


def test_the_time_counts_only_with_a_zone(listen):
    line = LINE.replace(b"12-NOV-98", b"24-NOV-26")
    assert {one.at for one in listen(new(timezone="UTC"), line)[0]} == {datetime(2026, 11, 24, 14, 0, 5, tzinfo=UTC)}
    assert {one.at for one in listen(new(), line)[0]} == {NOW}


@pytest.mark.parametrize("line", [b"12-NOV-98 14:00:05 100", b"32-NOV-98 14:00:05 100 120 50", b"    Command?"])
def test_a_bad_line_is_named_with_its_place(listen, line):
    readings, bad = listen(new(), LINE + line + b"\r\n")
    assert [trouble.offset for trouble in bad] == [len(LINE)]
    assert len(readings) == 5

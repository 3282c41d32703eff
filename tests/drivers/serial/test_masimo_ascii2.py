"""Masimo ASCII 2: the lines of the Rad-8 manual's sample trend output in, readings out."""

from datetime import UTC, datetime

import pytest

from collector.reading import Quality
from drivers.serial.masimo_ascii2 import Config, session
from tests.drivers.serial.conftest import NOW

LINE = b"09/21/08 09:56:12 SpO2=097 PR=069 PI=04.69 EXC=800:SET\r\n"
WELL = {"sensor_fault": False, "technical_alarm": ""}


def new(**settings):
    return session(Config(**settings), "serial:ward/masimo")


@pytest.mark.parametrize(
    "line,expected",
    [
        (LINE, WELL | {"spo2": 97, "pulse_rate": 69, "perfusion_index": 4.69}),
        (
            b"09/21/08 09:56:14 SpO2=096 PR=074 PI=02.28 EXC=C00:LowSigIQ,SET\n",
            WELL | {"spo2": 96, "pulse_rate": 74, "perfusion_index": 2.28},
        ),
        (
            b"09/21/08 09:56:10 SpO2=000 PR=000 PI=00.00 EXC=828:Search,OffPat,SET\r\n",
            WELL | {"technical_alarm": "sensor off"},
        ),
        (b"09/21/08 09:56:18 SpO2=000 PR=000 PI=00.00 EXC=800:SET\r\n", WELL),
        (
            b"09/21/08 09:56:18 SpO2=--- PR=--- PI=--.-- EXC=001:NoSens\r\n",
            {"sensor_fault": True, "technical_alarm": "no sensor"},
        ),
    ],
)
def test_lines(listen, line, expected):
    readings, bad = listen(new(), line)
    assert not bad
    assert {one.metric: one.value for one in readings} == expected


def test_a_trend_needs_the_zone_of_its_clock(listen):
    line = LINE.replace(b"09/21/08", b"11/23/26")
    assert {(one.at, one.quality) for one in listen(new(timezone="UTC"), line)[0]} == {
        (datetime(2026, 11, 23, 9, 56, 12, tzinfo=UTC), Quality.GOOD)
    }
    assert {(one.at, one.quality) for one in listen(new(), line)[0]} == {(NOW, Quality.UNCERTAIN)}


@pytest.mark.parametrize("line", [LINE.replace(b"097", b"97"), LINE.replace(b"09/21", b"13/21"), LINE[9:]])
def test_a_bad_line_is_named_with_its_place(listen, line):
    readings, bad = listen(new(), LINE + line)
    assert [trouble.offset for trouble in bad] == [len(LINE)]
    assert len(readings) == 5

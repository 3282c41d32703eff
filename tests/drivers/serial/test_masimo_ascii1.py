"""Masimo ASCII 1: lines as the device prints them in, readings out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from collector.reading import Announcement
from drivers.serial.masimo_ascii1 import Config, session

LINE = (
    "11/24/26 07:41:00 SN=0000012345 SPO2=098% BPM=097 PI=03.60% SPCO=--.-% SPMET=--.-% DESAT=-- PIDELTA=+--"
    " ALARM=0000 EXC=000800\r\n"
)
GOOD = {
    "spo2": 98,
    "pulse_rate": 97,
    "perfusion_index": 3.6,
    "sensor_fault": False,
    "technical_alarm": "",
    "battery_low": False,
}


def new(**settings):
    return session(Config(**settings), "serial:ward/masimo")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_a_line(listen):
    readings, bad = listen(new(), LINE.encode())
    assert not bad
    assert values(readings) == GOOD


def test_the_time_counts_only_with_a_zone(listen):
    [at] = {one.at for one in listen(new(timezone="Europe/Berlin"), LINE.encode())[0]}
    assert at == datetime(2026, 11, 24, 6, 41, tzinfo=UTC)
    [at] = {one.at for one in listen(new(), LINE.encode())[0]}
    assert at == datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
    never_set = LINE.replace("11/24/26", "01/01/10")
    assert never_set != LINE
    [at] = {one.at for one in listen(new(timezone="Europe/Berlin"), never_set.encode())[0]}
    assert at == datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
    with pytest.raises(ValidationError):
        Config(timezone="Europe/Berln")


def test_what_is_missing_gives_no_reading(listen):
    line = (
        LINE.replace("098%", "---%").replace("BPM=097", "BPM=---").replace("03.60", "--.--").replace("000800", "000020")
    )
    assert values(listen(new(), line.encode())[0]) == {
        "sensor_fault": False,
        "technical_alarm": "sensor off",
        "battery_low": False,
    }


@pytest.mark.parametrize(
    "line,expected",
    [
        (
            (
                "12/01/05 11:56:29 SN=0123456789 SPO2=098% BPM=240 PI=20.00% SPCO=01.0% SPMET=00.5% DESAT=01"
                " PIDELTA=-02 PVI=027 ALARM=0000 EXC=000820\r\n"
            ),
            {"spo2": 98, "pulse_rate": 240, "pleth_variability": 27, "spco": 1, "spmet": 0.5},
        ),
        (
            (
                "03/17/16 19:19:36 SN=---------- SPO2=098% BPM=123 PI=00.55 SPCO=--% SPMET=--.-% SPHB=--.- SPOC=--"
                " RESVD=--- DESAT=-- PIDELTA=+-- PVI=--- ALARM=000000 EXC=0000C00 EXC1=00000000\r\n"
            ),
            {"spo2": 98, "pulse_rate": 123, "pleth_variability": None, "spco": None, "spmet": None},
        ),
        (
            "09/15/10 15:10:29 SPO2=097% BPM=064 PI=11.82% ALARM=20 EXC=800\r\n",
            {"spo2": 97, "pulse_rate": 64, "pleth_variability": None, "spco": None, "spmet": None},
        ),
    ],
    ids=["Radical-7", "Radical-7 with rainbow", "Rad-5"],
)
def test_published_lines_of_other_models(listen, line, expected):
    readings, bad = listen(new(), line.encode())
    assert not bad
    said = values(readings)
    assert {name: said.get(name) for name in expected} == expected


def test_the_serial_number_is_announced():
    [known] = [one for one in new().receive(LINE.encode() * 2, None) if isinstance(one, Announcement)]
    assert known.facts == {"maker": "Masimo", "kind": "pulse oximeter", "serial": "0000012345"}


def test_bits(listen):
    line = LINE.replace("ALARM=0000", "ALARM=0042").replace("000800", "000802")
    said = values(listen(new(), line.encode())[0])
    assert (said["sensor_fault"], said["technical_alarm"], said["battery_low"]) == (True, "defective sensor", True)


def test_a_bad_line_is_named_with_its_place_and_the_next_one_counts(listen):
    readings, bad = listen(new(), b"SPO2=098%\r\n" + LINE.encode() + LINE[:40].encode() + b"\n" + LINE.encode())
    assert [trouble.offset for trouble in bad] == [0, 11 + len(LINE)]
    assert len(readings) == 2 * len(GOOD)


@given(st.lists(st.binary(max_size=80) | st.just(LINE.encode()), max_size=6))
def test_any_bytes_at_all(listen, chunks):
    one = new()
    for chunk in chunks:
        listen(one, chunk)
    assert one.due() is None
    assert one.next(None) is None

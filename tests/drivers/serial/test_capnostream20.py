"""Capnostream 20: messages constructed as OpenICE reads them in, readings out. Its identity is OpenICE's own."""

from datetime import timedelta
from functools import reduce
from operator import xor

import pytest

from collector.reading import Announcement
from drivers.serial.capnostream20 import QUERIES, Config, session
from tests.drivers.serial.bench import asked, said
from tests.drivers.serial.conftest import NOW

IDENTITY = b"V45.67 02/24/2008 B355987654  "  # published
MMHG, KPA, PERCENT = 1, 2, 3
ENABLE, START, STILL_HERE = b"\x85\x01\x01\x00", b"\x85\x01\x04\x05", b"\x85\x01\x06\x07"


def message(code, data):
    plain = bytes([len(data) + 1, code]) + data
    plain += bytes([reduce(xor, plain)])
    return b"\x85" + plain.replace(b"\x80", b"\x80\x00").replace(b"\x85", b"\x80\x05")


def numerics(etco2=38, rate=14, spo2=97, pulse=72, unit=MMHG, extended=0, oximeter=0, co2_alarms=0):
    data = (1_416_811_200).to_bytes(4, "big") + bytes([etco2, 0, rate, spo2, pulse, 0, 0, 0, 0, co2_alarms, oximeter])
    return message(1, data + bytes([0, 60, 15, 30, 5, 8, 100, 85, 140, 50, unit, extended]))


def wave(status=0):
    return message(0, bytes([7, 5, 128, status]))


def new(role="listen"):
    return session(Config(role=role), "serial:ward/capno")


def values(listen, data):
    readings, bad = listen(new(), data)
    assert not bad
    return {one.metric: one.value for one in readings}


QUIET = {"battery_low": False, "sensor_fault": False, "technical_alarm": ""}


def test_what_is_measured(listen):
    measured = {"etco2_pressure": 38, "resp_rate": 14, "spo2": 97, "pulse_rate": 72}
    assert values(listen, numerics()) == measured | QUIET


@pytest.mark.parametrize(
    "sent,expected",
    [
        ({"etco2": 50, "unit": PERCENT}, {"etco2": 5.0}),
        ({"etco2": 51, "unit": KPA}, {"etco2_pressure": 38.3}),
        ({"etco2": 38, "unit": 9}, {}),
        ({"etco2": 255, "rate": 0}, {"resp_rate": 0}),
        ({"etco2": 0x80}, {"etco2_pressure": 128}),
        ({"etco2": 255, "pulse": 0x85}, {"pulse_rate": 133}),
    ],
)
def test_units_and_bytes_that_look_like_marks(listen, sent, expected):
    missing = {"etco2": 255, "rate": 255, "spo2": 255, "pulse": 255}
    assert values(listen, numerics(**missing | sent)) == expected | QUIET


@pytest.mark.parametrize(
    "sent,expected",
    [
        (wave(0x80) + numerics(), {"technical_alarm": "CO₂ malfunction", "sensor_fault": True}),
        (wave(0x40) + numerics(), {"technical_alarm": "no sampling line"}),
        (wave(0x40) + wave() + numerics(), {"technical_alarm": ""}),
        (numerics(extended=0x81), {"technical_alarm": "check calibration, battery low", "battery_low": True}),
        (numerics(oximeter=0x40), {"technical_alarm": "SpO₂ sensor disconnected"}),
        (numerics(oximeter=0x1F, co2_alarms=0x3F), {"technical_alarm": ""}),
    ],
)
def test_technical_states_are_said_and_the_patients_are_not(listen, sent, expected):
    assert {metric: values(listen, sent)[metric] for metric in QUIET} == QUIET | expected


def test_who_it_is_is_said_once():
    [one] = new().receive(message(4, IDENTITY) * 2, NOW)
    assert isinstance(one, Announcement)
    assert one.facts["serial"] == "B355987654"
    assert one.facts["firmware"] == "45.67"
    assert new().receive(message(4, IDENTITY[:9]), NOW) == []


def test_patients_events_and_trends_are_nobodys(listen):
    assert listen(new(), message(2, b"A PATIENT") + message(21, bytes(9)) + message(55, bytes(40))) == ([], [])


@pytest.mark.parametrize("short", [b"\x85\x00\x00", message(0, bytes(3)), message(1, bytes(26))])
def test_a_message_that_is_too_short(listen, short):
    readings, bad = listen(new(), short + numerics())
    assert [str(trouble) for trouble in bad] == ["The message is shorter than its kind"]
    assert len(readings) == 7


def test_noise_a_changed_byte_and_half_a_message(listen):
    whole = numerics()
    changed = whole.replace(bytes([97]), bytes([96]))
    readings, bad = listen(new(), b"\x00noise" + changed + whole[:20] + whole)
    assert [one.value for one in readings if one.metric == "spo2"] == [97]
    assert bad[0].offset == 0


def test_who_only_listens_sends_nothing():
    assert (new().due(), new().next(NOW)) == (None, None)


def test_a_host_begins_keeps_it_up_and_begins_anew_when_nothing_comes(listen):
    host, now, sent = new("host"), NOW, []
    for moment in range(12):
        now = NOW + timedelta(seconds=5 * moment)
        while query := host.next(now):
            assert isinstance(query, QUERIES)
            sent.append(query.data)
            listen(host, message(4, IDENTITY) if query.data == ENABLE else b"", now)
            now += timedelta(seconds=1.6)
        if 1 <= moment < 4:
            listen(host, numerics(), now)
    begins = [ENABLE, START]
    assert sent[:8] == [*begins, *begins, *[STILL_HERE] * 4]
    assert sent[-2:] == begins


def test_a_capnograph_on_a_port_is_sent_what_begins_it(tmp_path):
    answers = {ENABLE: message(4, IDENTITY), START: wave(0x02) + numerics()}
    with asked(tmp_path, "serial.capnostream20", answers.get, settings={"role": "host"}) as (intake, capnograph):
        intake.wait(lambda _: said(intake).get("technical_alarm") == "initializing")
    assert capnograph.sent == ENABLE + START

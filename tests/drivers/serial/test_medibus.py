"""MEDIBUS: responses built as the document has them, in; readings, commands and answers out."""

from datetime import timedelta

import pytest

from collector.reading import Announcement
from drivers.serial.medibus import Command, Config, Response, session
from tests.drivers.serial.bench import asked, said
from tests.drivers.serial.conftest import NOW


def framed(start, what, text=""):
    body = start + what + text.encode("latin-1")
    return body + b"%02X\r" % (sum(body) & 255)


def response(what, text=""):
    return framed(b"\x01", what, text)


def command(what):
    return framed(b"\x1b", what)


IDENTITY = response(b"R", "8210'Evita V500'02.51:06.00")
MEASURED = response(
    b"$", "7D  22" + "78 5.0" + "88 450" + "B9 6.1" + "D7  14" + "F0  40" + "EB  97" + "DB----" + "C1  37"
)
SETTINGS = response(b")", "01  40.0B  5.004 .450" + "0A 14.0")
TEXTS = response(b"*", "2C7DEUTSCH\x031A4APRV\x03")
ALARMS = response(b"'", "8" + "4B" + "BATT. SCHWACH"[:12] + "9" + "0E" + "APNOE       " + "5" + "42" + "FLOW-SENSOR?")
NO_ALARMS = response(b".")
ANSWERS = {
    command(b"Q"): response(b"Q"),
    command(b"R"): IDENTITY,
    command(b"0"): response(b"0"),
    command(b"$"): MEASURED,
    command(b"+"): response(b"+"),
    command(b"'"): ALARMS,
    command(b"."): NO_ALARMS,
    command(b")"): SETTINGS,
    command(b"*"): TEXTS,
}


def new(**settings):
    return session(Config(**settings), "serial:icu/vent")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_the_published_command():
    assert new().next(NOW).data == bytes.fromhex("1b5136430d")


def test_measured_data_in_the_units_of_the_metrics_and_blanks(listen):
    readings, bad = listen(new(), MEASURED)
    assert not bad
    assert values(readings) == {
        "airway_pressure_peak": 22.4338,
        "peep": 5.0986,
        "tidal_volume": 450,
        "minute_volume": 6.1,
        "resp_rate": 14,
        "fio2": 40,
        "spo2": 97,
    }


def test_settings(listen):
    assert values(listen(new(), SETTINGS)[0]) == {
        "fio2_set": 40,
        "peep_set": 5.0986,
        "tidal_volume_set": 450,
        "resp_rate_set": 14,
    }


def test_the_mode_is_said_in_the_words_of_the_device_and_standby_by_its_code(listen):
    assert values(listen(new(), TEXTS)[0]) == {"standby": False, "ventilation_mode": "APRV"}
    assert values(listen(new(), response(b"*", "1E7STANDBY\x03"))[0]) == {"standby": True}


def test_alarms_of_the_machine_apart_from_those_about_the_patient(listen):
    one = new()
    said_first = values(listen(one, ALARMS)[0])
    assert said_first == {
        "technical_alarm": "BATT. SCHWAC, FLOW-SENSOR?",
        "patient_alarm": "APNOE",
        "battery_low": True,
        "sensor_fault": True,
    }
    assert values(listen(one, response(b".", "5" + "A1" + "NETZTEIL    "))[0])["technical_alarm"].endswith("NETZTEIL")
    listen(one, NO_ALARMS)
    assert values(listen(one, response(b"'"))[0]) == {
        "technical_alarm": "",
        "patient_alarm": "",
        "battery_low": False,
        "sensor_fault": False,
    }


def test_who_it_is():
    one = new()
    [found] = one.receive(IDENTITY, NOW)
    assert isinstance(found, Announcement)
    assert found.facts == {"maker": "Dräger", "kind": "ventilator", "model": "Evita V500", "firmware": "02.51"}
    assert one.receive(IDENTITY, NOW) == []


@pytest.mark.parametrize(
    "dirty",
    [
        MEASURED.replace(b"  22", b"  92"),
        response(b"$", "7D  2"),
        response(b"$", "XX  22"),
        response(b"'", "8"),
        response(b"*", "1A9APRV\x03"),
        b"\x01$\r",
    ],
)
def test_what_is_damaged_gives_no_reading(listen, dirty):
    readings, bad = listen(new(), dirty)
    assert (readings, len(bad)) == ([], 1)


def test_a_command_inside_a_response_is_answered(listen):
    one = new()
    listen(one, MEASURED[:9] + command(b"0") + MEASURED[9:])
    assert one.next(NOW).data == response(b"0")


def test_it_opens_asks_in_turn_and_then_keeps_the_line_alive(listen):
    one, sent, now = new(every_s=6.0), [], NOW
    while len(sent) < 10:
        now = max(now, one.due())
        if query := one.next(now):
            sent.append(query.data)
            listen(one, ANSWERS[query.data], now)
    assert sent == [command(each) for each in (b"Q", b"R", b"$", b"+", b"'", b".", b")", b"*", b"0", b"0")]
    assert now - NOW == timedelta(seconds=4)


def test_the_device_may_begin(listen):
    one = new()
    listen(one, command(b"Q") + command(b"R") + command(b"x"))
    answers = [one.next(NOW), one.next(NOW)]
    assert [each.data for each in answers] == [response(b"Q"), response(b"R")]
    assert all(isinstance(each, Response) for each in answers)
    assert isinstance(one.next(NOW), Command)


def test_ten_silent_seconds_and_it_opens_again(listen):
    one = new()
    listen(one, response(b"Q"))
    assert one.next(NOW).data == command(b"R")
    later = NOW + timedelta(seconds=30)
    while (query := one.next(later)).data != command(b"Q"):
        later += timedelta(seconds=3)
    assert query.data == command(b"Q")


def test_a_ventilator_on_a_port_is_sent_declared_commands_and_nothing_else(tmp_path):
    with asked(tmp_path, "serial.medibus", ANSWERS.get) as (intake, vent):
        intake.wait(lambda _: {"ventilation_mode", "peep", "battery_low"} <= said(intake).keys())
    assert {each + b"\r" for each in vent.sent.split(b"\r")[:-1]} <= ANSWERS.keys()

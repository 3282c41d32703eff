"""Alaris Asena: the questions and answers of OpenICE's driver and simulator, CRCs included."""

import pytest

from collector.reading import Announcement
from drivers.codecs.checksums import crc16_ccitt_false
from drivers.serial.alaris_asena import Config, session
from tests.drivers.serial.bench import asked, said
from tests.drivers.serial.conftest import NOW

SERIAL = b"!INST_SERIALNO^8002-51740|050B\r"  # published
PROTOCOL = b"!COMMS_PROTOCOL^Asena Rev 2.1.5|661A\r"  # published
QUESTIONS = {b"!INST_SERIALNO|457D\r", b"!COMMS_PROTOCOL|E8DA\r", b"!INF|4961\r", b"!INF_VTBI|8456\r"}


def line(text):
    return b"!%b|%04X\r" % (text, crc16_ccitt_false(text))


INFUSING = line(b"INF^8002-51740^-^SET^3.50^ml/h^^12.250^ml^17.91^mmHg^24+^EVENT^127904")
TARGET = line(b"INF_VTBI^ACTIV^11.000^ml^STOP")
ANSWERS = {
    b"!INST_SERIALNO|457D\r": SERIAL,
    b"!COMMS_PROTOCOL|E8DA\r": PROTOCOL,
    b"!INF|4961\r": INFUSING,
    b"!INF_VTBI|8456\r": TARGET,
}


def new():
    return session(Config(), "serial:ward/pump")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_rate_volume_pressure_and_mode(listen):
    readings, bad = listen(new(), INFUSING + TARGET)
    assert not bad
    assert values(readings) == {
        "infusion_rate": 3.5,
        "volume_infused": 12.25,
        "infusion_pressure": 17.91,
        "infusion_mode": "SET",
        "technical_alarm": "",
        "volume_to_be_infused": 11.0,
    }


def test_who_it_is():
    [first, second] = new().receive(SERIAL + PROTOCOL, NOW)
    assert isinstance(second, Announcement)
    assert first.facts["serial"] == "8002-51740"
    assert second.facts["firmware"] == "Asena Rev 2.1.5"


def test_an_alarm_is_said_in_the_words_of_the_pump(listen):
    alarmed = line(b"INF^8002-51740^AL_OCCLU^SET^0.00^ml/h^^1.000^ml^600.00^mmHg^24+^EVENT^1")
    assert values(listen(new(), alarmed)[0])["technical_alarm"] == "AL_OCCLU"


def test_other_units_and_empty_fields_give_no_reading(listen):
    other = line(b"INF^1^-^^3.50^mg/h^^^ml^--^mmHg^24+^EVENT^1")
    assert values(listen(new(), other)[0]) == {"technical_alarm": ""}
    assert listen(new(), line(b"INF_VTBI^DEACT^^^")) == ([], [])


@pytest.mark.parametrize("dirty", [INFUSING.replace(b"3.50", b"8.50"), b"INF\r", b"!INF^1\r"])
def test_what_is_damaged_gives_no_reading(listen, dirty):
    readings, bad = listen(new(), dirty)
    assert (readings, len(bad)) == ([], 1)


def test_one_question_at_a_time_and_who_it_is_only_until_it_is_known(listen):
    one = new()
    asked_first = one.next(NOW).data
    assert one.next(NOW) is None
    order = [asked_first]
    for _ in range(3):
        listen(one, ANSWERS[order[-1]])
        order.append(one.next(NOW).data)
    assert order == list(ANSWERS)
    listen(one, TARGET)
    assert one.next(NOW) is None
    assert one.next(one.due()).data == b"!INF|4961\r"


def test_a_pump_on_a_port_is_sent_its_questions_and_nothing_else(tmp_path):
    with asked(tmp_path, "serial.alaris_asena", ANSWERS.get) as (intake, pump):
        intake.wait(lambda _: "volume_to_be_infused" in said(intake))
        assert said(intake)["infusion_rate"] == 3.5
    assert {each + b"\r" for each in pump.sent.split(b"\r")[:-1]} == QUESTIONS

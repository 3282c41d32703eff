"""Messages built as the public decoder of ANSAR-B has them in, readings out."""

import pytest

from collector.reading import Announcement
from drivers.serial.ivy450c import Config, session
from tests.drivers.serial.conftest import NOW

LINES = (
    "HR=BPM; 80;60;150;ECG-II-DIAG",
    "RR=BR/M; 35;5;40;APNEA: 20 SEC",
    "SPO2=%;100;85;100;PR=80",
    "NIBP=mmHg;121; 75; 92; 80;AUTO",
    "P1=mmHg;111; 73; 88;100;ART",
)
NUMBERS = {
    "heart_rate": 80,
    "resp_rate": 35,
    "spo2": 100,
    "pulse_rate": 80,
    "nibp_sys": 121,
    "nibp_dia": 75,
    "nibp_mean": 92,
}


def message(*lines, wave=b"\x80"):
    return b"\xffANSAR-B " + wave * 400 + "".join(f"{line}\r" for line in lines).encode() + b"\xfe"


def new():
    return session(Config(), "serial:ward/ivy")


def values(readings):
    return {one.metric: one.value for one in readings}


@pytest.mark.parametrize("wave", [b"\x80", b"\xfe", b"\xff"])
def test_a_message_whatever_its_waveforms(listen, wave):
    readings, bad = listen(new(), message(*LINES, wave=wave))
    assert not bad
    assert values(readings) == NUMBERS


def test_a_pressure_is_said_when_it_changes(listen):
    other = [line.replace("121", "118") for line in LINES]
    readings, _ = listen(new(), message(*LINES) * 2 + message(*other))
    assert [one.value for one in readings if one.metric == "nibp_sys"] == [121, 118]
    assert len([one for one in readings if one.metric == "spo2"]) == 3


def test_what_is_missing_gives_no_reading(listen):
    said = values(listen(new(), message("HR=BPM;   ;60;150;ECG-II-DIAG", "SPO2=%;---;85;100;PR=---"))[0])
    assert said == {}


def test_it_is_announced_once():
    items = new().receive(message(*LINES) * 2, NOW)
    assert [one.facts["model"] for one in items if isinstance(one, Announcement)] == ["450C"]


def test_a_message_without_its_end_is_left_and_the_next_counts(listen):
    readings, bad = listen(new(), message(*LINES)[:-20] + message(*LINES))
    assert [trouble.offset for trouble in bad] == [0]
    assert values(readings) == NUMBERS


def test_no_text_is_a_bad_frame(listen):
    readings, bad = listen(new(), message("HR=BPM;80;1").replace(b";80", b";\xb80"))
    assert not readings
    assert [trouble.offset for trouble in bad] == [416]

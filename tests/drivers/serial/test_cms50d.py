"""CMS50D+: frames of live data in, readings out. The published frames are those of CMS50Dplus' unit tests."""

import pytest

from collector.reading import Quality
from drivers.serial.cms50d import Config, session


def new():
    return session(Config(), "serial:ward/contec")


def said(listen, hexadecimal):
    readings, bad = listen(new(), bytes.fromhex(hexadecimal))
    assert not bad
    return {one.metric: one.value for one in readings}


@pytest.mark.parametrize(
    "frame,expected",
    [
        ("8000004861", {"pulse_rate": 72, "spo2": 97, "sensor_fault": False, "technical_alarm": ""}),
        ("8000000061", {"spo2": 97, "sensor_fault": False, "technical_alarm": ""}),
        ("8000400062", {"pulse_rate": 128, "spo2": 98, "sensor_fault": False, "technical_alarm": ""}),
        ("9000000000", {"sensor_fault": False, "technical_alarm": "no finger"}),
        ("8000200000", {"sensor_fault": False, "technical_alarm": "searching for the pulse"}),
        ("8000100000", {"sensor_fault": True, "technical_alarm": "probe error"}),
        ("800000487f", {"pulse_rate": 72, "sensor_fault": False, "technical_alarm": ""}),
        ("9000004861", {"sensor_fault": False, "technical_alarm": "no finger"}),
    ],
)
def test_a_frame(listen, frame, expected):
    assert said(listen, frame) == expected


def test_while_it_searches_the_old_values_are_uncertain(listen):
    readings, _ = listen(new(), bytes.fromhex("8000204861"))
    assert {one.metric: one.quality for one in readings}["spo2"] == Quality.UNCERTAIN


def test_it_is_said_on_change_and_once_a_second(listen):
    same, other = bytes.fromhex("8000004861"), bytes.fromhex("8000004961")
    readings, _ = listen(new(), same * 61 + other * 2)
    assert [one.value for one in readings if one.metric == "pulse_rate"] == [72, 72, 73]


def test_in_step_again_behind_half_a_frame(listen):
    readings, bad = listen(new(), bytes.fromhex("4861" + "8000004861"))
    assert [trouble.offset for trouble in bad] == [0]
    assert [one.value for one in readings if one.metric == "spo2"] == [97]

"""Nonin format 1: three bytes as the document has them in, readings out."""

import pytest

from collector.reading import Announcement, Quality
from drivers.serial.nonin_df1 import Config, session


def frame(rate=72, spo2=97, status=0):
    return bytes([0x80 | status | rate >> 7, rate & 127, spo2])


def new():
    return session(Config(), "serial:ward/nonin")


def values(readings):
    return {one.metric: one.value for one in readings}


@pytest.mark.parametrize("rate", [72, 200])
def test_a_second(listen, rate):
    readings, bad = listen(new(), frame(rate))
    assert not bad
    assert values(readings) == {"pulse_rate": rate, "spo2": 97, "sensor_fault": False, "technical_alarm": ""}


def test_what_is_missing_gives_no_reading(listen):
    said = values(listen(new(), frame(511, 127, 0x40))[0])
    assert said == {"sensor_fault": True, "technical_alarm": "sensor disconnected"}


@pytest.mark.parametrize("status", [0x04, 0x20])
def test_artifacts_and_lost_pulses_are_uncertain(listen, status):
    assert {one.metric: one.quality for one in listen(new(), frame(status=status))[0]}["spo2"] == Quality.UNCERTAIN


def test_in_step_again_behind_half_a_frame(listen):
    readings, bad = listen(new(), frame(60)[1:] + frame(61) + frame(62))
    assert [trouble.offset for trouble in bad] == [0]
    assert [one.value for one in readings if one.metric == "pulse_rate"] == [61, 62]


def test_it_is_announced_once():
    items = new().receive(frame() * 3, None)
    assert len([one for one in items if isinstance(one, Announcement)]) == 1

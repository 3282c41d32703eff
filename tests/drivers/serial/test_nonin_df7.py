"""Nonin format 7: frames as the document has them in, readings out."""

import pytest

from collector.reading import Announcement
from drivers.serial.nonin_df7 import Config, session


def packet(rate=72, spo2=97, status=0, pleth=0x0180):
    data = [rate >> 7, rate & 127, spo2, 48, *[0] * 21]
    frames = b""
    for place, value in enumerate(data):
        frame = bytes([0x80 | status | (place == 0), pleth >> 8, pleth & 255, value])
        frames += frame + bytes([sum(frame) & 255])
    return frames


def new():
    return session(Config(), "serial:ward/nonin")


def values(readings):
    return {one.metric: one.value for one in readings}


@pytest.mark.parametrize("pleth", [0x0180, 0x8081, 0xFFFF])
def test_a_packet_whatever_its_pleth(listen, pleth):
    readings, bad = listen(new(), packet(pleth=pleth))
    assert not bad
    assert values(readings) == {"pulse_rate": 72, "spo2": 97, "sensor_fault": False, "technical_alarm": ""}


def test_the_firmware():
    [known] = [one for one in new().receive(packet(), None) if isinstance(one, Announcement)]
    assert known.facts["firmware"] == "48"


def test_what_is_missing_gives_no_reading(listen):
    said = values(listen(new(), packet(511, 127, 0x40))[0])
    assert said == {"sensor_fault": True, "technical_alarm": "sensor disconnected"}


def test_no_value_is_put_together_from_two_packets(listen):
    data = packet(60)[:50] + packet(200) + packet(201)[:60]
    assert [one.value for one in listen(new(), data)[0] if one.metric == "pulse_rate"] == [200]

"""Nonin format 2: frames as the document has them in, readings out."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.reading import Announcement, Quality
from drivers.serial.nonin_df2 import Config, session


def packet(rate=72, spo2=97, status=0, pleth=1):
    data = [rate >> 7, rate & 127, spo2, 48, *[0] * 21]
    frames = b""
    for place, value in enumerate(data):
        frame = bytes([1, 0x80 | status | (place == 0), pleth, value])
        frames += frame + bytes([sum(frame) & 255])
    return frames


def new():
    return session(Config(), "serial:ward/nonin")


def values(readings):
    return {one.metric: one.value for one in readings}


def test_a_packet_gives_rate_and_saturation(listen):
    readings, bad = listen(new(), packet())
    assert not bad
    assert values(readings) == {"pulse_rate": 72, "spo2": 97, "sensor_fault": False, "technical_alarm": ""}
    assert {one.device for one in readings} == {"serial:ward/nonin"}


def test_a_rate_over_127_and_the_firmware():
    items = new().receive(packet(rate=200), None)
    assert [one.facts["firmware"] for one in items if isinstance(one, Announcement)] == ["48"]
    assert 200 in [getattr(one, "value", None) for one in items]


@pytest.mark.parametrize(
    "status,fault,alarm",
    [(0x40, True, "sensor disconnected"), (0x08, False, "sensor gives nothing usable"), (0x02, False, "")],
)
def test_status_bits(listen, status, fault, alarm):
    said = values(listen(new(), packet(511, 127, status))[0])
    assert said == {"sensor_fault": fault, "technical_alarm": alarm}


@pytest.mark.parametrize("status", [0x10, 0x20])
def test_without_good_pulses_vitals_are_uncertain(listen, status):
    qualities = {one.metric: one.quality for one in listen(new(), packet(status=status))[0]}
    assert qualities["spo2"] == qualities["pulse_rate"] == Quality.UNCERTAIN


@given(st.integers(0, 124), st.binary(max_size=60))
def test_in_step_again_with_the_next_whole_packet(listen, cut, noise):
    readings, _ = listen(new(), noise + packet(60)[cut:] + packet(61) + packet(62))
    assert [one.value for one in readings if one.metric == "pulse_rate"][-1] == 62


def test_no_value_is_put_together_from_two_packets(listen):
    data = packet(60)[:50] + packet(200)[:125]
    assert [one.value for one in listen(new(), data)[0] if one.metric == "pulse_rate"] == [200]


def test_stray_frames_shift_nothing(listen):
    data = packet() + packet()[5:15] + packet(80)
    assert [one.value for one in listen(new(), data)[0] if one.metric == "pulse_rate"] == [72, 80]


def test_no_false_packet_at_one_percent_of_corrupted_bytes(listen):
    chance = random.Random(75)
    sent = b"".join(packet(60 + n % 50, 97, pleth=n % 250) for n in range(2000))
    dirty = bytes(chance.randrange(256) if chance.random() < 0.01 else byte for byte in sent)
    readings, bad = listen(new(), dirty)
    rates = [one.value for one in readings if one.metric == "pulse_rate"]
    assert len(bad) > 500
    assert len(rates) > 400
    assert all(60 <= rate < 110 for rate in rates)
    assert {one.value for one in readings if one.metric == "spo2"} == {97}


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_any_bytes_at_all_and_nothing_is_asked(listen, chunks):
    one = new()
    for chunk in chunks:
        listen(one, chunk)
    assert one.due() is None
    assert one.next(None) is None

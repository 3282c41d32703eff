"""Only news is judged: not what came late, is bad, or was kept by a broker."""

import pytest

from collector.reading import Quality, Reading
from service_desk.alarms.judge import Judge
from service_desk.alarms.model import Alarm
from service_desk.ports import Subject

PUMP = "mqtt:zigbee2mqtt/pump/P-117"


@pytest.mark.parametrize(
    "how",
    [{"late": 16 * 60}, {"quality": Quality.BAD}, {"quality": Quality.UNCERTAIN, "retained": True}],
    ids=["came too late", "bad", "retained"],
)
def test_what_is_not_news_neither_raises_nor_clears(house, how):
    house.say(PUMP, "battery", 22.0, **how)
    assert house.all(Alarm) == []
    house.clock.advance(3600)
    house.say(PUMP, "battery", 22.0)
    house.clock.advance(3600)
    house.say(PUMP, "battery", 80.0, **how)
    assert house.alarm.active


def test_a_device_with_a_fast_clock_raises_like_any_other(house):
    house.say(PUMP, "battery", 22.0, quality=Quality.UNCERTAIN)
    house.clock.advance(3600)
    house.say(PUMP, "battery", 22.0, quality=Quality.UNCERTAIN)
    assert house.alarm.active


def test_a_reading_fifteen_minutes_late_still_counts(house):
    house.say(PUMP, "battery", 22.0, late=15 * 60)
    assert house.alarm.active


def test_vitals_are_never_asked_about(house):
    asked = []
    judge = Judge({}, lambda device, at: asked.append(device) or Subject(device))
    now = house.clock.now()
    assert list(judge.hear([Reading("d", "spo2", 20.0, now, now)])) == []
    assert asked == []

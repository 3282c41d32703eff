"""mosquitto about itself: what it threw away, also as a real one says it to a link that came back."""

import pytest

from collector.errors import BadFrame
from collector.metrics import METRICS

TOTAL, RATE = "$SYS/broker/publish/messages/dropped", "$SYS/broker/load/publish/dropped/1min"


def test_what_was_dropped_is_a_reading_of_the_link(heard):
    assert heard(TOTAL, "3034").by_device == {"link:test": {"broker_dropped": 3034}}
    assert heard(RATE, "12.63").by_device == {"link:test": {"broker_dropped_rate": 12.63}}


def test_what_was_dropped_while_nobody_listened_is_news_and_that_nothing_was_is_none(heard):
    [reading] = heard(TOTAL, "3034", retained=True).readings
    assert not reading.retained
    assert heard(TOTAL, "0", retained=True).readings == []
    assert heard(RATE, "0.00").values == {"broker_dropped_rate": 0}, "over again: an alarm clears"


@pytest.mark.parametrize("payload", [b"", b"many", b"\xff"])
def test_what_is_no_number_is_a_bad_frame(heard, payload):
    with pytest.raises(BadFrame):
        heard(TOTAL, payload)


def test_its_metrics_are_known():
    assert {METRICS[name].family for name in ("broker_dropped", "broker_dropped_rate")} == {"device_health"}

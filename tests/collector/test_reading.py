"""The things Wardkeeper hears."""

from datetime import timedelta

import msgspec
import pytest

from collector.clock import ManualClock
from collector.reading import Frame, Item, Quality, Reading, Sighting

T0 = ManualClock().now()


def test_a_reading_of_a_frame_was_measured_when_it_was_heard_unless_the_device_says_when():
    frame = Frame("mqtt", "t", b"", T0)
    earlier = T0 - timedelta(minutes=1)
    assert frame.reading("d", "co2", 7.0) == Reading("d", "co2", 7.0, T0, T0)
    assert frame.reading("d", "co2", 7.0, earlier) == Reading("d", "co2", 7.0, earlier, T0)


def test_a_retained_reading_without_device_time_is_state_not_news():
    frame = Frame("mqtt", "t", b"", T0, retained=True)
    assert frame.reading("d", "co2", 7.0).quality is Quality.UNCERTAIN
    assert frame.reading("d", "co2", 7.0, T0 - timedelta(hours=1)).quality is Quality.GOOD
    assert frame.reading("d", "co2", 7.0, quality=Quality.BAD).quality is Quality.BAD


def test_a_decoder_says_how_far_a_reading_can_be_trusted():
    assert Frame("gatt", "2a5f", b"", T0).reading("d", "spo2", 97.0, quality=Quality.UNCERTAIN).quality == "UNCERTAIN"


def test_a_reading_cannot_be_changed():
    with pytest.raises(AttributeError):
        Reading("d", "co2", 7.0, T0, T0).value = 8.0


@pytest.mark.parametrize("value", [1.0, True, False, "1", ""])
def test_the_kind_of_a_value_survives_its_wire_form(value):
    item = Reading("d", "m", value, T0, T0)
    again = msgspec.msgpack.decode(msgspec.msgpack.encode(item), type=Item)
    assert again == item
    assert type(again.value) is type(value)


def test_a_frame_knows_what_heard_it_and_how_loud():
    frame = Frame("ble", "manufacturer/0499", b"", T0, family="ble", gateway="ble:hci0", rssi_dbm=-61)
    assert frame.reading("ble:tag", "temperature", 21.5).gateway == "ble:hci0"
    assert frame.sighting("ble:tag") == Sighting("ble:tag", "ble:hci0", -61, T0)
    assert frame.sighting("ble:tag", 66) == Sighting("ble:tag", "ble:hci0", -61, T0, motion=66)
    assert Frame("gatt", "2a5f", b"", T0, family="gatt").sighting("ble:tag") is None

"""An advertisement and its frames."""

from datetime import UTC, datetime

import pytest

from drivers.codecs.advertisement import Advertisement, is_whole, short

HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)
VENDOR = "0000FE78-0000-1000-8000-00805F9B34FB"


def test_a_frame_for_each_element():
    service = "0000FCD2-0000-1000-8000-00805F9B34FB"
    advertisement = Advertisement("c4:7c:8d:6a:11:02", -61, {0x0499: b"\5", 0x4C: b"\2"}, {service: b"\x40"})
    frames = list(advertisement.frames("ward", HEARD, "ble:hci0"))
    assert [(frame.topic, frame.payload) for frame in frames] == [
        ("manufacturer/0499", b"\5"),
        ("manufacturer/004c", b"\2"),
        ("service/fcd2", b"\x40"),
        ("with/fcd2", b"\0\1\x40\x99\4\5"),
        ("with/fcd2", b"\0\1\x40\x4c\0\2"),
    ]
    assert [is_whole(frame.topic) for frame in frames] == [False, False, False, True, True]
    assert {(frame.link, frame.family, frame.device, frame.gateway, frame.rssi_dbm) for frame in frames} == {
        ("ward", "ble", "ble:C4:7C:8D:6A:11:02", "ble:hci0", -61)
    }


def test_with_a_name_or_a_service_the_whole_manufacturer_record_is_a_frame_too():
    advertisement = Advertisement(
        "c4:7c:8d:6a:11:02",
        -61,
        {0x0A0B: b"\1\2"},
        name="a/sps",
        service_uuids=[VENDOR],
    )
    frames = list(advertisement.frames("ward", HEARD))
    assert [(frame.topic, frame.payload) for frame in frames] == [
        ("manufacturer/0a0b", b"\1\2"),
        ("name/a_sps", b"\x0b\x0a\1\2"),
        ("uuid/fe78", b"\x0b\x0a\1\2"),
    ]
    assert {frame.name for frame in frames} == {"a/sps"}
    assert [is_whole(frame.topic) for frame in frames] == [False, True, True]


@pytest.mark.parametrize(
    "uuid, written",
    [
        ("0000fcd2-0000-1000-8000-00805f9b34fb", "fcd2"),
        ("2A5F", "2a5f"),
        ("6E400001-B5A3-F393-E0A9-E50E24DCCA9E", "6e400001-b5a3-f393-e0a9-e50e24dcca9e"),
        ("1234fcd2-0000-1000-8000-00805f9b34fb", "1234fcd2-0000-1000-8000-00805f9b34fb"),
    ],
)
def test_a_uuid_of_the_sig_is_short(uuid, written):
    assert short(uuid) == written

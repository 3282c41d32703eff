"""Eddystone: frames made after its specification in, sightings and readings out.

The second of the telemetry is captured (tests of https://github.com/custom-components/ble_monitor).
"""

import pytest

from collector.errors import BadFrame

FEAA = "service/feaa"
UID = "00ee8b0ca750095477cb3e77000000000001"


@pytest.mark.parametrize("frame", [UID, UID + "0000"])
def test_a_uid_is_who_was_heard(said, frame):
    [seen] = said(FEAA, frame, rssi_dbm=-70).sightings
    assert (seen.tag, seen.rssi_dbm) == ("ble:eddy:8b0ca750095477cb3e77-000000000001", -70)
    assert said(FEAA, frame).items == []


@pytest.mark.parametrize(
    "rest, tag",
    [
        ("03676f6f2e676c2f4171313846", "ble:eddy:https://goo.gl/Aq18F"),
        ("00676f6f676c6507", "ble:eddy:http://www.google.com"),
        ("016500", "ble:eddy:https://www.e.com/"),
    ],
)
def test_a_url_is_who_was_heard(said, rest, tag):
    assert [one.tag for one in said(FEAA, "10ee" + rest, rssi_dbm=-70).sightings] == [tag]


@pytest.mark.parametrize(
    "frame", ["10ee0465", "10ee0320", "10ee037f", "30ee0011223344556677", "2001" + "00" * 16, "", "40"]
)
def test_what_is_reserved_encrypted_or_changes_says_nothing(said, frame):
    assert said(FEAA, frame, rssi_dbm=-70).items == []


@pytest.mark.parametrize(
    "frame, values",
    [
        ("20000bb81a800000006400000e10", {"battery_voltage": 3.0, "device_temperature": 26.5, "uptime": 360}),
        ("20000c6f1e000002006d41db9ab6", {"battery_voltage": 3.183, "device_temperature": 30, "uptime": 110491103.0}),
        ("20000bb8fd800000006400000e10", {"battery_voltage": 3.0, "device_temperature": -2.5, "uptime": 360}),
        ("2000000080000000000000000001", {"uptime": 0.1}),
    ],
)
def test_telemetry(said, frame, values):
    assert said(FEAA, frame).values == values


@pytest.mark.parametrize("frame", [UID[:34], "10ee", "20000bb81a80"])
def test_a_frame_that_ends_too_early_is_bad(said, frame):
    with pytest.raises(BadFrame) as trouble:
        said(FEAA, frame)
    assert trouble.value.offset == len(frame) // 2

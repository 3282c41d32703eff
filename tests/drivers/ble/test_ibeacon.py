"""iBeacons: published captures in, a sighting out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from drivers.ble.ibeacon import Config, Ibeacon, claims

[APPLE] = claims(Config())
PACKET = "0215e2c56db5dffb48d2b060d0f5a71096e000640000c5"
"""Of the tests of custom-components/ble_monitor."""


@pytest.mark.parametrize(
    "packet, name",
    [
        (PACKET, "e2c56db5-dffb-48d2-b060-d0f5a71096e0-100-0"),
        # of April Brother's documentation of its gateway
        ("0215b5b182c7eab14988aa99b5c1517008d90001cf64c5", "b5b182c7-eab1-4988-aa99-b5c1517008d9-1-53092"),
    ],
)
def test_a_beacon_is_known_by_its_uuid_major_and_minor_whatever_its_address(said, packet, name):
    [seen] = said(APPLE, packet, rssi_dbm=-71, device="ble:4B:11:22:33:44:55").items
    assert (seen.tag, seen.gateway, seen.rssi_dbm) == (f"ble:iBeacon:{name}", "ble:hci0", -71)


def test_without_a_signal_strength_nobody_was_seen(said):
    assert said(APPLE, PACKET).items == []


def test_what_else_apples_devices_say_is_not_ours(said):
    assert said(APPLE, "10061f1978d89a28", rssi_dbm=-71).items == []


def test_a_beacon_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said(APPLE, PACKET[:-2], rssi_dbm=-71)
    assert trouble.value.offset == 22


@given(st.binary(max_size=40) | st.binary(max_size=30).map(b"\x02\x15".__add__))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, payload):
    sound(Ibeacon(), APPLE, payload)

"""iBeacons: the packet as published (kontakt.io's, aprbrother's and Apple's table) in, a sighting out."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.errors import BadFrame
from drivers.ble.ibeacon import Config, Ibeacon, claims

[APPLE] = claims(Config())
UUID = "b5b182c7-eab1-4988-aa99-b5c1517008d9"
PACKET = f"0215{UUID.replace('-', '')}000100ffc6"


def test_a_beacon_is_known_by_its_uuid_major_and_minor_whatever_its_address(said):
    [seen] = said(APPLE, PACKET, rssi_dbm=-71, device="ble:4B:11:22:33:44:55").items
    assert (seen.tag, seen.gateway, seen.rssi_dbm) == (f"ble:iBeacon:{UUID}-1-255", "ble:hci0", -71)


def test_without_a_signal_strength_nobody_was_seen(said):
    assert said(APPLE, PACKET).items == []


def test_what_else_apples_devices_say_is_not_ours(said):
    assert said(APPLE, "10050b1c2d3e4f", rssi_dbm=-71).items == []


def test_a_beacon_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said(APPLE, PACKET[:-2], rssi_dbm=-71)
    assert trouble.value.offset == 22


@given(st.binary(max_size=40) | st.binary(max_size=30).map(b"\x02\x15".__add__))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, payload):
    sound(Ibeacon(), APPLE, payload)

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
        # of the tests of github.com/theengs/decoder
        ("0215426c7565436861726d426561636f6e730efe1355c5", "426c7565-4368-6172-6d42-6561636f6e73-3838-4949"),
    ],
)
def test_a_beacon_is_known_by_its_uuid_major_and_minor_whatever_its_address(said, packet, name):
    [seen] = said(APPLE, packet, rssi_dbm=-71, device="ble:4B:11:22:33:44:55").items
    assert (seen.tag, seen.gateway, seen.rssi_dbm) == (f"ble:iBeacon:{name}", "ble:hci0", -71)


def test_without_a_signal_strength_nobody_was_seen(said):
    assert said(APPLE, PACKET).items == []


def test_what_else_apples_devices_say_is_not_ours(said):
    assert said(APPLE, "10061f1978d89a28", rssi_dbm=-71).items == []


def test_one_that_measures_is_known_by_its_address_because_its_numbers_change(said):
    assert said(APPLE, "0215b5b182c7eab14988aa99b5c1517008d90001641ac5", rssi_dbm=-71, called="abtemp").items == []


def test_a_beacon_that_ends_too_early_is_bad(said):
    with pytest.raises(BadFrame) as trouble:
        said(APPLE, PACKET[:-2], rssi_dbm=-71)
    assert trouble.value.offset == 22


@given(st.binary(max_size=40) | st.binary(max_size=30).map(b"\x02\x15".__add__))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes(sound, payload):
    sound(Ibeacon(), APPLE, payload)

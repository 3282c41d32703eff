"""What a BLE link's settings may say, and what is said about those that make no sense."""

import pytest
from pydantic import SecretStr, ValidationError

from drivers.links.ble_adapter import patterns_of
from drivers.links.ble_config import Config


@pytest.mark.parametrize(
    "settings,why",
    [
        ({"devices": [{}]}, "needs either an address, a name or an identity"),
        ({"devices": [{"address": "00:A0:50:11:22:33", "name": "Nonin"}]}, "needs either"),
        ({"devices": [{"address": "00-A0-50-11-22-33"}]}, "String should match"),
        ({"devices": [{"identity": "cart-3"}]}, "there is no identity 'cart-3'"),
        ({"devices": [{"name": "x", "parts": [{"kind": "gatt.fridge"}]}]}, "there is no part 'gatt.fridge'"),
        ({"devices": [{"name": "x", "parts": [{"kind": "ble.ruuvi"}]}]}, "ble.ruuvi is not of gatt"),
        ({"dialects": [{"kind": "mqtt.tasmota"}]}, "mqtt.tasmota is not of ble"),
        ({"identities": {"cart-3": SecretStr("secret")}}, "the key of cart-3 is not 32 hex digits"),
        ({"identities": {"cart-3": SecretStr("ec0234")}}, "the key of cart-3 is not 32 hex digits"),
        ({"scanning": "loudly"}, "Input should be 'active' or 'passive'"),
        ({"connections": 0}, "greater than or equal to 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(settings, why):
    with pytest.raises(ValidationError, match=why):
        Config.model_validate(settings)


def test_an_address_may_be_written_in_small_letters():
    config = Config.model_validate({"adapters": ["00:1a:7d:da:71:01"], "devices": [{"address": "00:a0:50:11:22:33"}]})
    assert (config.adapters, config.devices[0].address) == (["00:1A:7D:DA:71:01"], "00:A0:50:11:22:33")


def test_a_key_is_never_shown():
    config = Config.model_validate({"identities": {"cart-3": SecretStr("ec0234a357c8ad05341010a60a397d9b")}})
    assert "ec0234" not in repr(config)
    assert config.keys() == {"cart-3": bytes.fromhex("ec0234a357c8ad05341010a60a397d9b")}


def test_a_passive_scan_listens_for_what_is_claimed_as_it_is_on_the_air():
    long = "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
    found = {
        (pattern[1], pattern[2]) for pattern in patterns_of(["manufacturer/0499", "service/fcd2", f"service/{long}"])
    }
    assert {(0xFF, b"\x99\x04"), (0x16, b"\xd2\xfc"), (0x21, bytes.fromhex(long.replace("-", ""))[::-1])} < found

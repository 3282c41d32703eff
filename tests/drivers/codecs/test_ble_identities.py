"""Random addresses and the keys behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.codecs.ble_identities import Identities, ah, is_private

IRK = bytes.fromhex("ec0234a357c8ad05341010a60a397d9b")
PRAND, HASH = bytes.fromhex("708194"), bytes.fromhex("0dfbaa")


def address(raw):
    return raw.hex(":").upper()


def test_the_sample_data_of_the_core_specification():
    """Vol 3 Part H, appendix D.7."""
    assert ah(IRK, PRAND) == HASH
    assert Identities({"cart-3": IRK}).of(address(PRAND + HASH)) == "cart-3"


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(min_size=3, max_size=3))
def test_an_address_that_a_key_made_is_its_own_and_another_is_nobody_s(key, other, prand):
    prand = bytes([prand[0] & 0x3F | 0x40]) + prand[1:]
    made = address(prand + ah(key, prand))
    assert Identities({"other": other, "one": key}).of(made) in ({"one"} if key != other else {"other"})
    wrong = made[:-1] + ("0" if made[-1] != "0" else "1")
    assert Identities({"one": key}).of(wrong) is None


@pytest.mark.parametrize(
    "address_,private",
    [("70:81:94:0D:FB:AA", True), ("3F:00:00:00:00:01", True), ("C0:FF:EE:00:00:01", False), ("FF:0:0:0:0:1", False)],
)
def test_resolvable_and_other_private_addresses_change_and_static_ones_stay(address_, private):
    assert is_private(address_) is private


def test_no_more_addresses_are_remembered_than_can_be_in_use():
    identities = Identities({"one": IRK})
    for number in range(10_000):
        assert identities.of(f"40:00:00:00:{number >> 8:02X}:{number & 255:02X}") is None
    assert len(identities._known) <= 4096

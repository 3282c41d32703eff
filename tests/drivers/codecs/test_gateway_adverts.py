"""What gateways call a tag: the many names of one tag in, one tag out. And the bytes of an advertisement."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from collector.errors import BadFrame
from collector.reading import UNTIMED, Frame
from drivers.codecs.gateway_adverts import Heard, identities, in_turn, tag

FIRST_KEY = "ec0234a357c8ad05341010a60a397d9b"
FIRST_ADDRESS = "70:81:94:0D:FB:AA"
"""The Core Specification's sample data of `ah`, Vol 3 Part H, D.7: prand 708194, hash 0dfbaa."""
KNOWN = identities({"pump-17": SecretStr(FIRST_KEY)})
UUID = "426c7565-4368-6172-6d42-6561636f6e73"
HEARD = datetime(2026, 11, 24, 6, 42, tzinfo=UTC)


@pytest.mark.parametrize(
    "said, device",
    [
        (f"irk:{FIRST_KEY}", "ble:pump-17"),
        (f"irk:{FIRST_KEY.upper()}", "ble:pump-17"),
        ("7081940dfbaa", "ble:pump-17"),
        (FIRST_ADDRESS, "ble:pump-17"),
        ("dd8800003777", "ble:DD:88:00:00:37:77"),
        ("known:c47c8d6a1102", "ble:C4:7C:8D:6A:11:02"),
        ("flora:c47c8d6a1102", "ble:C4:7C:8D:6A:11:02"),
        (f"iBeacon:{UUID}-3838-4949", f"ble:iBeacon:{UUID}-3838-4949"),
        (f"{UUID.upper()}-3838-4949", f"ble:iBeacon:{UUID}-3838-4949"),
        (f"{UUID.replace('-', '')}_3838_4949", f"ble:iBeacon:{UUID}-3838-4949"),
        ("eddy:0102030405050607080910-a1a2a3a4a5a6", "ble:eddy:01020304050607080910-a1a2a3a4a5a6"),
        ("eddy:01020304050607080910-a1a2a3a4a5a6", "ble:eddy:01020304050607080910-a1a2a3a4a5a6"),
        ("name:cart-3", "ble:name:cart-3"),
        ("cart 3", "ble:cart 3"),
    ],
)
def test_the_names_of_a_tag(said, device):
    assert tag(said, "", KNOWN) == device


def test_a_key_that_nobody_named_is_not_shown_and_stays_the_same():
    key = "00112233445566778899aabbccddeeff"
    shown = tag(f"irk:{key}", "", KNOWN)
    assert shown.startswith("ble:irk:")
    assert key not in shown
    assert shown == tag(f"irk:{key.upper()}", "", KNOWN)


@pytest.mark.parametrize("kind", ["apple:1005:9-24", "md:0157:20", "sd:0xfd6f", "ad:0x180f", "msft:cdp:0120", "exp:20"])
@pytest.mark.parametrize(
    "mac, device",
    [
        ("7081940dfbaa", "ble:pump-17"),
        ("c47c8d6a1102", "ble:C4:7C:8D:6A:11:02"),
        ("5210a84690ac", None),
        (None, None),
    ],
)
def test_a_kind_of_thing_is_a_tag_only_at_an_address_that_stays_or_that_a_key_resolves(kind, mac, device):
    assert tag(kind, mac, KNOWN) == device


def test_the_elements_of_an_advertisement():
    heard = Heard("C4:7C:8D:6A:11:02")
    heard.take(bytes.fromhex("020106 03 03 e1ff 05 16 1a18 0102 05 09 54616700 06 ff 9904 010203 00 ff"))
    heard.take(bytes.fromhex("11 07 000102030405060708090a0b0c0d0e0f"))
    assert heard.manufacturer == {0x0499: bytes.fromhex("010203")}
    assert heard.services == {"0000181a-0000-1000-8000-00805f9b34fb": bytes.fromhex("0102")}
    assert heard.name == "Tag"
    assert heard.uuids == ["0000ffe1-0000-1000-8000-00805f9b34fb", "0f0e0d0c-0b0a-0908-0706-050403020100"]


@pytest.mark.parametrize("data, at", [("020106 03ff99", 3), ("05", 0), ("1f", 0)])
def test_an_element_that_ends_too_late_is_bad_and_those_before_are_taken(data, at):
    heard = Heard("C4:7C:8D:6A:11:02")
    with pytest.raises(BadFrame, match=r"ends \d+ bytes too late") as trouble:
        heard.take(bytes.fromhex(data))
    assert trouble.value.offset == at


def test_what_waited_longer_than_a_gateway_collects_counts_from_when_it_came():
    frame = Frame("test", "t", b"", HEARD)
    rows = [{"at": datetime(2020, 1, 1, tzinfo=UTC)}, {"at": HEARD}, {"at": None}]
    assert [one.received for one in in_turn(frame, rows, lambda row: row["at"], lambda then, _: [then])] == [HEARD] * 3


def test_what_nobody_received_stays_without_a_time():
    rows = [{"at": HEARD}, {"at": HEARD - timedelta(seconds=5)}]
    frame = Frame("test", "t", b"", UNTIMED)
    assert [one.received for one in in_turn(frame, rows, lambda row: row["at"], lambda then, _: [then])] == [
        UNTIMED
    ] * 2
